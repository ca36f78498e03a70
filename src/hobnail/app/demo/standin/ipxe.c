/*
 * Files by any URL, through the iPXE that started this program: its download protocol, which mboot tries first.
 *
 * iPXE hands over what comes piece by piece, and tells no size beforehand. Load options are the command line of
 * iPXE's `kernel` or `imgexec`: our name, then `-c URL`, whose folder is where all other names are.
 */

#include "source.h"
#include "text.h"

#define DOWNLOAD_GUID { 0x3eaeaebd, 0xdecf, 0x493b, {0x9b, 0xd1, 0xcd, 0xb2, 0xde, 0xca, 0xe7, 0x19} }
#define FIRST_ROOM (64 << 10)

typedef EFI_STATUS(EFIAPI *DATA_CALLBACK)(void *context, void *buffer, UINTN size, UINTN offset);
typedef void(EFIAPI *FINISH_CALLBACK)(void *context, EFI_STATUS status);

typedef struct DOWNLOAD_PROTOCOL {
    EFI_STATUS(EFIAPI *Start)(
        struct DOWNLOAD_PROTOCOL *self, CHAR8 *url, DATA_CALLBACK data, FINISH_CALLBACK finish, void *context,
        void **download);
    EFI_STATUS(EFIAPI *Abort)(struct DOWNLOAD_PROTOCOL *self, void *download, EFI_STATUS status);
    EFI_STATUS(EFIAPI *Poll)(struct DOWNLOAD_PROTOCOL *self);
} DOWNLOAD_PROTOCOL;

struct download {
    struct source *source;
    struct file file; /* its size is the room that it has */
    UINT64 have;
    BOOLEAN finished;
    EFI_STATUS status;
};

static void copy(char *to, const char *from, UINT64 size)
{
    for (UINT64 i = 0; i < size; i++)
        to[i] = from[i];
}

/* Make room for so many bytes. */
static EFI_STATUS grow(struct download *download, UINT64 size)
{
    struct file larger = { .size = download->file.size * 2 > size ? download->file.size * 2 : size };

    if (size <= download->file.size)
        return EFI_SUCCESS;
    EFI_STATUS status = allocate_file(download->source, &larger);
    if (EFI_ERROR(status))
        return status;
    copy(larger.data, download->file.data, download->have);
    free_file(download->source, &download->file);
    download->file = larger;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI take(void *context, void *buffer, UINTN size, UINTN offset)
{
    struct download *download = context;
    EFI_STATUS status = grow(download, offset + size);

    if (EFI_ERROR(status))
        return status;
    copy(download->file.data + offset, buffer, size);
    if (offset + size > download->have && size)
        download->have = offset + size;
    return EFI_SUCCESS;
}

static void EFIAPI finish(void *context, EFI_STATUS status)
{
    struct download *download = context;

    download->finished = TRUE;
    download->status = status;
}

static EFI_STATUS ipxe_size(struct source *source, const char *name, UINT64 *size)
{
    (void)source;
    (void)name;
    *size = 0;
    return EFI_UNSUPPORTED;
}

static EFI_STATUS ipxe_load(struct source *source, const char *name, struct file *file)
{
    DOWNLOAD_PROTOCOL *ipxe = source->protocol;
    struct download download = { .source = source, .file.size = FIRST_ROOM };
    void *handle;
    EFI_STATUS status = allocate_file(source, &download.file);

    if (EFI_ERROR(status))
        return status;
    status = ipxe->Start(ipxe, (CHAR8 *)name, take, finish, &download, &handle);
    while (!EFI_ERROR(status) && !download.finished)
        ipxe->Poll(ipxe);
    if (!EFI_ERROR(status))
        status = download.status;
    *file = download.file;
    file->size = download.have;
    if (!EFI_ERROR(status) && !file->size)
        status = EFI_NOT_FOUND;
    if (EFI_ERROR(status))
        free_file(source, file);
    return status;
}

/* Copy the word after -c out of load options; they are UTF-16, with or without a NUL at their end. */
static void find_config(const EFI_LOADED_IMAGE *image, char *out)
{
    const CHAR16 *text = image->LoadOptions;
    UINTN count = image->LoadOptionsSize / sizeof *text, at = 0, end = 0;

    while (at + 4 < count && !(text[at] == ' ' && text[at + 1] == '-' && text[at + 2] == 'c' && text[at + 3] == ' '))
        at++;
    if (at + 4 >= count)
        return;
    for (at += 4; at < count && text[at] > ' ' && text[at] < 0x7f && end + 1 < NAME_ROOM; at++)
        out[end++] = (char)text[at];
    out[end] = 0;
}

EFI_STATUS open_ipxe(const EFI_LOADED_IMAGE *image, struct source *source)
{
    EFI_GUID identity = DOWNLOAD_GUID;
    EFI_DEVICE_PATH *path;
    EFI_STATUS status = source->services->HandleProtocol(image->DeviceHandle, &identity, &source->protocol);

    if (!EFI_ERROR(status))
        find_config(image, source->config);
    if (!*source->config)
        return EFI_NOT_FOUND;
    status = read_device_path(image->DeviceHandle, source, &path);
    *source->folder = 0;
    append(source->folder, NAME_ROOM, source->config);
    keep_folder(source->folder);
    source->title = "iPXE";
    source->size = ipxe_size;
    source->load = ipxe_load;
    return status;
}
