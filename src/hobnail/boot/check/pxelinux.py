"""PXELINUX, request by request: ldlinux.c32, the search for a configuration, mboot.c32, kernel, modules.

Sources: boot-traces, sections 3, 4 and 6 (3.86, 4.00 and 6.04 measured); facts, section 5.
"""

from collections.abc import Generator
from dataclasses import dataclass

from hobnail.boot.check import screens
from hobnail.boot.check.body import Body
from hobnail.boot.check.journal import Answer, Failed, Fetch, Fetched, Journal, Ladder
from hobnail.boot.check.loader_file import Com32Module, recognise
from hobnail.boot.check.mboot import run_mboot
from hobnail.boot.check.mboot_ways import PXELINUX_OPTIONS, PxeLinux
from hobnail.boot.check.modules import not_come
from hobnail.boot.check.pxelinux_config import Configuration, Label, parse_configuration
from hobnail.boot.check.screens import Screen
from hobnail.boot.check.syslinux_mboot import run_syslinux_mboot
from hobnail.boot.pxelinux import APPEND_LIMIT

FIRST_ELF_RELEASE = (5, 0)
"""From here on modules are ELF, and pxelinux.0 needs ldlinux.c32."""


@dataclass(frozen=True, slots=True)
class PxeLinuxBoot:
    """What PXELINUX knows when it starts. `prefix` is "" or ends in a slash; `mac` is lower case with colons.

    `uuid` is in wire order, lower case; `address` the client's own, dotted; `config` is option 209.
    """

    release: tuple[int, int] | None
    prefix: str
    mac: str
    uuid: str
    address: str
    config: str = ""

    @property
    def elf(self) -> bool:
        """Say whether its modules are ELF."""
        return self.release is None or self.release >= FIRST_ELF_RELEASE


def run_pxelinux(journal: Journal, boot: PxeLinuxBoot) -> Ladder:
    """Play PXELINUX to the kernel's start."""
    if boot.elf:
        answer = yield from journal.ask(_fetch(boot, "ldlinux.c32", "PXELINUX's core"))
        if isinstance(answer, Failed):
            fix = "put ldlinux.c32 of the same release beside pxelinux.0, or use 3.86 or 4.x, which need none"
            not_come(journal, boot.prefix + "ldlinux.c32", answer, screens.LDLINUX, fix)
    body = yield from _find_configuration(journal, boot)
    if body is None:
        return
    found = parse_configuration(body.head)
    label = yield from _choose(journal, boot, found)
    if label is None:
        return
    yield from _start(journal, boot, found, label)


def search_names(boot: PxeLinuxBoot) -> list[str]:
    """Return the names that PXELINUX looks for, in order, below pxelinux.cfg/.

    6.04 asks for the UUID only if byte 6 of it is 0x10 to 0xef.
    """
    names = [] if boot.elf and not 0x10 <= int(boot.uuid[14:16], 16) <= 0xEF else [boot.uuid]
    names.append("01-" + boot.mac.replace(":", "-"))
    digits = "".join(f"{int(part):02X}" for part in boot.address.split("."))
    names += [digits[:count] for count in range(len(digits), 0, -1)]
    return [f"pxelinux.cfg/{name}" for name in (*names, "default")]


def _fetch(boot: PxeLinuxBoot, name: str, what: str, *, optional: bool = False) -> Fetch:
    wire = name if "://" in name else boot.prefix + name
    agent = f"Syslinux/{boot.release[0]}.{boot.release[1]:02d}" if boot.release else "Syslinux"
    return Fetch(wire, what, PXELINUX_OPTIONS, agent, optional=optional)


def _find_configuration(journal: Journal, boot: PxeLinuxBoot) -> Generator[Fetch, Answer, Body | None]:
    names = ([boot.config] if boot.config else []) + search_names(boot)
    answer: Answer | None = None
    for name in names:
        answer = yield from journal.ask(_fetch(boot, name, "configuration", optional=True))
        if isinstance(answer, Fetched) and answer.body is not None and answer.body.size:
            return answer.body
    fix = f"write {boot.prefix}pxelinux.cfg/default, or a file for this host: {boot.prefix}{search_names(boot)[-10]}"
    screen = screens.NO_CONFIGURATION_6 if boot.elf else screens.NO_CONFIGURATION
    if isinstance(answer, Failed):
        not_come(journal, boot.prefix + "pxelinux.cfg/", answer, screen, fix)
    else:
        journal.fails(boot.prefix + "pxelinux.cfg/", "every configuration file is empty", fix, screen)
    return None


