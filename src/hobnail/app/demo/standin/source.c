/* What all sources share. */

#include "source.h"

#include "text.h"

#define PAGE 4096

EFI_STATUS allocate_file(struct source *source, struct file *file)
{
    EFI_PHYSICAL_ADDRESS address;

    if (!file->size)
        return EFI_NOT_FOUND;
    file->pages = file->size / PAGE + 1;
    EFI_STATUS status = source->services->AllocatePages(AllocateAnyPages, EfiLoaderData, file->pages, &address);
    file->data = (char *)address;
    return status;
}

void free_file(struct source *source, const struct file *file)
{
    source->services->FreePages((EFI_PHYSICAL_ADDRESS)file->data, file->pages);
}

void keep_folder(char *path)
{
    UINTN end = length(path);

    while (end && path[end] != '/')
        end--;
    path[end] = 0;
}
