"""The first steps of a dry boot: the firmware fetches a loader, and what that is decides how it goes on.

Source: boot-traces, sections 1 (which pairs work) and 4 (requests in order).
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from urllib.parse import unquote

from hobnail.boot.check import screens
from hobnail.boot.check.body import Body
from hobnail.boot.check.clients import IPXE_OF, TRAITS, Client, Traits, machine_uuid
from hobnail.boot.check.ipxe import Script, read_script
from hobnail.boot.check.journal import Answer, Failed, Fetch, Fetched, Journal, Ladder, Trouble
from hobnail.boot.check.loader_file import (
    Com32Module,
    EfiProgram,
    IpxeProgram,
    IpxeScript,
    IsoImage,
    LoaderFile,
    PxeLinux,
    recognise,
)
from hobnail.boot.check.mboot import run_mboot
from hobnail.boot.check.mboot_ways import Ipxe, uefi_way
from hobnail.boot.check.modules import not_come
from hobnail.boot.check.pxelinux import PxeLinuxBoot, run_pxelinux
from hobnail.boot.check.screens import UNKNOWN, Screen
from hobnail.boot.check.search import look_around

MANY_SCRIPTS = 8
"""Scripts that chain one another before that is taken for a loop."""

_OWN_DRIVERS = {
    "ipxe.efi": "snponly.efi",
    "ipxe-x86_64.efi": "snponly.efi",
    "ipxe-arm64.efi": "snponly.efi",
    "ipxe.pxe": "undionly.kpxe",
    "ipxe.kpxe": "undionly.kpxe",
    "ipxe.kkpxe": "undionly.kpxe",
}
"""Builds of iPXE by their usual names -> the one that VMware's guides name (facts, section 5)."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a dry boot begins. `file` is a TFTP name or a URL; `prefix` is option 210, `config` option 209.

    `mac` is lower case with colons, `address` the client's own; iPXE makes `tftp://` URLs of names with `server`.
    """

    client: Client
    mac: str
    address: str
    server: str
    file: str
    prefix: str = ""
    config: str = ""


Becomes = Generator[Fetch, Answer, Client | None]
"""A ladder that ends with the client that it has become, by loading iPXE; None: it has come to its end."""


def run_client(journal: Journal, start: Start) -> Becomes:
    """Play the client from its first file on. As what it has become, it asks DHCP anew and begins again."""
    traits = TRAITS[start.client]
    if traits.ipxe:
        url = start.file if "://" in start.file else f"tftp://{start.server}/{start.file.lstrip('/')}"
        yield from _run_ipxe(journal, start, url)
        return None
    if traits.http and "://" not in start.file:
        fix = f"name a URL in option 67, such as http://{start.server}/mboot.efi"
        journal.fails(start.file, "is no URL, which UEFI HTTP boot needs", fix)
        return None
    body = yield from _first_file(journal, traits, start.file)
    return None if body is None else (yield from _run_loader(journal, start, start.file, body))


def _first_file(journal: Journal, traits: Traits, name: str) -> Generator[Fetch, Answer, Body | None]:
    """Fetch the first file as this firmware does."""
    agent = "UefiHttpBoot/1.0"
    sizing = Fetch(name, "loader, size", traits.first_size or traits.first_read, agent, size_only=True)
    answer: Answer
    if traits.first_size is not None:
        answer = yield from journal.ask(sizing)
        if isinstance(answer, Failed):
            yield from _loader_not_come(journal, traits, sizing, answer)
            if answer.trouble is not Trouble.NO_SIZE:
                return None
    answer = yield from journal.ask(Fetch(name, "loader", traits.first_read, agent))
    if isinstance(answer, Failed):
        yield from _loader_not_come(journal, traits, sizing, answer)
        return None
    return answer.body


def _loader_not_come(journal: Journal, traits: Traits, sizing: Fetch, failed: Failed) -> Ladder:
    hint = yield from look_around(journal, sizing, failed)
    not_come(journal, sizing.name, failed, _screen(traits, failed), hint)


def _screen(traits: Traits, failed: Failed) -> Screen:
    """Return what the firmware shows when its first file does not come."""
    match failed.trouble, traits.bios, traits.http:
        case _, _, True:
            return UNKNOWN
        case Trouble.SILENT, True, _:
            return screens.ROM_OPEN_TIMEOUT
        case Trouble.NOT_FOUND, True, _:
            return screens.ROM_NOT_FOUND
        case _, True, _:
            return screens.ROM_TFTP_ERROR
        case Trouble.SILENT, False, _:
            return screens.UEFI_TIMEOUT
        case ((Trouble.NOT_FOUND | Trouble.REFUSED), False, _):
            return screens.UEFI_TFTP_ERROR
        case _:
            return screens.UEFI_OTHER


def _run_loader(journal: Journal, start: Start, name: str, body: Body) -> Becomes:
    """Go on with whatever the firmware was given."""
    traits = TRAITS[start.client]
    match recognise(body.head, name):
        case PxeLinux() as file if traits.bios:
            journal.says(f"{name}: {file.text}")
            yield from run_pxelinux(journal, _pxelinux(start, name, file))
        case EfiProgram() as file if not traits.bios:
            return (yield from _run_efi(journal, start, name, file))
        case IpxeProgram() if traits.bios:
            return _becomes_ipxe(journal, start, name)
        case IsoImage() as file if traits.http:
            _becomes_ram_disk(journal, name, file)
        case file:
            _wrong_loader(journal, traits, name, file)
    return None


def _pxelinux(start: Start, name: str, file: PxeLinux) -> PxeLinuxBoot:
    prefix = start.prefix or (name.rpartition("/")[0] + "/" if "/" in name else "")
    return PxeLinuxBoot(file.release, prefix, start.mac, machine_uuid(start.mac), start.address, start.config)


def _run_efi(journal: Journal, start: Start, name: str, file: EfiProgram) -> Becomes:
    traits = TRAITS[start.client]
    journal.says(f"{name}: UEFI program for {file.architecture}")
    if file.architecture != traits.processor:
        fix = f"give this client the loader of {traits.processor}, chosen by option 93 ({traits.architecture})"
        journal.fails(name, f"is for {file.architecture}; the client is {traits.processor}", fix)
    elif file.ipxe:
        return _becomes_ipxe(journal, start, name)
    elif file.grub:
        _becomes_grub(journal, name)
    else:
        words = [unquote(word) for word in name.partition("?")[2].split("&") if word]
        yield from run_mboot(journal, uefi_way(name), words if traits.http else [], start.mac)
    return None


def _becomes_grub(journal: Journal, name: str) -> None:
    journal.ends_early(f"{name} is GRUB, which this check does not follow", "check its kernel and modules by hand")


def _becomes_ipxe(journal: Journal, start: Start, name: str) -> Client | None:
    """Return the client that it is from now on: iPXE asks DHCP anew, and is then told its script."""
    better = _OWN_DRIVERS.get(name.rpartition("/")[2].lower())
    if better is not None:
        fix = f"give {better} instead: it uses the firmware's own driver for the card"
        journal.warns(name, "is the build of iPXE with drivers of its own, which hang on some cards", fix)
    client = IPXE_OF.get(start.client)
    if client is None:
        journal.ends_early(f"{name} is iPXE for a client that this check does not play", "check its script by hand")
    else:
        journal.says(f"{name}: iPXE; it asks DHCP again, as itself")
    return client


def _becomes_ram_disk(journal: Journal, name: str, file: IsoImage) -> None:
    """Say how an ISO goes on: the firmware makes a disk of it (EDK2, HttpBootDxe and RamDiskDxe)."""
    if file.uefi:
        journal.says(f"{name}: an ISO, which the firmware boots from a RAM disk; what is in it is not followed")
        journal.reached = "the RAM disk; what is in the ISO is not followed"
    else:
        fix = "serve one with a UEFI entry, such as the media of ESXi 5.0 and later"
        journal.fails(name, "is an ISO without a UEFI entry (El Torito)", fix)


def _wrong_loader(journal: Journal, traits: Traits, name: str, file: LoaderFile) -> None:
    looks = {
        PxeLinux: "PXELINUX, a BIOS program",
        EfiProgram: "a UEFI program",
        Com32Module: "a module of PXELINUX, no loader by itself",
        IpxeProgram: "iPXE for BIOS",
        IpxeScript: "an iPXE script",
        IsoImage: "a whole ISO",
    }.get(type(file)) or getattr(file, "looks", "")
    fix = f"give {traits.words} clients {'pxelinux.0' if traits.bios else 'mboot.efi'} (option 93 tells them apart)"
    journal.fails(name, f"is {looks}; {traits.words} cannot start it", fix)


def _run_ipxe(journal: Journal, start: Start, url: str) -> Ladder:
    """Fetch a script, and what it chains, until a loader is reached."""
    settings = _settings(start)
    words: list[str] = []
    alternatives: list[str] = []
    for number in range(MANY_SCRIPTS):
        answer = yield from journal.ask(Fetch(url, "script or loader", TRAITS[start.client].first_read, "iPXE/1.0.0"))
        if isinstance(answer, Failed):
            if alternatives:
                url, alternatives = alternatives[0], alternatives[1:]
                continue
            not_come(journal, url, answer, UNKNOWN, "")
            return
        assert answer.body is not None
        file = recognise(answer.body.head, url.partition("?")[0])
        if not isinstance(file, IpxeScript):
            told = replace(
                start, config=settings.get("209") or start.config, prefix=settings.get("210") or start.prefix
            )
            if _is_ipxe(file):
                _ipxe_again(journal, url, by_dhcp=not number)
            else:
                yield from _run_from_ipxe(journal, told, url, file, answer, words)
            return
        script = read_script(answer.body.head.decode("utf-8", "replace"), url, settings)
        _report(journal, url, script)
        if not script.program:
            journal.fails(url, "starts nothing", "add a line `kernel URL -c URL` or `chain URL`, then `boot`")
            return
        settings, words = script.settings, script.words
        url, alternatives = script.program, script.alternatives
    journal.fails(
        url, f"is the {MANY_SCRIPTS}th script in a row", "look for scripts that chain each other in a circle"
    )


def _report(journal: Journal, url: str, script: Script) -> None:
    for number, line in script.not_understood:
        fix = "read that line yourself; the check went on as if it were not there"
        journal.warns(f"{url}, line {number}", f"`{line}` is not understood by this check", fix)


def _is_ipxe(file: LoaderFile) -> bool:
    return isinstance(file, IpxeProgram) or (isinstance(file, EfiProgram) and file.ipxe)


def _ipxe_again(journal: Journal, url: str, *, by_dhcp: bool) -> None:
    """Write down that iPXE loads iPXE: for ever when DHCP says so, once when a script does."""
    if by_dhcp:
        fix = "tell iPXE apart (option 77 is `iPXE`, or option 175 is there) and name its script as the boot file"
        journal.fails(url, "is iPXE, which DHCP names to iPXE too: it loads itself again and again", fix)
    else:
        journal.ends_early(f"the script starts another iPXE, {url}", "check the script of that one: --http URL")


def _run_from_ipxe(
    journal: Journal, start: Start, url: str, file: LoaderFile, answer: Fetched, words: list[str]
) -> Ladder:
    traits = TRAITS[start.client]
    match file:
        case EfiProgram(grub=True) if not traits.bios:
            _becomes_grub(journal, url)
        case EfiProgram(architecture=architecture) if not traits.bios and architecture == traits.processor:
            journal.says(f"{url}: UEFI program for {architecture}")
            yield from run_mboot(journal, Ipxe(url, url.rpartition("/")[0]), words, start.mac)
        case PxeLinux() if traits.bios:
            journal.says(f"{url}: {file.text}, its files come from {start.prefix or url.rpartition('/')[0] + '/'}")
            yield from run_pxelinux(journal, _pxelinux(start, url, file))
        case Com32Module():
            fix = "chain pxelinux.0 with option 210 set (`set 210:string URL/`); it starts mboot.c32"
            journal.fails(url, "is a .c32 chained from iPXE: distribution builds of iPXE hang on it", fix)
        case _ if traits.bios and answer.body is not None and answer.body.gzip.is_gzip:
            fix = "chain pxelinux.0, which starts mboot.c32; or serve the kernel unpacked"
            journal.fails(url, "is gzip'd: iPXE on BIOS runs it as a PXE program and hangs silently", fix)
        case _:
            _wrong_loader(journal, traits, url, file)


def _settings(start: Start) -> dict[str, str]:
    """Return iPXE's settings that scripts use, made up where only the machine knows them."""
    return {
        "mac": start.mac,
        "mac:hexhyp": start.mac.replace(":", "-"),
        "uuid": machine_uuid(start.mac),
        "ip": start.address,
        "next-server": start.server,
        "filename": start.file,
        **dict.fromkeys(("manufacturer", "product", "serial", "asset"), "unknown"),
        "platform": "pcbios" if TRAITS[start.client].bios else "efi",
        "buildarch": {"x86_64": "x86_64", "arm64": "arm64"}[TRAITS[start.client].processor],
    }