def _choose(journal: Journal, boot: PxeLinuxBoot, found: Configuration) -> Generator[Fetch, Answer, Label | None]:
    """Return the label that boots by itself, after the menu program was fetched where there is one."""
    where = "pxelinux.cfg"
    for line, oddity in found.oddities:
        fix = "write APPEND as one line, with a blank on each side of every ---"
        journal.fails(f"{where}, line {line}", oddity, fix)
    for name in found.includes:
        journal.warns(
            where, f"includes {name}, which this check does not follow", "put the label into the file itself"
        )
    if found.menu:
        answer = yield from journal.ask(_fetch(boot, found.menu, "menu"))
        if isinstance(answer, Failed):
            not_come(journal, found.menu, answer, _com32_screen(boot), "put it beside pxelinux.0")
    label = found.chosen()
    if label is None:
        fix = "add a line `DEFAULT NAME` that names the label to boot"
        journal.fails(where, "names nothing to boot: it has neither DEFAULT nor UI", fix, screens.NO_DEFAULT)
        return found.labels[0] if found.labels else None
    journal.waits += found.timeout if found.menu else 0
    if label.local_boot:
        fix = "make the label that starts mboot.c32 the default one"
        journal.fails(where, f"its default, {label.name}, boots the local disk", fix)
        return None
    return label


def _com32_screen(boot: PxeLinuxBoot) -> Screen:
    return screens.COM32_6 if boot.elf else screens.COM32_4


def _start(journal: Journal, boot: PxeLinuxBoot, found: Configuration, label: Label) -> Ladder:
    append = found.append if label.append is None else label.append
    if not boot.elf and len(append) > APPEND_LIMIT:
        cause = f"APPEND has {len(append)} characters; PXELINUX 3.86 and 4 take {APPEND_LIMIT}"
        journal.fails(f"label {label.name}", cause, "shorten names or options, or use PXELINUX 6.04")
    kernel, _, more = label.kernel.partition(" ")
    append = f"{more} {append}".strip()
    answer = yield from journal.ask(_fetch(boot, kernel, "loader of the label"))
    module = None
    if isinstance(answer, Failed):
        fix = f"put it where KERNEL says, below {boot.prefix or 'the root'}"
        screen = _com32_screen(boot) if boot.elf else screens.NO_KERNEL_IMAGE
        not_come(journal, boot.prefix + kernel, answer, screen, fix)
    elif answer.body is not None:
        file = recognise(answer.body.head, kernel)
        if not isinstance(file, Com32Module):
            fix = "write `KERNEL mboot.c32`, and the kernel as the first word of APPEND"
            journal.fails(kernel, "is no COM32 module, so it is no mboot.c32", fix, _com32_screen(boot))
            return
        module = file
        _judge_abi(journal, boot, kernel, file)
    if boot.elf:
        yield from _library(journal, boot)
    words = append.split()
    if label.ipappend & 2:
        words.append("BOOTIF=01-" + boot.mac.replace(":", "-"))
    if module.vmware if module else append.startswith("-"):
        way = PxeLinux(boot.prefix + kernel, kernel.rpartition("/")[0], boot.prefix)
        yield from run_mboot(journal, way, words, boot.mac)
    else:
        yield from run_syslinux_mboot(journal, words, lambda name, what: _fetch(boot, name, what))


def _library(journal: Journal, boot: PxeLinuxBoot) -> Ladder:
    """Fetch what syslinux 6's mboot.c32 is linked with."""
    answer = yield from journal.ask(_fetch(boot, "libcom32.c32", "library of mboot.c32"))
    if isinstance(answer, Failed):
        not_come(journal, boot.prefix + "libcom32.c32", answer, screens.COM32_6, "put it beside pxelinux.0")


def _judge_abi(journal: Journal, boot: PxeLinuxBoot, name: str, module: Com32Module) -> None:
    """Compare the module's format with what this release of PXELINUX can start."""
    release = f"{boot.release[0]}.{boot.release[1]:02d}" if boot.release else "of this release"
    if boot.elf and module.format == "COM32R":
        fix = (
            "serve pxelinux.0 of SYSLINUX 3.86 with VMware's mboot.c32"
            if module.vmware
            else "take mboot.c32, ldlinux.c32 and libcom32.c32 from the release that pxelinux.0 is of"
        )
        cause = f"is of the old COM32R format, which PXELINUX {release} gave up (5.00 was the first)"
        journal.fails(name, cause, fix, screens.COM32_6)
    elif not boot.elf and module.format == "ELF":
        cause = f"is of SYSLINUX 5 or later (ELF), which PXELINUX {release} cannot start"
        journal.fails(name, cause, "take mboot.c32 from the release that pxelinux.0 is of", screens.COM32_4)
