"""Tar archives as a tree: the members' bytes stay where they are.

Formats: ustar and pax (POSIX.1-2017, pax, "ustar Interchange Format"), GNU long names (tar/src/tar.h). Only
directories and regular files are taken: an archive that holds links, devices, absolute names or `..` is refused as a
whole, although nothing is ever written to disk, because no installer medium has them and a damaged one may.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader, SliceReader, read_exactly
from hobnail.media.tree import Entry, ListedTree

BLOCK = 512
MAX_MEMBERS = 10_000
"""An installer's archives have some hundred."""
MAX_NAME = 4096
"""Characters of one name (Linux PATH_MAX)."""
MAX_EXTRA = 64 << 10
"""Bytes of one pax header or GNU long name."""
HEADER = struct.Struct("100s8s8s8s12s12s8sc100s6s2s32s32s8s8s155s12x")

FILE_TYPES = b"0\x007"
"""Regular files: ustar, the oldest tar, contiguous."""
DIRECTORY = b"5"
LONG_NAME, LONG_LINK = b"L", b"K"
PAX, PAX_GLOBAL = b"x", b"g"
REFUSED_TYPES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
    b"S": "a sparse file",
}


@dataclass(frozen=True, slots=True)
class _Header:
    """One 512-byte header."""

    offset: int  # of the header in the archive
    name: str
    type: bytes
    size: int

    @property
    def data(self) -> int:
        """Offset of the member's bytes."""
        return self.offset + BLOCK

    @property
    def next(self) -> int:
        """Offset of the next header."""
        return self.data + -(-self.size // BLOCK) * BLOCK


def open_tar(archive: Reader) -> ListedTree:
    """Return the files of a tar archive, all of whose headers are read now.

    MediumError, with the byte of the header, when it is damaged, truncated, or holds anything but directories and
    regular files with names that stay inside.
    """
    return ListedTree(archive.name, _entries(archive))


def _entries(archive: Reader) -> Iterator[Entry]:
    for header in _members(archive):
        path = _checked_path(header, archive)
        if header.type in FILE_TYPES and not header.name.endswith("/"):
            place = f"{archive.name}!{path}"
            yield Entry(path, header.size, path, partial(SliceReader, place, archive, header.data, header.size))
        elif header.type != DIRECTORY and header.type not in FILE_TYPES:
            what = REFUSED_TYPES.get(header.type, f"of the unknown type {header.type!r}")
            raise _error(archive, header.offset, f"member {path!r} is {what}; only files and directories are taken")


def _checked_path(header: _Header, archive: Reader) -> str:
    """Return the member's path without `./`; MediumError when it is absolute or leads out of the archive."""
    parts = header.name.split("/")
    if len(header.name) > MAX_NAME:
        raise _error(archive, header.offset, f"a name of {len(header.name)} characters: {header.name[:40]}…")
    if header.name.startswith("/"):
        raise _error(archive, header.offset, f"member {header.name!r} has an absolute name")
    if ".." in parts:
        raise _error(archive, header.offset, f"member {header.name!r} leads out of the archive")
    if "\0" in header.name:
        raise _error(archive, header.offset, f"member {header.name!r} has a NUL in its name")
    return "/".join(part for part in parts if part not in ("", "."))


def _members(archive: Reader) -> Iterator[_Header]:
    """Yield the real members, with long names and sizes put in."""
    offset, count = 0, 0
    name: str | None = None
    size: int | None = None
    while (header := _header_at(archive, offset)) is not None:
        count += 1
        if count > MAX_MEMBERS:
            raise _error(archive, offset, f"more than {MAX_MEMBERS} members")
        if header.type in (LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL):
            body = _name_body(archive, header)
            if header.type == LONG_NAME:
                name = _text(body)
            elif header.type == PAX:
                name, size = _pax(archive, header, body, name, size)
            offset = header.next
            continue
        length = header.size if size is None else size
        header = _Header(header.offset, header.name if name is None else name, header.type, length)
        if header.type == DIRECTORY:
            header = _Header(header.offset, header.name, header.type, 0)  # old tars put a size there
        _check_end(archive, header)
        yield header
        offset, name, size = header.next, None, None
    if not offset:
        raise _error(archive, 0, "holds no member: an empty tar archive")


def _header_at(archive: Reader, offset: int) -> _Header | None:
    """Read a header; None at the end, which is a block of zeros or the end of the file."""
    block = archive.read_at(offset, BLOCK)
    if not block or (len(block) == BLOCK and not any(block)):
        return None
    if len(block) < BLOCK:
        raise _error(archive, offset, f"truncated: {BLOCK - len(block)} bytes of a header are missing")
    name, _, _, _, size, _, checksum, kind, _, magic, _, _, _, _, _, prefix = HEADER.unpack(block)
    expected = sum(block) - sum(checksum) + 8 * ord(" ")
    if _number(archive, offset, checksum) != expected:
        found = checksum.rstrip(b"\0 ").decode("ascii", "replace")
        raise _error(archive, offset, f"no tar header here: checksum {found!r}, {expected:o} expected (octal)")
    full = _text(name)
    if magic == b"ustar\0" and (folder := _text(prefix)):  # GNU tar's magic is `ustar  `; it has times there
        full = f"{folder}/{full}"
    return _Header(offset, full, kind, _number(archive, offset, size))


def _number(archive: Reader, offset: int, field: bytes) -> int:
    """Read an octal field, or GNU's binary one, whose first bit is set."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:])
    digits = field.strip(b"\0 ")
    if digits.strip(b"01234567"):
        raise _error(archive, offset, f"damaged tar header: {field!r} is no octal number")
    return int(digits or b"0", 8)


def _name_body(archive: Reader, header: _Header) -> bytes:
    if header.size > MAX_EXTRA:
        raise _error(archive, header.offset, f"a name or pax header of {header.size} bytes, over {MAX_EXTRA}")
    return read_exactly(archive, header.data, header.size)


def _pax(
    archive: Reader, header: _Header, body: bytes, name: str | None, size: int | None
) -> tuple[str | None, int | None]:
    """Return the name and size from a pax header's records, `LENGTH KEY=VALUE` and a newline each."""
    while body:
        digits, blank, _ = body.partition(b" ")
        length = int(digits) if blank and digits.isdigit() and len(digits) < 6 else 0
        record, body = body[len(digits) + 1 : length], body[length:]
        key, equals, value = record.removesuffix(b"\n").partition(b"=")
        if not (equals and record.endswith(b"\n")):
            raise _error(archive, header.offset, "damaged pax header")
        if key == b"path":
            name = value.decode("utf-8", "replace")
        elif key == b"size":
            size = _decimal(archive, header, value)
    return name, size


def _decimal(archive: Reader, header: _Header, value: bytes) -> int:
    if not value.isdigit() or len(value) > 18:
        raise _error(archive, header.offset, f"damaged pax header: size {value[:24]!r}")
    return int(value)


def _check_end(archive: Reader, header: _Header) -> None:
    """MediumError when the member's bytes pass the archive's end: its last byte is read."""
    if header.size and len(archive.read_at(header.data + header.size - 1, 1)) != 1:
        raise _error(archive, header.offset, f"member {header.name!r} of {header.size} bytes passes the end")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _error(archive: Reader, offset: int, what: str) -> MediumError:
    return MediumError(what, where=archive.name, offset=offset)
