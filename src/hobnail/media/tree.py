"""A tree: the read-only files inside a medium, under the names that people see, found without regard to case."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader

MAX_FILES = 50_000
"""Files in one medium; an installer CD has about 130, a full Linux DVD some thousands. An end to hostile trees."""

_VERSION = re.compile(r"(?<=.)\.*(;[0-9]+)?\Z")
"""What ISO 9660 adds to a plain name: a dot where there is no extension, and the file version (ECMA-119 7.5.1)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a tree."""

    path: str  # as people see it: the best name the medium has, with "/" between folders, none in front
    size: int  # bytes
    origin: str  # where it stands in the medium, for people; places are joined by "!"
    opener: Callable[[], Reader] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def reader(self) -> Reader:
        """Return the file's bytes. MediumError where the medium is too short for them."""
        return self.opener()


class Tree(Protocol):
    """The files of a medium."""

    @property
    def name(self) -> str:
        """Where the tree is, for messages."""

    def files(self) -> Iterator[Entry]:
        """Yield the files in the medium's order."""

    def find(self, name: str) -> Entry | None:
        """Return the file at a path, without regard to case, version suffix and trailing dots."""


class ListedTree:
    """A tree whose files are all known. Of two paths that differ only by case the first is found."""

    def __init__(self, name: str, entries: Iterable[Entry]) -> None:
        self.name = name
        self._entries: dict[str, Entry] = {}
        self._shadowed: list[Entry] = []
        for number, entry in enumerate(entries):
            if number == MAX_FILES:
                raise MediumError(f"holds more than {MAX_FILES} files: no installer medium does", where=name)
            first = self._entries.setdefault(lookup_key(entry.path), entry)
            if first is not entry:
                self._shadowed.append(entry)

    def files(self) -> Iterator[Entry]:
        """Yield the files in the medium's order, those hidden behind an equal name last."""
        yield from self._entries.values()
        yield from self._shadowed

    def find(self, name: str) -> Entry | None:
        """Return the file at a path, without regard to case, version suffix and trailing dots."""
        return self._entries.get(lookup_key(name))


def lookup_key(path: str) -> str:
    """Return the one form under which equal paths are equal: `/IMAGE.TGZ;1` and `image.tgz`."""
    parts = (plain_name(part).casefold() for part in path.split("/") if part not in ("", "."))
    return "/".join(parts)


def plain_name(name: str) -> str:
    """Return a file name without ISO 9660's version suffix and trailing dot."""
    return _VERSION.sub("", name)
