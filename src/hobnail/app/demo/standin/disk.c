/*
 * Files of a file system, through the firmware's driver for it (UEFI specification 2.10, sections 13.4 and 13.5).
 *
 * The boot folder is that of this program, as the device path of its file tells (section 10.3.5.4). There is no
 * network card, so no folder of its own is looked into and no BOOTIF is told.
 */

#include "source.h"
#include "text.h"

#define MEDIA 4
#define FILE_PATH 4
#define END_OF_PATH 0x7f
#define INFO_ROOM 1024 /* of a file's facts, its name last */

static UINTN node_size(const EFI_DEVICE_PATH *node)
{
    return node->Length[0] | (UINTN)node->Length[1] << 8;
}

/* Write the file's path with slashes; what is not ASCII cannot be ours. */
static void take_path(const EFI_DEVICE_PATH *node, char *out)
{
    UINTN end = length(out);

    for (; (node->Type & 0x7f) != END_OF_PATH; node = (const EFI_DEVICE_PATH *)((const UINT8 *)node + node_size(node))) {
        const UINT8 *body = (const UINT8 *)(node + 1);

        if ((node->Type & 0x7f) != MEDIA || node->SubType != FILE_PATH)
            continue;
        for (UINTN i = 0; i + 1 < node_size(node) - sizeof *node && end + 1 < NAME_ROOM; i += 2)
            if (body[i])
                out[end++] = body[i] == '\\' ? '/' : (char)body[i];
        out[end] = 0;
    }
}

static EFI_STATUS open_file(struct source *source, const char *name, EFI_FILE_HANDLE *file)
{
    static CHAR16 path[NAME_ROOM];
    EFI_FILE_HANDLE root = source->protocol;
    UINTN i = 0;

    for (; name[i]; i++)
        path[i] = name[i] == '/' ? '\\' : (CHAR16)name[i];
    path[i] = 0;
    return root->Open(root, file, path, EFI_FILE_MODE_READ, 0);
}

static EFI_STATUS size_of(EFI_FILE_HANDLE file, UINT64 *size)
{
    static UINT64 room[INFO_ROOM / sizeof(UINT64)]; /* aligned */
    EFI_GUID identity = EFI_FILE_INFO_ID;
    UINTN length = sizeof room;
    EFI_STATUS status = file->GetInfo(file, &identity, &length, room);
    const EFI_FILE_INFO *info = (const EFI_FILE_INFO *)room;

    if (!EFI_ERROR(status) && info->Attribute & EFI_FILE_DIRECTORY)
        return EFI_NOT_FOUND;
    *size = info->FileSize;
    return status;
}

static EFI_STATUS disk_size(struct source *source, const char *name, UINT64 *size)
{
    EFI_FILE_HANDLE file;
    EFI_STATUS status = open_file(source, name, &file);

    if (EFI_ERROR(status))
        return status;
    status = size_of(file, size);
    file->Close(file);
    return status;
}

static EFI_STATUS disk_load(struct source *source, const char *name, struct file *file)
{
    EFI_FILE_HANDLE handle;
    EFI_STATUS status = open_file(source, name, &handle);

    if (EFI_ERROR(status))
        return status;
    status = size_of(handle, &file->size);
    if (!EFI_ERROR(status))
        status = allocate_file(source, file);
    for (UINT64 have = 0; !EFI_ERROR(status) && have < file->size;) {
        UINTN size = file->size - have;

        status = handle->Read(handle, &size, file->data + have);
        have += size;
        if (!EFI_ERROR(status) && !size)
            status = EFI_END_OF_FILE;
    }
    handle->Close(handle);
    return status;
}

EFI_STATUS open_disk(const EFI_LOADED_IMAGE *image, struct source *source)
{
    EFI_GUID identity = SIMPLE_FILE_SYSTEM_PROTOCOL;
    EFI_FILE_IO_INTERFACE *system;
    EFI_FILE_HANDLE root;
    EFI_STATUS status = source->services->HandleProtocol(image->DeviceHandle, &identity, (void **)&system);

    if (EFI_ERROR(status))
        return status;
    if (!image->FilePath)
        return EFI_NOT_FOUND;
    status = system->OpenVolume(system, &root);
    if (EFI_ERROR(status))
        return status;
    take_path(image->FilePath, source->folder);
    keep_folder(source->folder);
    source->title = "file system";
    source->local = TRUE;
    source->protocol = root;
    source->size = disk_size;
    source->load = disk_load;
    return EFI_SUCCESS;
}
