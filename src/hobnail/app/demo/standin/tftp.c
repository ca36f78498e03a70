/*
 * Files by TFTP, through the firmware's PXE base code (UEFI specification 2.10, section 24.3).
 *
 * The boot folder is that of the boot file in the DHCP reply: option 67 wins over the BOOTP field; the server is
 * siaddr, else option 54. Block size 1468, as mboot 8.0 and later ask for.
 */

#include "source.h"

#define OPTIONS_AT 240 /* in a DHCP packet, after the magic number */
#define PAD 0
#define END 255
#define SERVER_IDENTIFIER 54
#define BOOT_FILE 67
#define BLOCK_SIZE 1468

/* Find an option (RFC 2132); NULL when it is not there. */
static const UINT8 *find_option(const EFI_PXE_BASE_CODE_PACKET *packet, UINT8 wanted, UINT8 *size)
{
    const UINT8 *raw = packet->Raw;

    for (UINTN at = OPTIONS_AT; at + 1 < sizeof packet->Raw && raw[at] != END;) {
        if (raw[at] == PAD) {
            at++;
            continue;
        }
        if (raw[at] == wanted && at + 2 + raw[at + 1] <= sizeof packet->Raw) {
            *size = raw[at + 1];
            return raw + at + 2;
        }
        at += 2u + raw[at + 1];
    }
    return NULL;
}

/* Write the boot file's name into `out`; false when the packet names none. */
static BOOLEAN boot_file(const EFI_PXE_BASE_CODE_PACKET *packet, char *out)
{
    UINT8 size = sizeof packet->Dhcpv4.BootpBootFile;
    const UINT8 *name = find_option(packet, BOOT_FILE, &size);
    UINTN i = 0;

    if (!name)
        name = packet->Dhcpv4.BootpBootFile;
    for (; i < size && name[i]; i++)
        out[i] = (char)name[i];
    out[i] = 0;
    return i > 0;
}

/* Of the packets that may name the boot file, the last one that does: a boot server's, a proxy's, the lease's. */
static const EFI_PXE_BASE_CODE_PACKET *naming_packet(const EFI_PXE_BASE_CODE_MODE *mode, char *name)
{
    if (mode->PxeReplyReceived && boot_file(&mode->PxeReply, name))
        return &mode->PxeReply;
    if (mode->ProxyOfferReceived && boot_file(&mode->ProxyOffer, name))
        return &mode->ProxyOffer;
    return boot_file(&mode->DhcpAck, name) ? &mode->DhcpAck : NULL;
}

static void take_server(const EFI_PXE_BASE_CODE_PACKET *packet, EFI_IP_ADDRESS *server)
{
    const UINT8 *address = packet->Dhcpv4.BootpSiAddr;
    UINT8 size = 4;
    BOOLEAN none = !(address[0] | address[1] | address[2] | address[3]);

    if (none)
        address = find_option(packet, SERVER_IDENTIFIER, &size);
    for (UINTN i = 0; address && size == 4 && i < 4; i++)
        server->v4.Addr[i] = address[i];
}

static EFI_STATUS transfer(
    struct source *source, EFI_PXE_BASE_CODE_TFTP_OPCODE operation, const char *name, void *buffer, UINT64 *size)
{
    EFI_PXE_BASE_CODE_PROTOCOL *pxe = source->protocol;
    UINTN block = BLOCK_SIZE;

    return pxe->Mtftp(
        pxe, operation, buffer, FALSE, size, &block, &source->server, (UINT8 *)name, NULL, FALSE);
}

static EFI_STATUS tftp_size(struct source *source, const char *name, UINT64 *size)
{
    *size = 0;
    return transfer(source, EFI_PXE_BASE_CODE_TFTP_GET_FILE_SIZE, name, NULL, size);
}

static EFI_STATUS tftp_load(struct source *source, const char *name, struct file *file)
{
    EFI_STATUS status = tftp_size(source, name, &file->size);

    if (!EFI_ERROR(status))
        status = allocate_file(source, file);
    if (EFI_ERROR(status))
        return status;
    return transfer(source, EFI_PXE_BASE_CODE_TFTP_READ_FILE, name, file->data, &file->size);
}

EFI_STATUS open_tftp(EFI_HANDLE device, struct source *source)
{
    EFI_GUID identity = EFI_PXE_BASE_CODE_PROTOCOL_GUID;
    EFI_PXE_BASE_CODE_PROTOCOL *pxe;
    EFI_STATUS status = source->services->HandleProtocol(device, &identity, (void **)&pxe);

    if (EFI_ERROR(status))
        return status;
    if (!pxe->Mode->Started || pxe->Mode->UsingIpv6)
        return EFI_NOT_FOUND;
    const EFI_PXE_BASE_CODE_PACKET *packet = naming_packet(pxe->Mode, source->folder);
    if (!packet)
        return EFI_NOT_FOUND;
    keep_folder(source->folder);
    for (UINTN i = 0; i < sizeof source->mac; i++)
        source->mac[i] = pxe->Mode->DhcpAck.Dhcpv4.BootpHwAddr[i];
    source->title = "TFTP";
    source->protocol = pxe;
    source->size = tftp_size;
    source->load = tftp_load;
    take_server(packet, &source->server);
    return EFI_SUCCESS;
}
