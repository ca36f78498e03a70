"""The entries of a FAT directory: long names, NT's lower-case bits, what is skipped and what is refused.

Source: Microsoft, FAT: General Overview of On-Disk Format 1.03 (entries, long names, their checksum); the bits 0x08
and 0x10 of byte 12 are Windows NT's, read as Linux fs/fat/dir.c reads them.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.fat_geometry import ENTRY_SIZE

SHORT = struct.Struct("<8s3sBB7xH4xHI")
"""Base, extension, attributes, lower-case bits, times, first cluster (high), times, first cluster (low), size."""
LONG_PART = struct.Struct("<B10sBBB12s2x4s")
"""Order, 5 characters, attributes, type, checksum, 6 characters, 2 characters."""

LABEL, DIRECTORY, LONG = 0x08, 0x10, 0x0F
LOWER_BASE, LOWER_EXTENSION = 0x08, 0x10
END, DELETED, KANJI_E5 = 0x00, 0xE5, 0x05
LAST_PART = 0x40
MAX_PARTS = 20
FORBIDDEN = frozenset('/\\"*:<>?|') | {chr(code) for code in range(32)}
"""Characters that no FAT name may have; a path made with them would lead elsewhere."""


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """A file, a directory, or (only in the root) the volume's label."""

    name: str
    attributes: int
    first_cluster: int
    size: int  # in bytes; 0 for a directory
    offset: int  # of the entry in the directory's bytes

    @property
    def is_label(self) -> bool:
        """Whether it is the volume's label."""
        return bool(self.attributes & LABEL)

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory."""
        return bool(self.attributes & DIRECTORY)


def parse_directory(data: bytes, where: str, *, wide: bool) -> Iterator[DirectoryEntry]:
    """Yield the entries in disk order without `.`, `..` and deleted ones.

    A long name counts only when its parts are complete, in order and carry the checksum of the short name that
    follows; else the short name is the name, as for a system that knows no long names. `wide` (FAT32) tells that
    the upper half of the first cluster's number is in use; before, OS/2 kept other things there. MediumError for
    a name that no FAT name can be, with its place in the directory.
    """
    long_name = _LongName()
    for offset in range(0, len(data) - ENTRY_SIZE + 1, ENTRY_SIZE):
        first, attributes = data[offset], data[offset + 11]
        if first == END:
            return
        if first == DELETED:
            long_name.clear()
        elif attributes & 0x3F == LONG:
            long_name.add(data[offset : offset + ENTRY_SIZE])
        else:
            base, extension, attributes, case, high, low, size = SHORT.unpack_from(data, offset)
            name = long_name.take(base + extension) or _short_name(base, extension, case)
            if attributes & LABEL:
                yield DirectoryEntry(_label(base + extension), LABEL, 0, 0, offset)
            elif name not in (".", ".."):
                _check_name(name, where, offset)
                is_directory = bool(attributes & DIRECTORY)
                cluster = high << 16 | low if wide else low
                yield DirectoryEntry(name, attributes, cluster, 0 if is_directory else size, offset)


class _LongName:
    """The parts of one long name, which come last part first, before the short entry."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._expected = 0
        self._checksum = 0

    def clear(self) -> None:
        """Forget the parts."""
        self._parts, self._expected = [], -1

    def add(self, entry: bytes) -> None:
        """Take one part; parts that do not go together are dropped."""
        order, text1, _, kind, checksum, text2, text3 = LONG_PART.unpack(entry)
        number = order & ~LAST_PART
        if order & LAST_PART:
            self._parts, self._expected, self._checksum = [], number, checksum
        if kind != 0 or number != self._expected or not 1 <= number <= MAX_PARTS or checksum != self._checksum:
            self.clear()
            return
        self._parts.append(text1 + text2 + text3)
        self._expected -= 1

    def take(self, short: bytes) -> str:
        """Return the long name of the entry whose 11 bytes are `short`, or nothing; forgets the parts."""
        parts, complete = self._parts, self._expected == 0
        self.clear()
        if not parts or not complete or self._checksum != name_checksum(short):
            return ""
        text = b"".join(reversed(parts)).decode("utf-16-le", "replace")
        return text.split("\0", 1)[0]


def name_checksum(short: bytes) -> int:
    """Return the checksum over a short name's 11 bytes that each part of its long name carries."""
    total = 0
    for byte in short:
        total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
    return total


def _short_name(base: bytes, extension: bytes, case: int) -> str:
    """Return the 8.3 name as people write it."""
    if base[0] == KANJI_E5:
        base = bytes([DELETED]) + base[1:]
    stem, suffix = base.decode("cp437").rstrip(" "), extension.decode("cp437").rstrip(" ")
    stem = stem.lower() if case & LOWER_BASE else stem
    suffix = suffix.lower() if case & LOWER_EXTENSION else suffix
    return f"{stem}.{suffix}" if suffix else stem


def _label(raw: bytes) -> str:
    return raw.decode("cp437").rstrip(" \0")


def _check_name(name: str, where: str, offset: int) -> None:
    """Refuse what would make a path ambiguous or lead out of its folder."""
    wrong = sorted(FORBIDDEN.intersection(name))
    if wrong or not name.strip(" ."):
        reason = f"has {wrong[0]!r}" if wrong else "is empty"
        raise MediumError(f"directory entry at byte {offset}: the name {name!r} {reason}", where=where)
