"""Boots as sequences of events, in the order that was measured (boot-traces.md, section 4)."""

from collections.abc import Callable, Iterator
from typing import Literal

from hobnail.boot.shelf import Named
from hobnail.observe.events import BootEvent, DhcpDecided, FileDone, FileFailed, FileMissing, FileSized, FileStarted

MAC = "52:54:00:4c:00:01"
PEER = "10.77.0.108"
KERNEL = "abc/vmkboot.gz"
MODULES = ["abc/vmk.gz", "abc/sys.vgz", "abc/cim.vgz"]
NAMES = {
    "pxelinux.0": Named("loader"),
    "ldlinux.c32": Named("loader"),
    "mboot.c32": Named("loader"),
    "libcom32.c32": Named("loader"),
    KERNEL: Named("kernel", 0, 3),
    MODULES[0]: Named("module", 1, 3),
    MODULES[1]: Named("module", 2, 3),
    MODULES[2]: Named("module", 3, 3),
}
SEARCHED = ["pxelinux.cfg/45fa2002-d1c9-2a50-0000-000000000000"]
CONFIG = "pxelinux.cfg/01-52-54-00-4c-00-01"


def classify(name: str) -> Named:
    return Named("config") if name.startswith("pxelinux.cfg/") else NAMES.get(name, Named("other"))


def no_arp(_: str) -> None:
    return None


class Clock:
    """Gives each event its own moment, a tenth of a second after the last."""

    def __init__(self, start: float = 1000.0) -> None:
        self.now = start

    def __call__(self) -> float:
        self.now += 0.1
        return self.now


def dhcp(
    at: float,
    message: str = "DISCOVER",
    outcome: Literal["offered", "acknowledged", "refused", "ignored"] = "offered",
    *,
    address: str | None = PEER,
    client: str = "BIOS",
    mac: str = MAC,
    reason: str = "",
) -> DhcpDecided:
    return DhcpDecided(at, mac, address, client, message, outcome, reason)


def started(at: float, name: str, size: int = 1000, peer: str = PEER) -> FileStarted:
    return FileStarted(at, peer, name, size, "tftp")


def done(at: float, name: str, size: int = 1000, peer: str = PEER) -> FileDone:
    return FileDone(at, peer, name, size, 0.05, "tftp")


def sized(at: float, name: str, peer: str = PEER) -> FileSized:
    return FileSized(at, peer, name, 1000, "tftp")


def failed(at: float, name: str, sent: int = 400, peer: str = PEER) -> FileFailed:
    return FileFailed(at, peer, name, sent, 1000, "no acknowledgement for 10 s", "tftp")


def missing(at: float, name: str, *, expected: bool = False, peer: str = PEER) -> FileMissing:
    return FileMissing(at, peer, name, "import the medium again", expected, "tftp")


def fetch(clock: Callable[[], float], name: str, peer: str = PEER) -> Iterator[BootEvent]:
    yield started(clock(), name, peer=peer)
    yield done(clock(), name, peer=peer)


def files(clock: Callable[[], float], peer: str = PEER) -> Iterator[BootEvent]:
    """PXELINUX 6.04 and syslinux's mboot.c32, after DHCP."""
    yield from fetch(clock, "pxelinux.0", peer)
    yield from fetch(clock, "ldlinux.c32", peer)
    for name in SEARCHED:
        yield missing(clock(), name, expected=True, peer=peer)
    for name in (CONFIG, "mboot.c32", "libcom32.c32", KERNEL, *MODULES):
        yield from fetch(clock, name, peer)


def boot(clock: Callable[[], float]) -> list[BootEvent]:
    """A whole boot in full DHCP mode."""
    return [dhcp(clock()), dhcp(clock(), "REQUEST", "acknowledged"), *files(clock)]
