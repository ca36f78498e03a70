"""Names on a FAT volume that is written: the long name, its 8.3 alias, and the entries that hold both.

Source: Microsoft, FAT: General Overview of On-Disk Format 1.03 (short names, numeric tails, long name entries). Every
name that is not already upper-case 8.3 gets a long name: the case bits of Windows NT are not read by all firmware.
"""

import string
from collections.abc import Sequence

from hobnail.errors import UserError
from hobnail.formats.fat_directory import (
    FORBIDDEN,
    LAST_PART,
    LONG,
    LONG_PART,
    SHORT,
    name_checksum,
)

CHARACTERS_A_PART = 13
LONGEST = 255
"""UTF-16 units of a long name."""
MOST_TAIL = 999_999
ALWAYS = frozenset(string.ascii_uppercase + string.digits + "$%'-_@~`!(){}^#&")
"""What a short name may hold in every code page."""
EPOCH_DATE = 0x0021
"""1 January 1980, the first day that FAT knows: nothing that we write depends on the day."""
ARCHIVE = 0x20


def check_name(name: str, where: str) -> None:
    """UserError, with the path `where`, for what FAT cannot hold or would not give back as it was."""
    wrong = sorted(FORBIDDEN.intersection(name))
    if wrong:
        raise UserError(f"{wrong[0]!r} cannot stand in a name on a FAT file system", where=where)
    if not name.strip(" .") or name != name.rstrip(" ."):
        raise UserError("a name on a FAT file system cannot be empty or end with a dot or blank", where=where)
    if len(_units(name)) > LONGEST:
        raise UserError(f"the name has more than {LONGEST} characters", where=where)


def short_names(names: Sequence[str], where: str) -> tuple[bytes, ...]:
    """Return the 11 bytes of each name's alias in one directory, in order; those that need no tail keep theirs.

    UserError where two names differ in nothing but case, or there are no aliases left.
    """
    folded: dict[str, str] = {}
    for name in names:
        other = folded.setdefault(name.upper(), name)
        if folded[name.upper()] is not name:
            raise UserError(
                f"{other!r} and {name!r} are one name on a FAT file system", where=where, next_step="rename one"
            )
    taken = {alias for name in names if (alias := _plain(name)) is not None}
    found = []
    for name in names:
        alias = _plain(name)
        if alias is None:
            alias = _with_tail(name, taken, where)
            taken.add(alias)
        found.append(alias)
    return tuple(found)


def entries(name: str, short: bytes, *, attributes: int, cluster: int, size: int) -> bytes:
    """Return the directory entries of one file or folder: its long name's parts, last part first, then the short."""
    long = b"" if short == _plain(name) and name == name.upper() else _long(name, short)
    entry = SHORT.pack(short[:8], short[8:], attributes, 0, cluster >> 16, cluster & 0xFFFF, size)
    return long + with_times(entry)


def with_times(entry: bytes) -> bytes:
    """Put the fixed date into the bytes of creation, access and change of a short entry (16, 18 and 24)."""
    date = EPOCH_DATE.to_bytes(2, "little")
    return entry[:16] + date + date + entry[20:24] + date + entry[26:]


def entry_count(name: str) -> int:
    """Return the most entries that a name can need."""
    return 1 + -(-len(_units(name)) // CHARACTERS_A_PART)


def _long(name: str, short: bytes) -> bytes:
    units = _units(name)
    if len(units) % CHARACTERS_A_PART:
        units = [*units, 0]
        units += [0xFFFF] * (-len(units) % CHARACTERS_A_PART)
    parts = [units[at : at + CHARACTERS_A_PART] for at in range(0, len(units), CHARACTERS_A_PART)]
    checksum = name_checksum(short)
    packed = []
    for number, part in enumerate(parts, 1):
        text = b"".join(unit.to_bytes(2, "little") for unit in part)
        order = number | (LAST_PART if number == len(parts) else 0)
        packed.append(LONG_PART.pack(order, text[:10], LONG, 0, checksum, text[10:22], text[22:]))
    return b"".join(reversed(packed))


def _units(name: str) -> list[int]:
    data = name.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


def _plain(name: str) -> bytes | None:
    """Return the alias of a name that is 8.3 but for its case; None for others."""
    stem, dot, suffix = name.upper().partition(".")
    fits = 1 <= len(stem) <= 8 and len(suffix) <= 3 and bool(dot) == bool(suffix)
    if not fits or not ALWAYS.issuperset(stem + suffix) or not name.isascii():
        return None
    return (stem.ljust(8) + suffix.ljust(3)).encode("ascii")


def _with_tail(name: str, taken: set[bytes], where: str) -> bytes:
    """Return the first alias `BASIS~N` that is free."""
    stem, _, suffix = name.upper().lstrip(".").rpartition(".")
    stem, suffix = (stem, suffix) if stem else (suffix, "")
    basis, end = _clean(stem) or "_", _clean(suffix)[:3].ljust(3)
    for number in range(1, MOST_TAIL + 1):
        tail = f"~{number}"
        alias = (f"{basis[: 8 - len(tail)]}{tail}".ljust(8) + end).encode("ascii")
        if alias not in taken:
            return alias
    raise UserError("too many names that begin alike in one folder", where=where)


def _clean(text: str) -> str:
    kept = (char for char in text if char not in " .")
    return "".join(char if char in ALWAYS else "_" for char in kept)
