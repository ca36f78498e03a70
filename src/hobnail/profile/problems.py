"""Problems of a settings file: each is one message that names the file, line, key and value, and what to do."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hobnail.errors import UserError
from hobnail.profile.quoting import dotted


@dataclass(frozen=True, slots=True)
class Place:
    """Where a key stands; line 0 when that is not known."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


PlaceOf = Callable[[tuple[str, ...]], Place | None]
"""Key -> where it stands, or where the table stands that it would be in."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `shown` is the value, where there is one that may be shown."""

    path: tuple[str, ...]
    what: str
    next_step: str = ""
    shown: str = ""
    whom: str = ""  # for a thing that only shows where layers meet: "host esx01"

    def error(self, place_of: PlaceOf) -> UserError:
        """Return the message."""
        place = place_of(self.path)
        value = f" = {self.shown}" if self.shown else ""
        subject = f"{dotted(self.path)}{value}: " if self.path else ""
        whom = f" (seen for {self.whom})" if self.whom else ""
        return UserError(
            f"{subject}{self.what}{whom}", where=str(place) if place else None, next_step=self.next_step or None
        )


class InvalidSettingsError(UserError):
    """A settings file that cannot be applied; `errors` has a message for each problem."""

    def __init__(self, errors: Iterable[UserError]) -> None:
        self.errors = tuple(errors)
        first = self.errors[0]
        super().__init__(first.what, where=first.where, next_step=first.next_step)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)
