/* EFI_HTTP_PROTOCOL (UEFI specification 2.10, section 29.6), which gnu-efi 3.0 has not; only what we call. */

#ifndef HTTP_PROTOCOL_H
#define HTTP_PROTOCOL_H

#include <efi.h>

#define HTTP_SERVICE_BINDING_GUID \
    { 0xbdc8e6af, 0xd9bc, 0x4379, {0xa7, 0x2a, 0xe0, 0xc4, 0xe7, 0x5d, 0xae, 0x1c} }
#define HTTP_GUID \
    { 0x7a59b29b, 0x910b, 0x4171, {0x82, 0x42, 0xa8, 0x5a, 0x0d, 0xf2, 0x5b, 0x5b} }

typedef enum { HTTP_VERSION_1_0, HTTP_VERSION_1_1 } HTTP_VERSION;
typedef enum {
    HTTP_GET, HTTP_POST, HTTP_PATCH, HTTP_OPTIONS, HTTP_CONNECT, HTTP_HEAD, HTTP_PUT, HTTP_DELETE, HTTP_TRACE
} HTTP_METHOD;

#define HTTP_STATUS_200_OK 3 /* the protocol numbers the statuses of RFC 7231 through */

typedef struct {
    BOOLEAN UseDefaultAddress;
    EFI_IPv4_ADDRESS LocalAddress;
    EFI_IPv4_ADDRESS LocalSubnet;
    UINT16 LocalPort;
} HTTP_IPV4_ACCESS_POINT;

typedef struct {
    HTTP_VERSION HttpVersion;
    UINT32 TimeOutMillisec;
    BOOLEAN LocalAddressIsIPv6;
    HTTP_IPV4_ACCESS_POINT *AccessPoint;
} HTTP_CONFIG_DATA;

typedef struct {
    HTTP_METHOD Method;
    CHAR16 *Url;
} HTTP_REQUEST_DATA;

typedef struct {
    UINT32 StatusCode;
} HTTP_RESPONSE_DATA;

typedef struct {
    CHAR8 *FieldName;
    CHAR8 *FieldValue;
} HTTP_HEADER;

typedef struct {
    union {
        HTTP_REQUEST_DATA *Request;
        HTTP_RESPONSE_DATA *Response;
    } Data;
    UINTN HeaderCount;
    HTTP_HEADER *Headers;
    UINTN BodyLength;
    void *Body;
} HTTP_MESSAGE;

typedef struct {
    EFI_EVENT Event;
    EFI_STATUS Status;
    HTTP_MESSAGE *Message;
} HTTP_TOKEN;

typedef struct HTTP_PROTOCOL {
    void *GetModeData;
    EFI_STATUS(EFIAPI *Configure)(struct HTTP_PROTOCOL *self, HTTP_CONFIG_DATA *data);
    EFI_STATUS(EFIAPI *Request)(struct HTTP_PROTOCOL *self, HTTP_TOKEN *token);
    EFI_STATUS(EFIAPI *Cancel)(struct HTTP_PROTOCOL *self, HTTP_TOKEN *token);
    EFI_STATUS(EFIAPI *Response)(struct HTTP_PROTOCOL *self, HTTP_TOKEN *token);
    EFI_STATUS(EFIAPI *Poll)(struct HTTP_PROTOCOL *self);
} HTTP_PROTOCOL;

typedef struct SERVICE_BINDING {
    EFI_STATUS(EFIAPI *CreateChild)(struct SERVICE_BINDING *self, EFI_HANDLE *child);
    EFI_STATUS(EFIAPI *DestroyChild)(struct SERVICE_BINDING *self, EFI_HANDLE child);
} SERVICE_BINDING;

#endif
