/*
 * What gnu-efi's efi.h wants to know of a processor, for 64-bit Arm built by clang for Windows (whose calling
 * convention is UEFI's there). Debian's gnu-efi has it only on Arm machines. Types: UEFI specification 2.10, 2.3.1.
 */

#ifndef EFIBIND_H
#define EFIBIND_H

#include <stddef.h>
#include <stdint.h>

typedef uint8_t UINT8;
typedef uint16_t UINT16;
typedef uint32_t UINT32;
typedef uint64_t UINT64, UINTN;
typedef int8_t INT8;
typedef int16_t INT16;
typedef int32_t INT32;
typedef int64_t INT64, INTN;

#define VOID void
#define EFIAPI
#define BOOTSERVICE
#define RUNTIMESERVICE
#define RUNTIMEFUNCTION
#define INTERFACE_DECL(name) struct name

#define EFI_ERROR_MASK 0x8000000000000000
#define EFIERR(number) (EFI_ERROR_MASK | (number))
#define EFIERR_OEM(number) (0xc000000000000000 | (number))

#endif
