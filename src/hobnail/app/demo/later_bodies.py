"""Bodies of modules and loaders for synthetic media of 5.0 and later: small, and of the kind that the name tells.

The same name has the same body on every machine. Kinds: esx-boot unpacks every module with gzip; below that lie
an ELF file (.b00), an archive (vmtar, in xz or not; ustar in .tgz), or nothing at all (.gz).
"""

import lzma
import random
import struct
import tarfile
import zlib
from gzip import compress
from io import BytesIO
from pathlib import PurePosixPath
from typing import Literal

from hobnail.app.demo.vmtar import pack_vmtar

Architecture = Literal["x86_64", "aarch64"]
PE_MACHINES: dict[Architecture, int] = {"x86_64": 0x8664, "aarch64": 0xAA64}
ELF_MACHINES: dict[Architecture, int] = {"x86_64": 62, "aarch64": 183}

EMPTY_MARKER = bytes.fromhex("1f8b0800000000000003 0300 0000000000000000")
"""The 20 bytes that jumpstrt.gz, useropts.gz and features.gz are on the vendor's media: gzip of nothing."""
XZ_FILTERS = ({"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 2 << 20},)
COM32R = bytes.fromhex("b8fe4ccd21")
"""First bytes of the .c32 files of SYSLINUX 4 and of VMware's own: mov eax, 0x21cd4cfe."""
EXECUTABLE, LOAD_ADDRESS, HEADERS = 2, 0x400000, 64 + 56


def body_of(name: str, architecture: Architecture = "x86_64") -> bytes:
    """Return a module's body: what its suffix promises, a few hundred bytes to a few thousand."""
    suffix = PurePosixPath(name).suffix
    match suffix:
        case ".gz":
            return EMPTY_MARKER
        case ".b00":
            return compress(elf(_noise(name), architecture), mtime=0)
        case ".tgz":
            return compress(_ustar(f"var/db/{PurePosixPath(name).stem}/list", _noise(name)), mtime=0)
        case _:
            return tardisk({f"usr/lib/vmware/{name}/{name}.bin": _noise(name)}, xz=zlib.crc32(name.encode()) % 2 == 0)


def tardisk(files: dict[str, bytes], *, xz: bool) -> bytes:
    """Return a module of the .v00 kind: gzip around vmtar, with xz between them or without, as both are published."""
    archive = pack_vmtar(files)
    if xz:
        archive = lzma.compress(archive, lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=list(XZ_FILTERS))
    return compress(archive, 1, mtime=0)


def elf(payload: bytes, architecture: Architecture = "x86_64") -> bytes:
    """Return a 64-bit ELF executable of one segment, which nothing could run."""
    identity = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    kinds = (EXECUTABLE, ELF_MACHINES[architecture], 1)
    header = struct.pack("<HHIQQQIHHHHHH", *kinds, LOAD_ADDRESS + HEADERS, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    size = HEADERS + len(payload)
    segment = struct.pack("<IIQQQQQQ", 1, 5, 0, LOAD_ADDRESS, LOAD_ADDRESS, size, size, 4096)
    return identity + header + segment + payload


def uefi_program(text: str, architecture: Architecture = "x86_64") -> bytes:
    """Return the headers of a UEFI program (PE32+ for an EFI application) and a text, which nothing could run."""
    dos = b"MZ".ljust(60, b"\0") + struct.pack("<I", 64)
    optional = struct.pack("<H", 0x20B).ljust(68, b"\0") + struct.pack("<H", 10)  # subsystem: EFI application
    optional = optional.ljust(112, b"\0")
    coff = struct.pack("<HHIIIHH", PE_MACHINES[architecture], 0, 0, 0, 0, len(optional), 0x22)
    return dos + b"PE\0\0" + coff + optional + text.encode()


def com32(text: str) -> bytes:
    """Return a file that begins as VMware's .c32 files do."""
    return COM32R + text.encode().ljust(2048, b"\0")


def _noise(name: str) -> bytes:
    noise = random.Random(name)
    return noise.randbytes(noise.randrange(101, 2001, 2))


def _ustar(name: str, data: bytes) -> bytes:
    """Pack one file and its folders."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in reversed(PurePosixPath(name).parents[:-1]):
            member = tarfile.TarInfo(str(folder))
            member.type, member.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(member)
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, BytesIO(data))
    return packed.getvalue()
