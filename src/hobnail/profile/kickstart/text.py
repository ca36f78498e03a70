"""The lines of a ks.cfg, as the installer takes them apart.

Line by line: words as a shell has them, `#` starts a comment even within a word, no line goes on in the next. A
section takes all lines after it, up to the first that begins with one of SECTION_ENDS: commands there are its script.
Source: VMware's guides (facts 9); for what they do not say, the behaviour of public copies of the installer's parser.
"""

import shlex
from dataclasses import dataclass
from functools import cached_property

from hobnail.profile.kickstart.commands import BY_NAME, SECTION_ENDS

LONGEST = 16384
"""Characters of a line that is looked into; no command needs as many."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Line:
    """A line, without its line end."""

    number: int  # from 1
    raw: bytes

    @cached_property
    def text(self) -> str:
        """The line for people and for the words in it; bytes that are no ASCII stay one character each."""
        return self.raw.decode("latin-1")

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words; none where a quotation is not closed."""
        return self._split(comments=True) or ()

    @property
    def broken(self) -> bool:
        """Whether it cannot be taken apart: a quotation is not closed, or it is too long to be a command."""
        return self._split(comments=True) is None

    @property
    def cut_by_comment(self) -> bool:
        """Whether `#` cuts a word short."""
        whole = self._split(comments=False) or ()
        return bool(self.words) and whole[: len(self.words)] != self.words

    @property
    def goes_on(self) -> bool:
        """Whether it ends like a line that goes on in the next, which there is not."""
        return bool(self.words) and self.text.rstrip().endswith("\\")

    def _split(self, *, comments: bool) -> tuple[str, ...] | None:
        if len(self.raw) > LONGEST:
            return None
        try:
            return tuple(shlex.split(self.text + "\n", comments))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its own line, and the lines of its script."""

    head: Line
    body: tuple[Line, ...]

    @property
    def name(self) -> str:
        """%pre, %post, %firstboot, %packages."""
        return self.head.words[0]

    def option(self, name: str) -> str | None:
        """Return the value of an option, "" where it has none, None where it is not there."""
        return option_of(self.head, name)


@dataclass(frozen=True, slots=True)
class KickstartText:
    """A ks.cfg: its commands (includes among them) and sections, in the order of their lines."""

    lines: tuple[Line, ...]
    commands: tuple[Line, ...]
    sections: tuple[Section, ...]
    cuts: tuple[Line, ...]  # lines of scripts that end their section, because of how they begin
    spilled: frozenset[int]  # numbers of the lines after such a cut, up to the next section

    @classmethod
    def parse(cls, data: bytes) -> "KickstartText":
        """Take a ks.cfg apart; any bytes will do."""
        data = data.removeprefix(_BYTE_ORDER_MARK)
        lines = tuple(Line(number, raw) for number, raw in enumerate(data.split(b"\n"), 1))
        if lines and not lines[-1].raw:
            lines = lines[:-1]
        commands: list[Line] = []
        sections: list[Section] = []
        cuts: list[Line] = []
        spilled: set[int] = set()
        place = 0
        while place < len(lines):
            line = lines[place]
            place += 1
            if not line.words or not _is_section(line.words[0]):
                if line.words or line.broken:
                    commands.append(line)
                if cuts and cuts[-1].number > (sections[-1].head.number if sections else 0):
                    spilled.add(line.number)
                continue
            end = next((i for i in range(place, len(lines)) if lines[i].text.startswith(SECTION_ENDS)), len(lines))
            sections.append(Section(line, lines[place:end]))
            if end < len(lines) and lines[end].text.split()[0] not in BY_NAME:
                cuts.append(lines[end])
            place = end
        return cls(lines, tuple(commands), tuple(sections), tuple(cuts), frozenset(spilled))

    def named(self, *names: str) -> tuple[Line, ...]:
        """Return the commands with one of these names."""
        return tuple(line for line in self.commands if line.words and line.words[0] in names)


def _is_section(word: str) -> bool:
    command = BY_NAME.get(word)
    return command is not None and (command.script or word in ("%packages", "%vmlicense_text"))


def option_of(line: Line, name: str) -> str | None:
    """Return the value of an option in a line: "" where it has none, None where it is not there. The first counts."""
    for word in line.words[1:]:
        key, _, value = word.partition("=")
        if key == name:
            return value
    return None


def options_in(line: Line) -> frozenset[str]:
    """Return the names of the options in a line."""
    return frozenset(word.partition("=")[0] for word in line.words[1:] if word.startswith("-"))
