"""Checks of a ks.cfg line by line: what cannot be read, commands and options that a release does not know."""

from collections.abc import Iterator
from dataclasses import replace

from hobnail.boot.finding import Finding, Severity, named
from hobnail.profile.kickstart.commands import CHOOSES_DISK
from hobnail.profile.kickstart.finding import (
    DIFFERENCES,
    GUIDE,
    PARSER,
    Subject,
    error,
    near,
    note,
    warning,
)
from hobnail.profile.kickstart.grammar import Command, Option, Standing, Takes, since_text
from hobnail.profile.kickstart.text import LONGEST, Line

SECRET = frozenset({"rootpw", "serialnum", "vmserialnum"})
"""Commands whose words are not repeated in a message."""
MOST_COMMANDS = 256
TOO_MANY = error(None, "", f"more than {MOST_COMMANDS} commands: the installer stops", "remove some", PARSER)


def too_many(subject: Subject, most: int = MOST_COMMANDS) -> bool:
    """Whether there are more commands and sections than the installer takes."""
    return len(subject.kickstart.commands) + len(subject.kickstart.sections) > most


def readable(subject: Subject) -> Iterator[Finding]:
    """Quotations, comments within words, lines that seem to go on, bytes that are no ASCII."""
    for line in subject.kickstart.commands:
        if line.number in subject.kickstart.spilled:
            continue
        if len(line.raw) > LONGEST:
            yield error(line, "", f"a line of {len(line.raw)} bytes, which is no command", "break it up", GUIDE)
        elif line.broken:
            yield error(line, "", "a quotation is not closed: the installer stops", "close it", PARSER)
        elif line.cut_by_comment:
            what = "# within a word starts a comment: the rest of the line is not read"
            yield error(line, line.words[0], what, "put the word in single quotes", PARSER)
        if line.goes_on:
            what = "a line does not go on in the next: each is a command of its own"
            yield error(line, line.words[0], what, "write it in one line", PARSER)
    if odd := [line for line in subject.kickstart.lines if b"\0" in line.raw]:
        yield error(odd[0], "", "a NUL byte", "save the file as plain text, not UTF-16", PARSER)
    elif odd := [line for line in subject.kickstart.lines if not line.raw.isascii()]:
        what = f"{len(odd)} line(s) with characters that are not ASCII, the first here: the installer warns of them"
        yield warning(odd[0], "", what, "write ASCII", PARSER)


def commands(subject: Subject) -> Iterator[Finding]:
    """Commands that the release does not know or does nothing with."""
    for line in (*subject.kickstart.commands, *(section.head for section in subject.kickstart.sections)):
        if not line.words:
            continue
        word, command = line.words[0], subject.command_of(line)
        if command is None:
            if line.number not in subject.kickstart.spilled:
                yield _unknown(subject, line, word)
            continue
        standing = command.standing(subject.release)
        if standing is None:
            what = f"{subject.installer} does not know {word}, only that of {since_text(command.since)}"
            yield _by_list(subject, error(line, word, what, "remove it"))
        elif standing is Standing.DROPPED:
            what = f"{subject.installer} does nothing with {word}: it is skipped with a warning"
            next_step = f"write {command.instead}" if command.instead else "remove it"
            yield warning(line, word, what, next_step, DIFFERENCES)


def _unknown(subject: Subject, line: Line, word: str) -> Finding:
    shown = word if word.isprintable() and len(word) < 40 else f"{word[:40]!r}"
    if word == "%end":
        return error(line, word, "ESXi knows no %end: sections end by themselves", "remove it", PARSER)
    what = f"{subject.installer} does not know {shown}: the line is skipped with a warning"
    return _by_list(subject, error(line, "", what, near(word, subject.known_commands()) or "remove it", PARSER))


def _by_list(subject: Subject, finding: Finding) -> Finding:
    """Make a warning of an error where our list of commands is not whole."""
    if not subject.before_5:
        return finding
    return replace(finding, severity=Severity.WARNING, source="facts 9, whose list for 4.1 is not whole")


