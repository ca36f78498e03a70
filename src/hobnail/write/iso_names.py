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
    ordered = list(paths)
    _check_clashes(ordered)
    taken: set[str] = set()
    named: dict[str, PlainName] = {}
    for path in sorted(ordered, key=lambda path: not _is_allowed(path)):  # what needs no stand-in keeps its name
        *folders, name = path.upper().split("/")
        folder = "".join(f"/{folder_name(part)}" for part in folders)
        stand_in = next((one for one in _stand_ins(name) if f"{folder}/{one}" not in taken), None)
        if stand_in is None:
            raise _clash(path, "other names of its folder")
        taken.add(f"{folder}/{stand_in}")
        named[path] = PlainName(f"{folder}/{stand_in}{VERSION}", name + VERSION)
    return {path: named[path] for path in ordered}


def folder_name(name: str) -> str:
    """Return a folder's plain name."""
    return _lettered(name.upper(), "_")


def _stand_ins(name: str) -> Iterable[str]:
    """Yield names of the same length that ECMA-119 allows: one dot at most, not in front."""
    stem, dot, suffix = name.rpartition(".")
    stem, dot, suffix = (stem, dot, suffix) if stem else (name, "", "")
    for letter in sorted(LETTERS):  # "0" first: it sorts nearest to the hyphen and the dot
        yield _lettered(stem, letter) + dot + _lettered(suffix, letter)


def _lettered(name: str, letter: str) -> str:
    return "".join(char if char in LETTERS else letter for char in name)


def _is_allowed(path: str) -> bool:
    name = path.rpartition("/")[2].upper()
    return next(iter(_stand_ins(name))) == name


def _check_clashes(paths: list[str]) -> None:
    """UserError for names that cannot be, and for two files or folders that have one name on the CD."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for path in paths:
        _check(path)
        first = files.setdefault(path.upper(), path)
        if first is not path:
            raise _clash(first, path)
        folder = path.rpartition("/")[0]
        plain = "/".join(map(folder_name, folder.split("/")))
        if folders.setdefault(plain, folder) != folder:
            raise _clash(folders[plain], folder)


def _clash(first: str, second: str) -> UserError:
    return UserError(f"{first} and {second} are one name on a CD", next_step="rename one of them")


def _check(path: str) -> None:
    for part in path.split("/"):
        if not part or len(part) > LONGEST or any(not "!" <= char <= "~" or char in '*:;?\\"' for char in part):
            raise UserError(
                f"{path!r} cannot be a file's name on a CD",
                next_step=f"names have 1 to {LONGEST} printable ASCII characters, without blanks and * / : ; ? \\",
            )
