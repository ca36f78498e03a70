"""What mboot has room for. Source: vmware/esx-boot, the files named; the same from 6.7 U1 to 9.0."""

RELOCATIONS = 512
"""Entries of a table (mboot/reloc.c): one for each part of the kernel, two for each module, some more."""

USABLE_RELOCATIONS = RELOCATIONS - 2
"""add_runtime_object() refuses the next one here."""

SAFE_MODULES = 250
"""Modules that fit beside any kernel seen; from USABLE_RELOCATIONS // 2 on they fit beside none."""

COMMAND_LINE = 4096
"""Bytes of the kernel's path, options and BOOTIF, which must be fewer (include/esxbootinfo.h, MAXCMDLINE)."""

MODULE_STRING = 256
"""Bytes of a module's resolved path, blank and options, which must be fewer (include/esxbootinfo.h, MAXMODNAME)."""

BOOTIF = len(" BOOTIF=01-aa-bb-cc-dd-ee-ff")
"""Bytes that a network boot adds to the command line (mboot/mboot.c)."""

TITLE = 127
"""Characters that are shown (mboot/mboot.h, TITLE_MAX_LEN with its NUL); the rest is cut off."""

TFTP_BLOCK_SIZES = range(512, 65464 + 1)
"""What tftpblksize= may be; anything else is logged and ignored (uefi/efiutils/tftpfile.c)."""

BOOT_STATE_BYTES = 512
"""safeboot rewrites bootstate= within these first bytes of boot.cfg (safeboot/config.c)."""
