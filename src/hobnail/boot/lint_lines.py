"""Checks of boot.cfg line by line: keys that mboot does not take as they are meant, and lines that it skips."""

from collections.abc import Iterator
from difflib import get_close_matches

from hobnail.boot.finding import CONFIG, PARSE, PATHS, Finding, Severity, Subject
from hobnail.formats.bootcfg import Line
from hobnail.formats.bootcfg_keys import KEYS, SAFEBOOT_TABLE, Key, Kind, is_number, release_text

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DIGITS_ONLY = (8, 0, 0)  # the last release whose numbers have no sign


def whole_file(subject: Subject) -> Iterator[Finding]:
    """An empty file, a missing kernel=, bytes that no editor shows."""
    lines = subject.config.lines
    if not lines:
        source = "facts 4.3: a file of no bytes"
        yield Finding(
            Severity.ERROR, None, "", "the file is empty: it reads as not found", "write the file again", source
        )
    elif not subject.config.kernel:
        what = "no kernel=: mboot stops with Fatal error: 32 (Syntax)"
        yield subject.finding(Severity.ERROR, "kernel", what, "add kernel= with the kernel's file", CONFIG)
    if lines and lines[0].written is not None and lines[0].raw.startswith(_BYTE_ORDER_MARK):
        what = "the file starts with a byte order mark, which hides the key of its first line"
        yield Finding(Severity.ERROR, 1, "", what, "save it as plain text, without BOM", PARSE)
    for line in lines:
        if b"\0" in line.raw:
            what = f"a NUL byte in column {line.raw.index(0) + 1}: mboot does not see what follows it in the line"
            yield Finding(Severity.ERROR, line.number, "", what, "save the file as plain text, not UTF-16", PARSE)


def keys(subject: Subject) -> Iterator[Finding]:
    """Keys that mboot does not know, knows in other releases, or takes for another."""
    for line in subject.config.lines:
        if line.written is None:
            yield from _nothing_set(line)
            continue
        key = subject.key_of(line.written)
        if key is None:
            yield _unknown(line, line.written, subject)
        elif key.name != line.written.lower():
            what = f"{line.written!r} is not written out: mboot takes it for {key.name}, the first key that it begins"
            yield Finding(Severity.WARNING, line.number, key.name, what, f"write {key.name}=", PARSE)
        elif subject.release is None and (span := _releases(key)):
            what = f"{key.name} is known to mboot of {span} only; others skip the line"
            yield Finding(Severity.NOTE, line.number, key.name, what, "", CONFIG)


def _nothing_set(line: Line) -> Iterator[Finding]:
    text = line.text
    if text and not text.startswith("#"):
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        next_step = "a value stands on one line; start a comment with #"
        yield Finding(Severity.WARNING, line.number, "", f"{shown!r} sets nothing: it has no =", next_step, PARSE)


def _unknown(line: Line, written: str, subject: Subject) -> Finding:
    def finding(severity: Severity, key: str, what: str, next_step: str) -> Finding:
        return Finding(severity, line.number, key, what, next_step, PARSE)

    plain = written.strip().lower()
    key = KEYS.get(plain)
    if key is not None and plain != written.lower():
        what = f"a blank before = makes {plain!r} a key that mboot does not know: the line is skipped"
        return finding(Severity.ERROR, plain, what, f"write {plain}= without a blank")
    if key is not None and subject.release is not None:
        what = f"mboot of {release_text(subject.release)} skips {plain}=, which is known to {_releases(key)} only"
        return finding(Severity.WARNING, plain, what, "use that release's mboot, or remove the line")
    close = get_close_matches(plain, KEYS, n=1)
    next_step = f"{close[0]}= is the nearest that it knows" if close else "remove the line, or make it a # comment"
    return finding(Severity.WARNING, "", f"mboot does not know {written!r}: the line is skipped", next_step)


def _releases(key: Key) -> str:
    """Return the releases that know a key, for people; empty when all that are published do."""
    if key.since <= (5, 0):
        return ""
    since = release_text(key.since)
    return f"{since} and later" if key.until is None else f"{since} up to, not with, {release_text(key.until)}"


def continuations(subject: Subject) -> Iterator[Finding]:
    """Lines that end in a backslash as if the next one went on with them."""
    lines = subject.config.lines
    for line, after in zip(lines, (*lines[1:], None), strict=True):
        if line.written is None or not line.value.endswith("\\"):
            continue
        key = subject.key_of(line.written)
        goes_on = after is not None and after.written is None and bool(after.text)
        if goes_on or (key is not None and key.name in ("modules", "kernelopt", "acpitables")):
            what = "a backslash at the end of a line joins nothing: mboot has no continuation lines"
            name = key.name if key else ""
            yield Finding(Severity.ERROR, line.number, name, what, "write the whole value on one line", PARSE)


def duplicates(subject: Subject) -> Iterator[Finding]:
    """Keys that are set twice."""
    for name in KEYS:
        lines = subject.config.lines_of(name)
        for line in lines[:-1]:
            yield _dead(name, line, lines[-1])


def _dead(name: str, line: Line, live: Line) -> Finding:
    what = f"{name}= here is dead: line {live.number} sets it again, and the last one counts"
    if line.value and not live.value and KEYS[name].kind is not Kind.NUMBER:
        what += ". An empty value clears half of the pointer that an earlier one left (64-bit UEFI)"
    return Finding(Severity.WARNING, line.number, name, what, "keep one of the two lines", PARSE)


def numbers(subject: Subject) -> Iterator[Finding]:
    """Values that have to be numbers and are none; lines that a later one overrides stop mboot just as well."""
    for line in subject.config.lines:
        key = None if line.written is None else subject.key_of(line.written)
        if key is None or key.kind is not Kind.NUMBER or not line.value:
            continue
        mboots = key not in SAFEBOOT_TABLE
        stops = "mboot stops here with Fatal error: 32 (Syntax)" if mboots else "safeboot skips this boot bank"
        if not is_number(line.value, subject.release):
            severity = Severity.ERROR if mboots else Severity.WARNING
            what = f"{key.name}={line.value} is no number: {stops}"
            yield Finding(severity, line.number, key.name, what, "write digits only", PATHS)
        elif subject.release is None and key.known_to(_DIGITS_ONLY) and not is_number(line.value, _DIGITS_ONLY):
            what = f"{key.name}={line.value}: a minus sign is allowed since 8.0.1; before, {stops}"
            yield Finding(Severity.WARNING, line.number, key.name, what, "write digits only", PATHS)
