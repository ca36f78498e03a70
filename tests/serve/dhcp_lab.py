"""A DHCP server in a thread of this process, on a test machine, and raw clients that know nothing of hobnail."""

import asyncio
import contextlib
import dataclasses
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path

from hobnail.boot.boot_files import BootFiles, bios_only
from hobnail.boot.decision import Full, Mode, Proxy
from hobnail.boot.identity import Identity
from hobnail.host.leases import LeaseTable
from hobnail.host.pool import Pool
from hobnail.observe.events import BootEvent, DhcpDecided
from hobnail.serve.dhcpd import DhcpServer
from hobnail.store.lease_file import LeaseFile
from hobnail.system.interfaces import find_interface
from tests.namespaces import Namespace

FILES = bios_only("pxelinux.0", "ESXi 4.1.0")


class Lab:
    """A running server and what it recorded."""

    def __init__(self, server: DhcpServer, events: list[DhcpDecided]) -> None:
        self.server = server
        self.events = events

    def wait_for(self, wanted: Callable[[DhcpDecided], bool], seconds: float = 8) -> DhcpDecided:
        """Return the first event of that kind, also one that is still to come."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for event in list(self.events):
                if wanted(event):
                    return event
            time.sleep(0.02)
        raise AssertionError(f"no such event among {self.events}")


@contextlib.contextmanager
def serving(machine: Namespace, interface: str, mode: Mode, *, lease_file: Path | None = None) -> Iterator[Lab]:
    """Serve on a machine's interface while inside; a server that cannot start raises here."""
    events: list[DhcpDecided] = []

    def record(event: BootEvent) -> None:
        assert isinstance(event, DhcpDecided)
        events.append(event)

    with machine.entered():
        found = find_interface(interface)
    file = LeaseFile(lease_file) if lease_file else None
    if file is not None and isinstance(mode, Full):
        table = LeaseTable(mode.leases.pool, mode.leases.seconds, file.leases)
        mode = dataclasses.replace(mode, leases=table)
    server = DhcpServer(
        interface=found, mode=mode, files_for=_files_for, record=record, clock=time.time, lease_file=file
    )
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="dhcp")
    try:
        with machine.entered():
            server.start(loop)
        thread.start()
        yield Lab(server, events)
    finally:
        if thread.is_alive():
            loop.call_soon_threadsafe(server.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
        loop.close()
        if file is not None:
            file.close()


def _files_for(identity: Identity) -> BootFiles:
    assert identity.mac == identity.mac.lower()
    return FILES


def full(machine: Namespace, interface: str, first: str, last: str, seconds: int = 600) -> Full:
    """Return full mode with a range in the interface's network."""
    with machine.entered():
        found = find_interface(interface)
    pool = Pool(found.network, IPv4Address(first), IPv4Address(last), found.address)
    return Full(LeaseTable(pool, seconds), routers=(found.address,))


PROXY = Proxy()


@contextlib.contextmanager
def raw_client(machine: Namespace, interface: str) -> Iterator[socket.socket]:
    """A DHCP client's socket: UDP port 68 of one interface, with or without an address."""
    with machine.entered():
        door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    with door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        door.bind(("", 68))
        door.settimeout(3)
        yield door


def hears_nothing(door: socket.socket, seconds: float = 0.6) -> bool:
    """Say whether nothing arrives for a while."""
    door.settimeout(seconds)
    try:
        door.recv(2000)
    except TimeoutError:
        return True
    return False


def options_of(data: bytes) -> dict[int, bytes]:
    """Read a reply's options by hand."""
    assert data[236:240] == b"\x63\x82\x53\x63"
    found, at = {}, 240
    while data[at] != 255:
        code, length = struct.unpack_from("BB", data, at)
        found[code] = data[at + 2 : at + 2 + length]
        at += 2 + length
    return found


def start_dnsmasq(machine: Namespace, folder: Path, *arguments: str) -> None:
    """Start it without DNS and wait until it listens."""
    log = folder / "dnsmasq.txt"
    files = (f"--dhcp-leasefile={folder}/dnsmasq.leases", "--conf-file=/dev/null", "--pid-file")
    process = machine.start(
        "dnsmasq", "--no-daemon", "--port=0", "--user=root", "--no-ping", *files, *arguments, log=log
    )
    for _ in range(100):
        if ":67 " in machine.run("ss", "-Hluln").stdout:
            return
        assert process.poll() is None, log.read_text()
    raise AssertionError(f"dnsmasq does not listen: {log.read_text()}")
