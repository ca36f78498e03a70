/* Where files come from: the server or file system that this program itself came from, by the way it came. */

#ifndef SOURCE_H
#define SOURCE_H

#include <efi.h>

#define NAME_ROOM 1024

/* A file in memory, with one byte of room behind it. */
struct file {
    char *data;
    UINT64 size;
    UINTN pages;
};

struct source {
    const char *title;                   /* "TFTP" */
    char folder[NAME_ROOM];              /* that this program lies in, without a slash at its end; "" for the root */
    char config[NAME_ROOM];              /* the boot.cfg that we were told; "" to look for one in the folder */
    unsigned char mac[6];                /* of the card that it came through */
    BOOLEAN local;                       /* it came through no card */
    EFI_STATUS (*size)(struct source *source, const char *name, UINT64 *size);
    EFI_STATUS (*load)(struct source *source, const char *name, struct file *file);
    EFI_BOOT_SERVICES *services;
    void *protocol;
    EFI_IP_ADDRESS server;               /* TFTP's */
    EFI_IPv4_ADDRESS address, mask;      /* our own, for HTTP */
};

/* Each fills in `source`, whose services are set; EFI_NOT_FOUND when the program on `device` came by another way. */
EFI_STATUS open_tftp(EFI_HANDLE device, struct source *source);
EFI_STATUS open_http(EFI_HANDLE device, struct source *source);

/* The same for a program that iPXE started and told `-c URL`. */
EFI_STATUS open_ipxe(const EFI_LOADED_IMAGE *image, struct source *source);

/* The same for a program that was a file: on a disk, a stick, a CD. */
EFI_STATUS open_disk(const EFI_LOADED_IMAGE *image, struct source *source);

/* Take the card's address, our IPv4 address and mask, and the URL (into `folder`) from a device's path. */
EFI_STATUS read_device_path(EFI_HANDLE device, struct source *source, EFI_DEVICE_PATH **path);

/* Find memory for `file->size` bytes; a file of none is EFI_NOT_FOUND, as mboot takes it. */
EFI_STATUS allocate_file(struct source *source, struct file *file);
void free_file(struct source *source, const struct file *file);

/* Cut the last name off a path. */
void keep_folder(char *path);

#endif
