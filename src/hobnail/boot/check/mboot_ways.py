"""How mboot reaches its files, by what started it: UEFI over TFTP or HTTP, iPXE, PXELINUX.

Source: boot-traces, sections 4 (requests in order, options of each) and 5 (which names reach the server).
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from hobnail.boot.check import screens
from hobnail.boot.check.journal import Answer, Failed, Fetch, Journal, Trouble
from hobnail.boot.check.screens import UNKNOWN, Screen
from hobnail.boot.check.urls import join_url
from hobnail.wire.tftp import Options

PXELINUX_OPTIONS = Options(transfer_size=0, block_size=1408)
UEFI_SIZE = Options(transfer_size=0, block_size=1468, window_size=4)
UEFI_READ = Options(block_size=1468, window_size=4)
ESX_BOOT = "esx-boot/2.0"
RELATIVE = "write names without a leading slash, and no prefix=, next to the loader: that works on every way"


@dataclass(frozen=True, slots=True)
class Way(ABC):
    """One way. `loader` is mboot's own name on the wire, `directory` the one it reads boot.cfg from."""

    loader: str
    directory: str

    size_pass: ClassVar[bool] = False
    crypto: ClassVar[bool] = False
    pxelinux: ClassVar[bool] = False
    advice: ClassVar[str] = RELATIVE

    @abstractmethod
    def wire_name(self, path: str) -> str | Failed:
        """Return what is asked for a resolved path, or why mboot asks for nothing."""

    @abstractmethod
    def sizing(self, name: str, what: str) -> Fetch:
        """Return the request that learns a file's size."""

    @abstractmethod
    def read(
        self, journal: Journal, name: str, what: str, *, optional: bool = False
    ) -> Generator[Fetch, Answer, Answer]:
        """Read a whole file, with every request that this takes; return the last answer."""

    def screen(self, failed: Failed) -> Screen:
        """Return what mboot shows when a file that it needs does not come."""
        match failed.trouble:
            case Trouble.NOT_FOUND:
                return screens.MBOOT_NOT_FOUND
            case Trouble.SILENT:
                return screens.MBOOT_TIMEOUT
            case _:
                return UNKNOWN


class UefiTftp(Way):
    """mboot.efi started by UEFI PXE: each read is a size query and a read of its own."""

    __slots__ = ()
    size_pass = True
    crypto = True

    def wire_name(self, path: str) -> str | Failed:
        """Return the path as it is, also a URL: TFTP is then asked for that very text."""
        return path

    def sizing(self, name: str, what: str) -> Fetch:
        """Return an RRQ with tsize, which the client breaks off with ERROR 8."""
        return Fetch(_as_tftp(name), what, UEFI_SIZE, size_only=True)

    def read(
        self, journal: Journal, name: str, what: str, *, optional: bool = False
    ) -> Generator[Fetch, Answer, Answer]:
        """Ask the size, then read."""
        sized = Fetch(_as_tftp(name), f"{what}, size", UEFI_SIZE, size_only=True, optional=optional)
        answer = yield from journal.ask(sized)
        if isinstance(answer, Failed):
            return answer
        return (yield from journal.ask(Fetch(_as_tftp(name), what, UEFI_READ, optional=optional)))


class UefiHttp(Way):
    """mboot.efi started by UEFI HTTP boot: names must be URLs once they are resolved."""

    __slots__ = ()
    size_pass = True
    crypto = True

    def wire_name(self, path: str) -> str | Failed:
        """Return the URL; `/name` is none and mboot refuses it without asking."""
        if "://" in path:
            return path
        return Failed(Trouble.NOT_FOUND, "is no URL: under HTTP boot mboot never asks for such a name", 0)

    def sizing(self, name: str, what: str) -> Fetch:
        """Return a HEAD request."""
        return Fetch(name, what, agent=ESX_BOOT, size_only=True)

    def read(
        self, journal: Journal, name: str, what: str, *, optional: bool = False
    ) -> Generator[Fetch, Answer, Answer]:
        """GET it."""
        return (yield from journal.ask(Fetch(name, what, agent=ESX_BOOT, optional=optional)))


class Ipxe(Way):
    """mboot.efi started by iPXE, which fetches for it, each file once (iPXE 2019), and resolves names by its URL."""

    __slots__ = ()
    crypto = True

    def wire_name(self, path: str) -> str | Failed:
        """Resolve as iPXE does, against the URL of the loader."""
        return join_url(self.loader, path)

    def sizing(self, name: str, what: str) -> Fetch:
        """Return a HEAD request or an RRQ with tsize (only we ask this, iPXE has no size query)."""
        return Fetch(name, what, UEFI_SIZE, agent="iPXE", size_only=True)

    def read(
        self, journal: Journal, name: str, what: str, *, optional: bool = False
    ) -> Generator[Fetch, Answer, Answer]:
        """Fetch it once."""
        return (yield from journal.ask(Fetch(name, what, UEFI_SIZE, agent="iPXE", optional=optional)))


@dataclass(frozen=True, slots=True)
class PxeLinux(Way):
    """VMware's mboot.c32 under PXELINUX, whose prefix ("", or ending in a slash) stands before every name."""

    prefix: str = ""
    pxelinux: ClassVar[bool] = True

    def wire_name(self, path: str) -> str | Failed:
        """Return prefix and path; a URL is asked of nobody."""
        if "://" in path:
            return Failed(Trouble.NOT_FOUND, "is a URL: under PXELINUX 3.86 mboot never asks for such a name", 0)
        return self.prefix + path

    def sizing(self, name: str, what: str) -> Fetch:
        """Return an RRQ with tsize (only we break it off)."""
        return Fetch(name, what, PXELINUX_OPTIONS, size_only=True)

    def read(
        self, journal: Journal, name: str, what: str, *, optional: bool = False
    ) -> Generator[Fetch, Answer, Answer]:
        """Read it, size and body in one request."""
        return (yield from journal.ask(Fetch(name, what, PXELINUX_OPTIONS, optional=optional)))


def uefi_way(loader: str) -> Way:
    """Return the way of an mboot.efi that the firmware fetched under this name or URL."""
    directory = loader.rpartition("/")[0]
    return UefiHttp(loader, directory) if urlsplit(loader).scheme.startswith("http") else UefiTftp(loader, directory)


def _as_tftp(name: str) -> str:
    """Return a name for a TFTP request; a URL in it stays text (`tftp:` in front tells the driver so)."""
    return f"tftp-name:{name}" if "://" in name else name
