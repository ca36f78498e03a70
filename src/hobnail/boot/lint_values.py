"""Checks of what boot.cfg sets: lists and their limits, numbers, a stateless boot, what safeboot needs."""

from collections import Counter
from collections.abc import Iterator

from hobnail.boot.finding import CONFIG, Finding, Severity, Subject, named
from hobnail.formats import bootcfg_limits as limits
from hobnail.formats.bootcfg import SEPARATOR, ResolvedBoot
from hobnail.formats.bootcfg_keys import is_number
from hobnail.formats.bootcfg_paths import base_name

_STATELESS = "facts 3: the installer partitions disks"
_SAFEBOOT = "esx-boot, safeboot/bootbank.c and config.c"


def separators(subject: Subject) -> Iterator[Finding]:
    """Items without a name, which cost the character after their separator, and separators without blanks."""
    for key in ("modules", "acpitables"):
        value = subject.config.value(key)
        parts = value.split(SEPARATOR)
        if value and any(not part.strip(" ") for part in parts[:-1]):
            what = f"a {SEPARATOR} with no name before it: mboot steps over the character after it, whatever it is"
            yield subject.finding(Severity.ERROR, key, what, f"keep one {SEPARATOR} between two names", CONFIG)
        glued = [part for part in (*parts[1:], *(p[::-1] for p in parts[:-1])) if part and not part.startswith(" ")]
        if glued:
            what = f"{SEPARATOR} without blanks around it: mboot parts names there, syslinux's mboot.c32 does not"
            yield subject.finding(Severity.NOTE, key, what, f'write " {SEPARATOR} "', f"{CONFIG}; facts 0")


def same_names(subject: Subject) -> Iterator[Finding]:
    """Modules that the kernel cannot tell apart."""
    resolved = subject.resolved
    names = Counter(base_name(path) for path in (resolved.kernel, *(module.path for module in resolved.modules)))
    if twice := [name for name, count in names.items() if count > 1 and name]:
        what = f"loaded more than once, and the kernel knows modules by their last name: {named(twice)}"
        yield subject.finding(Severity.WARNING, "modules", what, "load each once", "facts 4.4")


def room(subject: Subject) -> Iterator[Finding]:
    """More than mboot has room for."""
    resolved = subject.resolved
    count = len(resolved.modules)
    if 2 * count >= limits.USABLE_RELOCATIONS:
        what = f"{count} modules fill mboot's table of {limits.RELOCATIONS}: Fatal error: 10 (Out of resources)"
        yield subject.finding(Severity.ERROR, "modules", what, "leave modules out", "esx-boot, mboot/reloc.c")
    elif count > limits.SAFE_MODULES:
        what = (
            f"{count} modules: with the kernel's own parts mboot's table of {limits.RELOCATIONS} entries may be full"
        )
        yield subject.finding(Severity.WARNING, "modules", what, "leave modules out", "esx-boot, mboot/reloc.c")
    yield from _strings(subject, resolved)
    title = len(subject.config.value("title"))
    if title > limits.TITLE:
        what = f"a title of {title} characters: {limits.TITLE} are shown"
        yield subject.finding(Severity.NOTE, "title", what, "", "esx-boot, mboot/gui.c")


def _strings(subject: Subject, resolved: ResolvedBoot) -> Iterator[Finding]:
    source = "esx-boot, mboot/esxbootinfo.c"
    added = 0 if _no_bootif(subject) else limits.BOOTIF
    length = len(resolved.command_line) + added
    if length >= limits.COMMAND_LINE:
        extra = f" with the {added} of BOOTIF" if added else ""
        what = f"a command line of {length} bytes{extra}, {limits.COMMAND_LINE} or more: Fatal error: 4 (Unsupported)"
        yield subject.finding(Severity.ERROR, "kernelopt", what, "shorten the options", source)
    strings = (f"{module.path} {module.options}".rstrip(" ") for module in resolved.modules)
    if long := [string for string in strings if len(string) >= limits.MODULE_STRING]:
        shown = named((f"{string[:40]}... ({len(string)} bytes)" for string in long), 2)
        what = f"path and options of a module must be under {limits.MODULE_STRING} bytes: {shown}"
        yield subject.finding(Severity.ERROR, "modules", what, "shorten the path, prefix= or the options", source)


