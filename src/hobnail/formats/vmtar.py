"""vmtar, the archive inside VMware's tardisks (s.v00, sys.vgz …): tar headers first, the members' bytes behind them.

Headers are those of ustar up to byte 345, with the magic `visor `. The prefix is 4 bytes shorter than ustar's, and
four little-endian numbers end the header; the first is the offset of the member's bytes in the archive. So headers
stand side by side, and tar programs read damage. Sources: vmtar2shar, dissect.hypervisor's util/vmtar.py.

The header's checksum is not compared: no published source says how VMware's own tools make it, and the gzip and xz
layers around have checksums of their own.
"""

import struct
from collections.abc import Iterator

from hobnail.errors import MediumError
from hobnail.formats.archive import MAX_MEMBERS, ArchiveMember
from hobnail.formats.reader import Reader, read_exactly

BLOCK = 512
MAX_NAME = 4096
"""Bytes of a GNU long name (Linux PATH_MAX)."""
MAGIC_OFFSET = 257
MAGIC = b"visor "
HEADER = struct.Struct("<100s8s8s8s12s12s8sc100s8s32s32s8s8s151sIIII")

LONG_NAME, LONG_LINK = "L", "K"
LINKS = b"12"
WITHOUT_DATA = b"123456"
"""Links, devices, folders, pipes: what their size field says means nothing."""


def vmtar_members(archive: Reader) -> Iterator[ArchiveMember]:
    """Yield the members in their order, reading headers only.

    MediumError, with the byte of the header, for damage and for more than MAX_MEMBERS. Whether the members' bytes are
    all there shows when they are read.
    """
    offset = 0
    name = link = b""
    for _ in range(MAX_MEMBERS):
        header = archive.read_at(offset, BLOCK)
        if header[MAGIC_OFFSET : MAGIC_OFFSET + len(MAGIC)] != MAGIC:
            if not offset:
                raise MediumError("no vmtar archive: its magic `visor ` is missing", where=archive.name, offset=257)
            return
        if len(header) < BLOCK:
            missing = BLOCK - len(header)
            raise MediumError(f"{missing} bytes of a vmtar header are missing", where=archive.name, offset=offset)
        member, following = _member(archive, offset, header, name, link)
        if member.type == LONG_NAME:
            name = _long_name(archive, offset, member)
        elif member.type == LONG_LINK:
            link = _long_name(archive, offset, member)
        else:
            yield member
            name = link = b""
        offset = following
    raise MediumError(f"more than {MAX_MEMBERS} members in a vmtar archive", where=archive.name, offset=offset)


def _member(
    archive: Reader, offset: int, header: bytes, long_name: bytes, long_link: bytes
) -> tuple[ArchiveMember, int]:
    """Return the member of a header and where the next header stands."""
    name, mode, _, _, size, mtime, _, kind, link, _, _, _, _, _, prefix, data, *_ = HEADER.unpack(header)
    folder = _cut(prefix)
    full = long_name or (folder + b"/" if folder else b"") + _cut(name)
    length = 0 if kind in WITHOUT_DATA else _number(archive, offset, size)
    begin = offset + BLOCK
    member = ArchiveMember(
        name=_text(full),
        type="0" if kind == b"\0" else kind.decode("latin-1"),  # NUL: a file, in the oldest tars
        mode=_number(archive, offset, mode) & 0o7777,
        mtime=_number(archive, offset, mtime),
        size=length,
        link=_text(long_link or _cut(link)) if kind in LINKS else "",
        offset=data or begin,
    )
    inline = 0 if data else -(-length // BLOCK) * BLOCK  # no place given: the bytes follow their header, as in ustar
    return member, begin + inline


def _long_name(archive: Reader, offset: int, member: ArchiveMember) -> bytes:
    """Return the name that GNU's K or L member carries for the next one."""
    if member.size > MAX_NAME:
        what = f"a name of {member.size} bytes, over {MAX_NAME}, in a vmtar archive"
        raise MediumError(what, where=archive.name, offset=offset)
    return _cut(read_exactly(archive, member.offset, member.size))


def _number(archive: Reader, offset: int, field: bytes) -> int:
    """Read an octal field; an empty one is 0."""
    digits = field.strip(b"\0 ")
    if digits.strip(b"01234567"):
        raise MediumError(f"damaged vmtar header: {field!r} is no octal number", where=archive.name, offset=offset)
    return int(digits or b"0", 8)


def _cut(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")
