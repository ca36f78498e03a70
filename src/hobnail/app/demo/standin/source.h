/* Where files come from: the server that this program itself came from, by the protocol it came by. */

#ifndef SOURCE_H
#define SOURCE_H

#include <efi.h>

#define NAME_ROOM 1024

struct source {
    const char *title;                   /* "TFTP" */
    char folder[NAME_ROOM];              /* that this program lies in, without a slash at its end; "" for the root */
    unsigned char mac[6];                /* of the card that it came through */
    EFI_STATUS (*size)(struct source *source, const char *name, UINT64 *size);
    EFI_STATUS (*read)(struct source *source, const char *name, void *buffer, UINT64 *size);
    void *protocol;
    EFI_IP_ADDRESS server;
};

/* Find the PXE base code that loaded the program on `device`; EFI_NOT_FOUND when it came by another way. */
EFI_STATUS open_tftp(EFI_SYSTEM_TABLE *system, EFI_HANDLE device, struct source *source);

#endif