def _no_bootif(subject: Subject) -> bool:
    options = subject.config.kernel_options.split(" ")
    return (
        subject.transport == "disk"
        or number(subject, "nobootif", 0) > 0
        or any(option.startswith("BOOTIF=") for option in options)
    )


def number(subject: Subject, key: str, default: int) -> int:
    """Return a number of boot.cfg: the default where the key is missing or is no number, 0 where it is empty."""
    lines = subject.config.lines_of(key)
    value = lines[-1].value if lines else None
    if value is None or not is_number(value):
        return default
    return int(value or "0") if value != "-" and len(value) < 12 else 0


def switches(subject: Subject) -> Iterator[Finding]:
    """Numbers that do something unexpected."""
    if number(subject, "skip", 0) != 0:
        what = "skip= makes mboot give up at once, so that the firmware tries its next boot device"
        yield subject.finding(Severity.WARNING, "skip", what, "remove it to boot", CONFIG)
    block = number(subject, "tftpblksize", 0)
    if block != 0 and block not in limits.TFTP_BLOCK_SIZES:
        allowed = f"{limits.TFTP_BLOCK_SIZES.start} to {limits.TFTP_BLOCK_SIZES.stop - 1}"
        what = f"tftpblksize={block} is not {allowed}: mboot ignores it"
        yield subject.finding(
            Severity.WARNING, "tftpblksize", what, f"use {allowed}", "esx-boot, uefi/efiutils/tftpfile.c"
        )


def stateless(subject: Subject) -> Iterator[Finding]:
    """What starts the installer on a host that is to run from memory."""
    if not subject.stateless:
        return
    for key, options in _options(subject):
        if starts := [word for word in options if word == "runweasel" or word.startswith("ks=")]:
            what = f"{named(starts)} starts the installer, which may overwrite the host's disks"
            yield subject.finding(Severity.ERROR, key, what, "remove it for a stateless boot", _STATELESS)
        if "cdromBoot" in options:
            what = "cdromBoot is for a boot from CD"
            yield subject.finding(Severity.NOTE, key, what, "remove it for a stateless boot", "facts 3")
    paths = (module.path for module in subject.resolved.modules)
    if weasel := [path for path in paths if base_name(path).lower().startswith("weaselin.")]:
        what = f"{named(weasel)} is the installer, of no use to a stateless host"
        yield subject.finding(Severity.WARNING, "modules", what, "leave it out", "facts 3")


def _options(subject: Subject) -> Iterator[tuple[str, list[str]]]:
    yield "kernelopt", subject.config.kernel_options.split(" ")
    yield "modules", [word for module in subject.config.modules for word in module.options.split(" ")]


def boot_bank(subject: Subject) -> Iterator[Finding]:
    """Why safeboot would not start this as an installed boot bank; nothing that a network boot minds."""
    if subject.transport not in (None, "disk"):
        return
    problems = []
    if number(subject, "updated", 0) <= 0:
        problems.append("updated= is not above 0")
    if not subject.config.value("build"):
        problems.append("build= is empty")
    problems.extend(_boot_state(subject))
    if problems:
        what = f"safeboot would not take it for an installed boot bank: {named(problems)}"
        yield Finding(Severity.NOTE, None, "", what, "", _SAFEBOOT)


def _boot_state(subject: Subject) -> Iterator[str]:
    state = number(subject, "bootstate", 0)
    if state not in (0, 1, 2):
        yield f"bootstate={state} is not 0, 1 or 2"
    if lines := subject.config.lines_of("bootstate"):
        end = sum(len(line.raw) for line in subject.config.lines[: lines[-1].number])
        if end > limits.BOOT_STATE_BYTES:
            yield f"bootstate= is not within the first {limits.BOOT_STATE_BYTES} bytes, where it is rewritten"
    if number(subject, "quickboot", 0) != 0:
        yield "quickboot= is set"
