/*
 * Files by HTTP, through the firmware's own HTTP client (UEFI specification 2.10, section 29.6).
 *
 * The firmware's HTTP Boot leaves a device path behind that tells the card's address, our IPv4 address and mask, and
 * the URL of this program; names are that URL's folder and what follows, and nothing but a URL can be asked for.
 * HEAD for sizes, one GET for a whole file, over one connection for as long as nothing fails.
 */

#include "http_protocol.h"
#include "source.h"
#include "text.h"

#define TIMEOUT_MS 5000
#define HOST_ROOM 256

static EFI_STATUS configure(struct source *source)
{
    HTTP_PROTOCOL *http = source->protocol;
    HTTP_IPV4_ACCESS_POINT point = { FALSE, source->address, source->mask, 0 };
    HTTP_CONFIG_DATA data = { HTTP_VERSION_1_1, TIMEOUT_MS, FALSE, &point };

    return http->Configure(http, &data);
}

typedef EFI_STATUS(EFIAPI *EXCHANGE)(HTTP_PROTOCOL *http, HTTP_TOKEN *token);

/* Hand a message to the firmware, and wait until it is sent or has come. */
static EFI_STATUS exchange(struct source *source, EXCHANGE function, HTTP_MESSAGE *message)
{
    HTTP_PROTOCOL *http = source->protocol;
    HTTP_TOKEN token = { .Status = EFI_NOT_READY, .Message = message };
    EFI_STATUS status = source->services->CreateEvent(0, 0, NULL, NULL, &token.Event);

    if (EFI_ERROR(status))
        return status;
    status = function(http, &token);
    while (!EFI_ERROR(status) && source->services->CheckEvent(token.Event) == EFI_NOT_READY)
        http->Poll(http);
    source->services->CloseEvent(token.Event);
    return EFI_ERROR(status) ? status : token.Status;
}

/* Write the URL as the protocol wants it, and the host in it; false when the name is no URL. */
static BOOLEAN split_url(const char *name, CHAR16 *url, char *host)
{
    UINTN start = 0, end, size = length(name);

    while (start < size && !begins_with(name + start, "://"))
        start++;
    if (start == size)
        return FALSE;
    start += 3;
    for (end = start; name[end] && name[end] != '/' && name[end] != ':' && end - start + 1 < HOST_ROOM; end++)
        host[end - start] = name[end];
    host[end - start] = 0;
    for (UINTN i = 0; i <= size; i++)
        url[i] = (CHAR16)name[i];
    return TRUE;
}

static EFI_STATUS send(struct source *source, HTTP_METHOD method, const char *name)
{
    static CHAR16 url[NAME_ROOM];
    static char host[HOST_ROOM];
    HTTP_REQUEST_DATA request = { method, url };
    HTTP_HEADER headers[] = {
        { (CHAR8 *)"Host", (CHAR8 *)host },
        { (CHAR8 *)"Accept", (CHAR8 *)"*/*" },
        { (CHAR8 *)"User-Agent", (CHAR8 *)"hobnail-standin/1" },
    };
    HTTP_MESSAGE message = { .Data.Request = &request, .HeaderCount = 3, .Headers = headers };

    if (!split_url(name, url, host))
        return EFI_INVALID_PARAMETER;
    return exchange(source, ((HTTP_PROTOCOL *)source->protocol)->Request, &message);
}

static UINT64 content_length(const HTTP_MESSAGE *message)
{
    static const char wanted[] = "content-length";
    UINT64 size = 0;

    for (UINTN i = 0; i < message->HeaderCount; i++) {
        const char *name = (const char *)message->Headers[i].FieldName;
        const char *value = (const char *)message->Headers[i].FieldValue;

        if (length(name) == length(wanted) && begins_with_any_case(name, wanted, length(wanted)))
            for (; *value >= '0' && *value <= '9'; value++)
                size = size * 10 + (UINT64)(*value - '0');
    }
    return size;
}

/* Receive status and header; EFI_NOT_FOUND for all but 200. The connection is given up then: a body may follow. */
static EFI_STATUS receive_header(struct source *source, UINT64 *size)
{
    HTTP_PROTOCOL *http = source->protocol;
    HTTP_RESPONSE_DATA response = { 0 };
    HTTP_MESSAGE message = { .Data.Response = &response };
    EFI_STATUS status = exchange(source, http->Response, &message);

    *size = content_length(&message);
    for (UINTN i = 0; i < message.HeaderCount; i++) {
        source->services->FreePool(message.Headers[i].FieldName);
        source->services->FreePool(message.Headers[i].FieldValue);
    }
    if (message.Headers)
        source->services->FreePool(message.Headers);
    if (!EFI_ERROR(status) && response.StatusCode == HTTP_STATUS_200_OK)
        return EFI_SUCCESS;
    http->Configure(http, NULL);
    configure(source);
    return EFI_NOT_FOUND;
}

static EFI_STATUS http_size(struct source *source, const char *name, UINT64 *size)
{
    EFI_STATUS status = send(source, HTTP_HEAD, name);

    return EFI_ERROR(status) ? status : receive_header(source, size);
}

static EFI_STATUS http_load(struct source *source, const char *name, struct file *file)
{
    EFI_STATUS status = send(source, HTTP_GET, name);

    if (!EFI_ERROR(status))
        status = receive_header(source, &file->size);
    if (!EFI_ERROR(status))
        status = allocate_file(source, file);
    for (UINT64 have = 0; !EFI_ERROR(status) && have < file->size;) {
        HTTP_MESSAGE message = { .BodyLength = file->size - have, .Body = file->data + have };

        status = exchange(source, ((HTTP_PROTOCOL *)source->protocol)->Response, &message);
        have += message.BodyLength;
    }
    return status;
}

EFI_STATUS open_http(EFI_HANDLE device, struct source *source)
{
    EFI_GUID binding_identity = HTTP_SERVICE_BINDING_GUID, identity = HTTP_GUID;
    EFI_BOOT_SERVICES *services = source->services;
    EFI_DEVICE_PATH *path;
    SERVICE_BINDING *binding;
    EFI_HANDLE card, child = NULL;
    EFI_STATUS status = read_device_path(device, source, &path);

    if (EFI_ERROR(status))
        return status;
    if (!*source->folder)
        return EFI_NOT_FOUND;
    keep_folder(source->folder);
    source->title = "HTTP";
    source->size = http_size;
    source->load = http_load;
    status = services->LocateDevicePath(&binding_identity, &path, &card);
    if (!EFI_ERROR(status))
        status = services->HandleProtocol(card, &binding_identity, (void **)&binding);
    if (!EFI_ERROR(status))
        status = binding->CreateChild(binding, &child);
    if (!EFI_ERROR(status))
        status = services->HandleProtocol(child, &identity, &source->protocol);
    return EFI_ERROR(status) ? status : configure(source);
}
