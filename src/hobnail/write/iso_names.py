"""Names on a CD: upper case as on the vendor's, with what genisoimage's -relaxed-filenames lets through.

pycdlib holds names to ECMA-119's letters (A-Z, 0-9, _). The vendor's CDs do not: `.DISCINFO`, `ATA-PATA.V00` (facts
1.5), and ISOLINUX 3.86 and 4.0x find files by these plain names only. So a file is entered under a stand-in of the
same length, and its record is put right afterwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hobnail.errors import UserError

LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
LONGEST = 64
"""Characters of a name, which Joliet holds (Joliet specification, 64 UCS-2 characters)."""
VERSION = ";1"


@dataclass(frozen=True, slots=True)
class PlainName:
    """A file's path on the CD as pycdlib is told it, and the last name as it is to be; both with `;1`."""

    stand_in: str  # "/EFI/BOOT/BOOTX64.EFI;1"
    identifier: str  # "BOOTX64.EFI;1"


def plain_names(paths: Iterable[str]) -> Mapping[str, PlainName]:
    """Return each path's plain name. UserError for two that are one when case is gone, and for what cannot be one."""
    named: dict[str, PlainName] = {}
    taken: set[str] = set()
    wanted: dict[str, str] = {}
    for path in paths:
        *folders, name = path.split("/")
        _check(path)
        first = wanted.setdefault(path.upper(), path)
        if first is not path:
            raise UserError(f"{first} and {path} are one name on a CD", next_step="rename one of them")
        folder = "".join(f"/{folder_name(part)}" for part in folders)
        stand_in = next(f"{folder}/{one}" for one in _stand_ins(name.upper()) if f"{folder}/{one}" not in taken)
        taken.add(stand_in)
        named[path] = PlainName(stand_in + VERSION, name.upper() + VERSION)
    return named


def folder_name(name: str) -> str:
    """Return a folder's plain name."""
    return _lettered(name.upper(), "_")


def _stand_ins(name: str) -> Iterable[str]:
    """Yield names of the same length that ECMA-119 allows: one dot at most, not in front."""
    stem, dot, suffix = name.rpartition(".")
    stem, dot, suffix = (stem, dot, suffix) if stem else (name, "", "")
    for letter in "0_123456789":  # "0" first: it sorts nearest to the hyphen and the dot
        yield _lettered(stem, letter) + dot + _lettered(suffix, letter)


def _lettered(name: str, letter: str) -> str:
    return "".join(char if char in LETTERS else letter for char in name)


def _check(path: str) -> None:
    for part in path.split("/"):
        if not part or len(part) > LONGEST or any(not "!" <= char <= "~" or char in '*:;?\\"' for char in part):
            raise UserError(
                f"{path!r} cannot be a file's name on a CD",
                next_step=f"names have 1 to {LONGEST} printable ASCII characters, without blanks and * / : ; ? \\",
            )
