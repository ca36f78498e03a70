"""A file of an overlay, and the folders that it stands in."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from hobnail.errors import UserError

STICKY = 0o1000
"""On a file of /etc: the host may change it (it branches a copy), and its backup takes it along (facts 2.3)."""
CLOSED_FOLDERS = {".ssh": 0o700, "usr/lib/hobnail": 0o700}
"""Folders that are root's alone; all others are 0755."""
WORLD_WRITABLE = frozenset({"tmp", "var/tmp"})
NAME_LIMIT = 100
"""Bytes of a name in a ustar header; 155 more can stand before a slash (POSIX 1003.1, pax, ustar)."""
PREFIX_LIMIT = 155


@dataclass(frozen=True, slots=True)
class Member:
    """A file, folder or link. `path` is relative to the root, without `./`.

    `own` says that the bytes are this host's alone, so that keeping them compressed would gain nothing.
    """

    path: str
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    type: Literal["file", "folder"] = "file"
    own: bool = False


def file_path(path: str, key: str) -> str:
    """Return an absolute path as a member has it. UserError when an archive cannot or must not hold it."""
    parts = path.split("/")
    if not path.startswith("/") or path.endswith("/") or any(part in ("", ".", "..") for part in parts[1:]):
        raise UserError(
            f"{path!r} is no plain absolute path", where=key, next_step="write it like /etc/motd, without . and .."
        )
    if any(not " " <= char <= "~" for char in path):
        raise UserError(
            f"{path!r} has characters other than printable ASCII", where=key, next_step="name it otherwise"
        )
    if split_name(path[1:]) is None:
        raise UserError(
            f"{path!r} is too long for a ustar archive",
            where=key,
            next_step=f"use a name of at most {NAME_LIMIT} bytes in folders of at most {PREFIX_LIMIT}",
        )
    return path[1:]


@lru_cache(1024)
def split_name(path: str) -> tuple[str, str] | None:
    """Return (prefix, name) as a ustar header holds them; None when the path does not fit."""
    if len(path) <= NAME_LIMIT:
        return "", path
    for index, char in enumerate(path):
        if char == "/" and index <= PREFIX_LIMIT and len(path) - index - 1 <= NAME_LIMIT:
            return path[:index], path[index + 1 :]
    return None


@lru_cache(4096)
def folders_of(paths: tuple[str, ...]) -> tuple[Member, ...]:
    """Return a member for each folder above the files."""
    found: set[str] = set()
    for path in paths:
        while "/" in path:
            path = path.rpartition("/")[0]
            found.add(path)
    return tuple(_folder(path) for path in found)


def _folder(path: str) -> Member:
    mode = 0o1777 if path in WORLD_WRITABLE else CLOSED_FOLDERS.get(path, 0o755)
    return Member(path, mode=mode, type="folder")


def arranged(files: Iterable[Member]) -> tuple[Member, ...]:
    """Return the files and their folders, sorted, each folder before what is in it."""
    files = tuple(files)
    by_path = {member.path: member for member in files}
    by_path.update((member.path, member) for member in folders_of(tuple(by_path)))
    return tuple(by_path[path] for path in _sorted(tuple(by_path)))


@lru_cache(4096)
def _sorted(paths: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(paths, key=lambda path: path.split("/")))
