"""What a command of the installer and its options are, and which release knows them. The table is in commands.py."""

from dataclasses import dataclass
from enum import Enum

from hobnail.formats.bootcfg_keys import release_text

Release = tuple[int, ...]

FIRST = (4, 1, 0)
"""The first release of ESXi whose installer takes a script (facts 9)."""
INSTALLER_OF_5 = (5, 0, 0)
"""From here on the installer is the same program, and its list of commands is documented whole."""


class Takes(Enum):
    """Whether an option has a value, after an equals sign."""

    NOTHING = "nothing"
    VALUE = "a value"
    PERHAPS = "a value or nothing"


class Standing(Enum):
    """What a release thinks of a command or option that it knows."""

    DOCUMENTED = "documented"
    UNDOCUMENTED = "undocumented"  # the installer takes it, the vendor's list does not have it
    DROPPED = "dropped"  # known by name, skipped with a warning


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command; each spelling of it is a row of its own."""

    name: str
    takes: Takes = Takes.NOTHING
    since: Release = FIRST  # the first release that knows it
    dropped: Release | None = None  # the first release that no longer does anything with it
    documented: bool = True

    def standing(self, release: Release | None) -> Standing | None:
        """Return what a release thinks of it, None where it does not know it; without a release, the newest."""
        if release is not None and release < self.since:
            return None
        if self.dropped is not None and (release is None or release >= self.dropped):
            return Standing.DROPPED
        return Standing.DOCUMENTED if self.documented else Standing.UNDOCUMENTED


@dataclass(frozen=True, slots=True)
class Command:
    """A command or section. `names` are its spellings, the one that the vendor's guide uses first."""

    names: tuple[str, ...]
    options: tuple[Option, ...] = ()
    operand: str = ""  # what stands beside the options: "a password"; empty where nothing may
    words_of_4: frozenset[str] = frozenset()  # what may stand there in 4.1 only, and a word after it
    since: Release = FIRST
    dropped: Release | None = None
    instead: str = ""  # what to write in its place where it is dropped
    repeats: bool = False  # may stand more than once
    script: bool = False  # a section: the lines up to the next one are its script
    exclusive: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()  # options of the first exclude the second's

    @property
    def name(self) -> str:
        """The spelling of the vendor's guide."""
        return self.names[0]

    def standing(self, release: Release | None) -> Standing | None:
        """Return what a release thinks of it, None where it does not know it; without a release, the newest."""
        if release is not None and release < self.since:
            return None
        if self.dropped is not None and (release is None or release >= self.dropped):
            return Standing.DROPPED
        return Standing.DOCUMENTED

    def option(self, name: str) -> Option | None:
        """Return the option that is spelled so."""
        return next((option for option in self.options if option.name == name), None)

    def known_options(self, release: Release | None) -> tuple[str, ...]:
        """Return the names of the options that do something in a release."""
        good = (Standing.DOCUMENTED, Standing.UNDOCUMENTED)
        return tuple(option.name for option in self.options if option.standing(release) in good)


def since_text(since: Release) -> str:
    """Return `8.0 and later`."""
    return f"{release_text(since)} and later"
