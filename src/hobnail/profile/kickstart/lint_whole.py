"""Checks of a ks.cfg as a whole: what must be there, what goes together, which disk is taken."""

from collections.abc import Iterator

from hobnail.boot.finding import Finding
from hobnail.profile.kickstart import commands as table
from hobnail.profile.kickstart.finding import GUIDE, PARSER, Subject, error, note, warning
from hobnail.profile.kickstart.grammar import Command
from hobnail.profile.kickstart.text import Line, Section, option_of, options_in


def mandatory(subject: Subject) -> Iterator[Finding]:
    """The licence agreement, root's password, one command that chooses a disk."""
    upgrades = any(subject.uses(table.UPGRADE))
    if not any(subject.uses(table.EULA)):
        what = "no vmaccepteula: the installer stops, nobody has accepted the licence agreement"
        yield from _missing(subject, "vmaccepteula", what, "read the agreement, then add vmaccepteula")
    if not any(subject.uses(table.ROOTPW)) and not upgrades:
        what = "no rootpw: the installer stops"
        yield from _missing(subject, "rootpw", what, "add rootpw --iscrypted with a hash")
    choosing = list(subject.uses(*table.CHOOSES_DISK))
    if subject.before_5:
        if not any(subject.uses(table.AUTOPART)):
            yield from _missing(subject, "autopart", "no autopart: no disk is chosen", "add autopart --disk=")
        return
    if not choosing:
        what = "no install, upgrade or installorupgrade: the installer does not know what to do"
        yield from _missing(subject, "install", what, "add install --disk=")
    if len({command.name for _, command in choosing}) > 1:
        names = ", ".join(line.words[0] for line, _ in choosing)
        yield error(choosing[-1][0], "", f"{names}: there can be only one", "keep one", PARSER)


def _missing(subject: Subject, name: str, what: str, next_step: str) -> Iterator[Finding]:
    """Tell that a command is missing, unless %pre writes it into a file that is included."""
    includes = list(subject.uses(table.INCLUDE))
    if not includes:
        yield error(None, "", what, next_step)
        return
    bodies = [_text(section) for section in subject.kickstart.sections if section.name == "%pre"]
    if not any(line.words[-1] in body and name in body for line, _ in includes for body in bodies):
        yield note(includes[0][0], "", f"{what}, unless it stands in a file that is included", next_step)


def _text(section: Section) -> str:
    return "\n".join(line.text for line in section.body)


def disks(subject: Subject) -> Iterator[Finding]:
    """Which disk is taken, and whether that is left to luck."""
    choosing = (table.AUTOPART,) if subject.before_5 else table.CHOOSES_DISK
    for line, command in subject.uses(*choosing, table.CLEARPART, table.PART):
        options = options_in(line)
        first = next((name for name in ("--firstdisk", "--onfirstdisk") if name in options), None)
        if first is not None:
            yield from _first_disk(line, command, first)
        elif not options & _NAMES_A_DISK:
            what = f"{line.words[0]} names no disk: the installer stops"
            yield error(line, line.words[0], what, f"add {_way_to_name(command)}", PARSER)
    for line, _ in subject.uses(table.CLEARPART):
        if "--alldrives" in options_in(line):
            what = "--alldrives clears every disk that the host sees, those of a storage network too"
            yield warning(line, "clearpart", what, "name the disks with --drives=")


_NAMES_A_DISK = frozenset(
    {"--disk", "--drive", "--drives", "--alldrives", "--ignoredrives", "--ondisk", "--ondrive", "--diskBootedFrom"}
)


def _way_to_name(command: Command) -> str:
    return {"clearpart": "--drives=", "part": "--ondisk="}.get(command.name, "--disk=")


def _first_disk(line: Line, command: Command, option: str) -> Iterator[Finding]:
    filters = option_of(line, option)
    instead = f"name it with {_way_to_name(command)}, or by model, size and type in %pre"
    if not filters:
        what = f"{option} alone takes the first disk that is found: any local one, then one of the storage network"
        yield warning(line, command.name, what, instead)
    elif {part.strip() for part in filters.split(",")} <= table.DISK_TYPES:
        what = f"{option}={filters} takes the first disk of that kind: with more than one it is luck which"
        yield note(line, command.name, what, instead)


def together(subject: Subject) -> Iterator[Finding]:
    """Commands that need or spoil another."""
    installs = any(subject.uses(table.INSTALL, table.AUTOPART)) or any(subject.uses(table.INCLUDE))
    for line, command in subject.uses(table.CLEARPART, table.PART):
        if not installs:
            yield error(line, command.name, f"{line.words[0]} is for install alone", "remove it", GUIDE)
    if any(subject.uses(table.UPGRADE)):
        for line, command in subject.uses(table.ROOTPW, table.NETWORK, table.KEYBOARD, table.SERIALNUM):
            what = f"an upgrade keeps what the host has: {line.words[0]} is not looked at"
            yield warning(line, command.name, what, "remove it", PARSER)
    kickstart = subject.kickstart
    if kickstart.named("dryrun") and (reboot := kickstart.named("reboot")):
        what = "dryrun installs nothing: with reboot the host may come back here for ever"
        yield warning(reboot[0], "reboot", what, "remove reboot", PARSER)
    if paranoid := kickstart.named("paranoid"):
        yield note(paranoid[0], "paranoid", "paranoid: each warning of the installer stops it", "")