def options(subject: Subject) -> Iterator[Finding]:
    """Options and other words after a command."""
    for line in (*subject.kickstart.commands, *(section.head for section in subject.kickstart.sections)):
        command = subject.command_of(line)
        if command is not None and command.standing(subject.release) is Standing.DOCUMENTED:
            yield from _operands(subject, line, command)
            yield from _options(subject, line, command)
            yield from _exclusive(line, command)


def _options(subject: Subject, line: Line, command: Command) -> Iterator[Finding]:
    seen: set[str] = set()
    for word in line.words[1:]:
        if not word.startswith("-"):
            continue
        name, equals, value = word.partition("=")
        option = command.option(name)
        standing = option.standing(subject.release) if option else None
        if option is None or standing is None:
            yield _unknown_option(subject, line, command, name, option)
            continue
        if name in seen:
            yield error(line, line.words[0], f"{name} stands twice: which one counts is not told", "keep one", PARSER)
        seen.add(name)
        if standing is Standing.DROPPED:
            what = f"{subject.installer} does nothing with {name} of {command.name}"
            yield warning(line, line.words[0], what, "remove it", DIFFERENCES)
        elif standing is Standing.UNDOCUMENTED:
            yield note(line, line.words[0], f"{name} is in no guide of the vendor's", "", "public samples")
        if option.takes is Takes.VALUE and not value:
            what = f"{name} has no value: the installer skips it with a warning"
            yield error(line, line.words[0], what, f"write {name}=… without blanks", PARSER)
        elif option.takes is Takes.NOTHING and equals:
            what = f"{name} takes no value: the installer skips it with a warning"
            yield error(line, line.words[0], what, f"write {name}", PARSER)


def _unknown_option(subject: Subject, line: Line, command: Command, name: str, option: Option | None) -> Finding:
    shown = "an option" if command.name in SECRET else name if len(name) < 40 else f"{name[:40]}…"
    if option is not None:
        what = f"{subject.installer} does not know {name} of {command.name}, only that of {since_text(option.since)}"
        return _by_list(subject, error(line, line.words[0], what, "remove it"))
    what = f"{subject.installer} does not know {shown} of {command.name}: it is skipped with a warning"
    next_step = near(name, command.known_options(subject.release)) or "remove it"
    return _by_list(subject, error(line, line.words[0], what, next_step, PARSER))


def _operands(subject: Subject, line: Line, command: Command) -> Iterator[Finding]:
    key = line.words[0]
    words = [word for word in line.words[1:] if not word.startswith("-")]
    if subject.before_5 and command.words_of_4:
        return
    if old := [word for word in words if word in command.words_of_4]:
        what = f"{named(old)}: only 4.1 is told where its packages are; from 5.0 on they are in memory"
        yield warning(line, key, what, "remove it, and what follows it", DIFFERENCES)
        return
    if command.operand and not words and not line.cut_by_comment:
        yield error(line, key, f"{key} wants {command.operand}", f"write it after {key}")
    surplus = words[1:] if command.operand else words
    if surplus:
        shown = f"{len(surplus)} word(s)" if command.name in SECRET else named(surplus, 3)
        what = f"{shown} after {key}: the installer skips them with a warning"
        next_step = "quote what has blanks in it" if command.operand else "options begin with --"
        yield _by_list(subject, error(line, key, what, next_step, PARSER))


def _exclusive(line: Line, command: Command) -> Iterator[Finding]:
    names = {word.partition("=")[0] for word in line.words[1:]}
    for first, second in command.exclusive:
        if (names & first) and (both := sorted(names & (first | second)))[1:] and names & second:
            what = f"{' and '.join(both)} contradict each other: the installer stops"
            yield error(line, line.words[0], what, "keep one", PARSER)


def duplicates(subject: Subject) -> Iterator[Finding]:
    """Commands that stand more than once where one counts."""
    seen: dict[str, Line] = {}
    for line in subject.kickstart.commands:
        command = subject.command_of(line)
        if command is None or command.repeats or command.standing(subject.release) is not Standing.DOCUMENTED:
            continue
        if command.name in seen:
            stops = command in CHOOSES_DISK
            what = f"{line.words[0]} stands in line {seen[command.name].number} already: "
            what += "the installer stops" if stops else "the last one counts"
            yield (error if stops else warning)(line, line.words[0], what, "keep one", PARSER)
        seen[command.name] = line
    if too_many(subject):
        yield TOO_MANY
