"""Checks of the sections of a ks.cfg: %pre, %post, %firstboot and their scripts."""

from collections.abc import Iterator

from hobnail.boot.finding import Finding
from hobnail.profile.kickstart import commands as table
from hobnail.profile.kickstart.finding import GUIDE, PARSER, Subject, error, note, warning
from hobnail.profile.kickstart.text import Section

_NOT_OF_A_SHELL = frozenset(
    {"accepteula", "vmaccepteula", "rootpw", "serialnum", "vmserialnum", "clearpart", "installorupgrade", "dryrun"}
)
"""Commands that no script can mean: they stand after a section by mistake."""


def sections(subject: Subject) -> Iterator[Finding]:
    """Interpreters, timeouts, scripts without a line, what Secure Boot does to %firstboot."""
    for section in subject.kickstart.sections:
        command = subject.command_of(section.head)
        if command is None or not command.script:
            continue
        yield from _options(subject, section)
        yield from _body(section)
        if section.name == "%firstboot":
            yield from _first_boot(subject, section)


def _options(subject: Subject, section: Section) -> Iterator[Finding]:
    interpreter, timeout = section.option("--interpreter"), section.option("--timeout")
    ignore = section.option("--ignorefailure")
    if interpreter is None:
        what = "no --interpreter=: busybox is taken, with a warning"
        yield note(section.head, section.name, what, "add --interpreter=busybox", PARSER)
    elif interpreter not in ("busybox", "python", ""):
        what = f"--interpreter={interpreter} is neither busybox nor python: the installer stops"
        yield error(section.head, section.name, what, "write one of these")
    if timeout and not (timeout.isascii() and timeout.isdecimal()):
        yield error(section.head, section.name, f"--timeout={timeout} is no number of seconds", "write a number")
    if ignore and ignore.lower() not in ("true", "false"):
        what = f"--ignorefailure={ignore} is neither true nor false"
        yield error(section.head, section.name, what, "write one of these")


def _body(section: Section) -> Iterator[Finding]:
    lines = [line for line in section.body if line.text.strip() and not line.text.strip().startswith("#")]
    if not lines:
        yield warning(section.head, section.name, f"{section.name} has no script", "remove it, or write its lines")
    for line in lines:
        first = line.words[0] if line.words else line.text.split()[0]
        if first == "%end":
            what = "ESXi knows no %end: it is a line of the script, and fails"
            yield error(line, section.name, what, "remove it: sections end by themselves", PARSER)
        elif first in _NOT_OF_A_SHELL:
            what = f"{first} stands in the script of {section.name} (line {section.head.number}): no command there"
            yield error(line, section.name, what, "move it before the first section", GUIDE)
    if section.option("--interpreter") != "python" and (
        ending := next((line for line in lines if line.raw.endswith(b"\r")), None)
    ):
        what = "line ends of Windows (CR LF): the shell takes CR for a part of the last word"
        yield error(ending, section.name, what, "save the file with LF alone", "busybox ash")


def _first_boot(subject: Subject, section: Section) -> Iterator[Finding]:
    if subject.release is None or subject.release >= table.SECURE_BOOT_SINCE:
        what = "%firstboot does not run under UEFI Secure Boot"
        yield warning(section.head, "%firstboot", what, "make the settings through the API after the boot there")


def ended_by_include(subject: Subject) -> Iterator[Finding]:
    """A line of a script that begins like an include or a section ends it: what follows is read as commands."""
    for line in subject.kickstart.cuts:
        start = next(start for start in table.SECTION_ENDS if line.text.startswith(start))
        what = f"begins with {start}: this ends the script before it, and what follows is read as commands"
        yield error(line, "", what, "indent the line", PARSER)
    for line, _ in subject.uses(table.INCLUDE):
        before = [section for section in subject.kickstart.sections if section.head.number < line.number]
        if before:
            what = f"{line.words[0]} ends the script of {before[-1].name} (line {before[-1].head.number})"
            next_step = "put it before the first section; in a script, indent the line"
            yield warning(line, line.words[0], f"{what}; what follows are commands", next_step, PARSER)
