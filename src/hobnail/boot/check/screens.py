"""What a person sees on the screen when a boot stops, as data: the text, and how it is known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Screen:
    """Words on the screen, and their source. No text: nobody has written down what is seen."""

    text: str
    source: str


UNKNOWN = Screen("", "")

_INTEL = "Intel Boot Agent, its list of messages (E51 and E53 seen in public reports, the others from memory)"
_EDK2 = "EDK2, UefiPxeBcDxe (PxeBcBoot.c, PxeBcImpl.c)"
_MBOOT = "vmware/esx-boot, mboot.c (clean) with include/error.h"

ROM_NO_OFFER = Screen("PXE-E51: No DHCP or proxyDHCP offers were received.", _INTEL)
ROM_NO_FILE_NAME = Screen("PXE-E53: No boot filename received", _INTEL)
ROM_PROXY_SILENT = Screen("PXE-E55: ProxyDHCP service did not reply to request on port 4011", _INTEL)
ROM_OPEN_TIMEOUT = Screen("PXE-E32: TFTP open timeout", _INTEL)
ROM_NOT_FOUND = Screen("PXE-T01: File not found / PXE-E3B: TFTP Error - File Not found", _INTEL)
ROM_TFTP_ERROR = Screen("PXE-E36: Error received from TFTP server", _INTEL)

UEFI_NO_OFFER = Screen("PXE-E16: No offer received.", _EDK2)
UEFI_NO_FILE_NAME = Screen("PXE-E53: No boot filename received.", _EDK2)
UEFI_TIMEOUT = Screen("PXE-E18: Server response timeout.", _EDK2)
UEFI_TFTP_ERROR = Screen("PXE-E23: Client received TFTP error from server.", _EDK2)
UEFI_OTHER = Screen("PXE-E99: Unexpected network error.", _EDK2)

LDLINUX = Screen("Failed to load ldlinux.c32", "syslinux 6, core (load_env32); from memory")
NO_CONFIGURATION = Screen("Unable to locate configuration file", "syslinux 3.86 and 4, core; from memory")
NO_CONFIGURATION_6 = Screen("WARNING: No configuration file found", "syslinux 6.04, ldlinux.c32 (its own text)")
NO_DEFAULT = Screen("No DEFAULT or UI configuration directive found!", "boot-traces, section 6")
NO_KERNEL_IMAGE = Screen("Could not find kernel image", "syslinux 3.86 and 4, core; from memory")
COM32_6 = Screen("Failed to load COM32 file", "boot-traces, section 1 (PXELINUX 6.04)")
COM32_4 = Screen("not a COM32R image", "syslinux 4, seen in many public reports")
NO_FILES = Screen("No files found!", "boot-traces, section 6 (syslinux com32/mboot)")
DASH_C = Screen("Loading -c... failed", "facts, section 5 (syslinux's own mboot.c32 given -c)")

MBOOT_NOT_FOUND = Screen("Fatal error: 15 (Not found)", _MBOOT)
MBOOT_TIMEOUT = Screen("Fatal error: 19 (Timeout)", _MBOOT)
MBOOT_SYNTAX = Screen("Fatal error: 32 (Syntax)", _MBOOT)
MBOOT_INCONSISTENT = Screen("Fatal error: 33 (Inconsistent data)", _MBOOT)
MBOOT_LENGTH = Screen(
    "Fatal error: 6 (Buffer too small), 10 (Out of resources) or 33 (Inconsistent data)",
    "vmware/esx-boot, gzip.c: the length is read from whatever the file's last four bytes are",
)
MBOOT_BAD_TYPE = Screen("Fatal error: 36 (Bad type)", _MBOOT)
MBOOT_UNSUPPORTED = Screen("Fatal error: 4 (Unsupported)", _MBOOT)
MBOOT_RESOURCES = Screen("Fatal error: 10 (Out of resources)", _MBOOT)
