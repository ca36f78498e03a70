"""A writer of vmtar archives ("visor tar"), for the modules of synthetic media.

Like ustar, but for the magic and four little-endian numbers at the end of each header: the headers stand one after
another, and what a member holds lies elsewhere in the file, page by page. Source: vmtar2shar's description of the
format and dissect.hypervisor's vmtar reader; that data is aligned to a page is not published, but no reader minds.
"""

import struct
from collections.abc import Mapping
from pathlib import PurePosixPath

BLOCK, PAGE = 512, 4096
MAGIC = b"visor  \0"
FILE, FOLDER = b"0", b"5"
CHECKSUM = slice(148, 156)


def pack_vmtar(files: Mapping[str, bytes]) -> bytes:
    """Return an archive with these files; their folders stand before them as members, as the vendor's have them."""
    members: dict[str, bytes | None] = {}
    for name, data in files.items():
        for folder in reversed(PurePosixPath(name).parents[:-1]):
            members.setdefault(f"{folder}/", None)
        members[name] = data
    headers, bodies = bytearray(), bytearray()
    start = _aligned((len(members) + 1) * BLOCK)  # one empty block ends the headers
    for name, body in members.items():
        headers += _header(name, body, start + len(bodies) if body else 0)
        bodies += (body or b"").ljust(_aligned(len(body or b"")), b"\0")
    return bytes(headers.ljust(start, b"\0") + bodies)


def _header(name: str, body: bytes | None, offset: int) -> bytes:
    """Pack one header; `body` is None for a folder, `offset` is 0 when there is nothing to hold."""
    kind, mode = (FOLDER, 0o755) if body is None else (FILE, 0o644)
    header = bytearray(BLOCK)
    header[: len(name)] = name.encode("ascii")
    header[100:148] = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, 0, 0, len(body or b""), 0)
    header[156:157] = kind
    header[257:265] = MAGIC
    header[265:269], header[297:301] = b"root", b"root"
    struct.pack_into("<4I", header, 496, offset, 0, 0, 0)  # no text pages, no fix-ups
    header[CHECKSUM] = b" " * 8
    header[CHECKSUM] = b"%06o\0 " % sum(header)
    return bytes(header)


def _aligned(size: int) -> int:
    return -(-size // PAGE) * PAGE
