/* What a device path tells of the network that a program came through (UEFI specification 2.10, section 10.3.4). */

#include "source.h"

#define MESSAGING 3
#define MAC_ADDRESS 11
#define IPV4 12
#define IPV4_WITH_MASK 27 /* bytes of the node since UEFI 2: gateway and mask at its end */
#define URI 24
#define END_OF_PATH 0x7f

static UINTN node_size(const EFI_DEVICE_PATH *node)
{
    return node->Length[0] | (UINTN)node->Length[1] << 8;
}

static void take_node(const EFI_DEVICE_PATH *node, struct source *source)
{
    UINTN size = node_size(node);
    const UINT8 *body = (const UINT8 *)(node + 1);

    if ((node->Type & 0x7f) != MESSAGING)
        return;
    if (node->SubType == MAC_ADDRESS)
        for (UINTN i = 0; i < sizeof source->mac; i++)
            source->mac[i] = body[i];
    if (node->SubType == IPV4 && size >= IPV4_WITH_MASK)
        for (UINTN i = 0; i < 4; i++) {
            source->address.Addr[i] = body[i];
            source->mask.Addr[i] = ((const UINT8 *)node)[size - 4 + i];
        }
    if (node->SubType == URI && size - sizeof *node < NAME_ROOM) {
        for (UINTN i = 0; i < size - sizeof *node; i++)
            source->folder[i] = (char)body[i];
        source->folder[size - sizeof *node] = 0;
    }
}

EFI_STATUS read_device_path(EFI_HANDLE device, struct source *source, EFI_DEVICE_PATH **path)
{
    EFI_GUID identity = DEVICE_PATH_PROTOCOL;
    EFI_STATUS status = source->services->HandleProtocol(device, &identity, (void **)path);

    if (EFI_ERROR(status))
        return status;
    for (EFI_DEVICE_PATH *node = *path; (node->Type & 0x7f) != END_OF_PATH;
         node = (EFI_DEVICE_PATH *)((UINT8 *)node + node_size(node)))
        take_node(node, source);
    return EFI_SUCCESS;
}
