"""What a check of a ks.cfg looks at, and how it says what it found (the same Finding as that of a boot.cfg)."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from hobnail.boot.finding import Finding, Severity
from hobnail.formats.bootcfg_keys import release_text
from hobnail.profile.kickstart.commands import BY_NAME, COMMANDS
from hobnail.profile.kickstart.grammar import INSTALLER_OF_5, Command, Release, Standing
from hobnail.profile.kickstart.text import KickstartText, Line

GUIDE = "VMware, Installation and Upgrade Script Commands (facts 9)"
DIFFERENCES = "VMware, Differences Between ESXi 4.x and ESXi 5.0 Scripted Installation Commands"
PARSER = "public copies of the installer's parser"


@dataclass(frozen=True, slots=True)
class Subject:
    """A ks.cfg and the release whose installer reads it."""

    kickstart: KickstartText
    release: Release | None = None  # None: any from 5.0 on, the newest where they differ

    @property
    def before_5(self) -> bool:
        """Whether the installer is that of 4.1, whose list of commands we do not have whole."""
        return self.release is not None and self.release < INSTALLER_OF_5

    @property
    def installer(self) -> str:
        """The installer as a sentence names it."""
        return f"the installer of {release_text(self.release)}" if self.release else "the installer"

    def command_of(self, line: Line) -> Command | None:
        """Return the command in a line, None where there is none that any release knows."""
        return BY_NAME.get(line.words[0]) if line.words else None

    def uses(self, *commands: Command) -> Iterator[tuple[Line, Command]]:
        """Yield the lines with one of these commands, where the release knows it."""
        for line in self.kickstart.commands:
            command = self.command_of(line)
            if command in commands and command is not None and command.standing(self.release) is Standing.DOCUMENTED:
                yield line, command

    def known_commands(self) -> tuple[str, ...]:
        """Return the names of all commands that do something in the release."""
        known = (one for one in COMMANDS if one.standing(self.release) is Standing.DOCUMENTED)
        return tuple(name for command in known for name in command.names)


def error(line: Line | None, key: str, what: str, next_step: str, source: str = GUIDE) -> Finding:
    """Return a finding: the installation stops, or does something else than the file means."""
    return Finding(Severity.ERROR, line.number if line else None, key, what, next_step, source)


def warning(line: Line | None, key: str, what: str, next_step: str, source: str = GUIDE) -> Finding:
    """Return a finding: it may."""
    return Finding(Severity.WARNING, line.number if line else None, key, what, next_step, source)


def note(line: Line | None, key: str, what: str, next_step: str, source: str = GUIDE) -> Finding:
    """Return a finding: worth knowing."""
    return Finding(Severity.NOTE, line.number if line else None, key, what, next_step, source)


def near(word: str, known: tuple[str, ...]) -> str:
    """Return `; is --disk meant?` or nothing."""
    lower = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), lower, n=1, cutoff=0.75)
    return f"is {lower[close[0]]} meant?" if close else ""
