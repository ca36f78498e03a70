"""What a person may call an image: its id or the start of it, its version, its version and build."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hobnail.errors import UserError

_START_OF_ID = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """The names of one image in the store."""

    id: str
    version: str
    build: str

    @property
    def release(self) -> str:
        """Version and build in one word: `4.0.0-208167`."""
        return f"{self.version}-{self.build}" if self.build else self.version

    def __str__(self) -> str:
        return f"{self.id[:12]} ({self.release})"


def choose(reference: str, entries: Sequence[Entry]) -> Entry:
    """Find the one image that `reference` names; UserError, with the choice there is, for none or several."""
    found = [entry for entry in entries if _names(reference, entry)]
    match found:
        case [one]:
            return one
        case []:
            raise UserError(f"no image is called {reference!r}", next_step=_choice(entries))
        case _:
            raise UserError(
                f"{reference!r} is the name of {len(found)} images",
                next_step=f"say which by its id: {_listed(found)}",
            )


def _names(reference: str, entry: Entry) -> bool:
    if reference in (entry.version, entry.release):
        return True
    start = reference.lower()
    return _START_OF_ID.fullmatch(start) is not None and entry.id.startswith(start)


def _choice(entries: Sequence[Entry]) -> str:
    if not entries:
        return "the store is empty: `hobnail image import FILE` fills it"
    return f"there are: {_listed(entries)}; of an id at least 4 digits are needed"


def _listed(entries: Sequence[Entry]) -> str:
    return ", ".join(str(entry) for entry in entries)
