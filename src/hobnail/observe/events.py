"""Boot events: what the servers saw and decided, as values. Log lines and the screen derive from them.

`at` is seconds since the epoch; `peer` is the host's IPv4 address; `mac` is lower case with colons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class DhcpDecided:
    """A DHCP or PXE message and what was decided about it."""

    at: float
    mac: str
    address: str | None  # what the host has or is offered; None in proxy mode until the host says it
    client: str  # "BIOS", "UEFI x86-64", "UEFI HTTP x86-64", "iPXE BIOS", "not network-booting" …
    message: str  # "DISCOVER", "REQUEST", "INFORM", "RELEASE", "DECLINE"
    outcome: Literal["offered", "acknowledged", "refused", "ignored"]
    reason: str  # why, in words; empty when there is nothing to explain
    uuid: str | None = None  # SMBIOS UUID in PXELINUX's (wire) order, lower case


@dataclass(frozen=True, slots=True)
class FileStarted:
    """A host began to fetch a file."""

    at: float
    peer: str
    name: str
    size: int
    protocol: Literal["tftp", "http"]


@dataclass(frozen=True, slots=True)
class FileDone:
    """The host has the whole file; `seconds` from request to last acknowledgement."""

    at: float
    peer: str
    name: str
    size: int
    seconds: float
    protocol: Literal["tftp", "http"]


@dataclass(frozen=True, slots=True)
class FileSized:
    """The host did not want the whole file: healthy, nothing failed.

    UEFI aborts a TFTP transfer after the OACK that told the size; HTTP has HEAD, parts (206, 416) and 304, 412.
    """

    at: float
    peer: str
    name: str
    size: int
    protocol: Literal["tftp", "http"]


@dataclass(frozen=True, slots=True)
class FileMissing:
    """A host asked for a name that nothing stands behind."""

    at: float
    peer: str
    name: str
    reason: str
    expected: bool
    protocol: Literal["tftp", "http"]


@dataclass(frozen=True, slots=True)
class FileFailed:
    """A transfer ended before its end: the host went silent, or said why."""

    at: float
    peer: str
    name: str
    sent: int
    size: int
    reason: str
    protocol: Literal["tftp", "http"]


@dataclass(frozen=True, slots=True)
class HostIdentified:
    """A host told through iPXE what it is (boot/identity.py); "" is what it did not say."""

    at: float
    peer: str
    mac: str
    uuid: str  # as the machine's own tools show it
    manufacturer: str
    product: str
    serial: str
    asset: str


@dataclass(frozen=True, slots=True)
class HostInstalled:
    """An installation reported that it is done: the host boots from its disk from now on."""

    at: float
    mac: str


@dataclass(frozen=True, slots=True)
class SettingsTaken:
    """Newly applied settings hold from now on; `reason` says why some of them cannot."""

    at: float
    revision: int
    hosts: int
    reason: str


BootEvent = (
    DhcpDecided
    | HostIdentified
    | HostInstalled
    | SettingsTaken
    | FileStarted
    | FileDone
    | FileSized
    | FileMissing
    | FileFailed
)
Record = Callable[[BootEvent], None]


@dataclass(frozen=True, slots=True)
class Transfer:
    """A snapshot of a transfer under way, for the screen; polled, so that bytes in flight cost no event."""

    peer: str
    name: str
    sent: int
    size: int
