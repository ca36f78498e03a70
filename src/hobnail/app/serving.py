"""Serving: everything that answers hosts, checked before anything starts, run in one process and one event loop."""

import asyncio
import secrets
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import asdict
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path
from typing import Protocol, assert_never

from hobnail.app.serve_options import ServeOptions
from hobnail.app.site import HostSite
from hobnail.boot.catalogue import Catalogue
from hobnail.boot.decision import Full, Mode, Proxy
from hobnail.boot.elsewhere import describe_options
from hobnail.boot.handouts import Handouts
from hobnail.boot.identity import Identity, identity_of_query
from hobnail.boot.pxelinux import render
from hobnail.errors import SystemFailure, UserError
from hobnail.host.leases import LeaseTable
from hobnail.host.pool import Pool
from hobnail.observe.events import BootEvent, FileDone, HostIdentified
from hobnail.observe.progress import HostProgress, Progress
from hobnail.serve.dhcpd import DhcpServer, open_port
from hobnail.serve.httpd import HttpServer
from hobnail.serve.tftpd import TftpServer
from hobnail.store import Store, StoredImage
from hobnail.store.lease_file import LeaseFile
from hobnail.system.interfaces import Interface, find_interface
from hobnail.system.neighbours import find_mac
from hobnail.system.privileges import require_boot_ports
from hobnail.system.tcp import open_tcp
from hobnail.system.udp import open_udp
from hobnail.wire.dhcp import PROXY_PORT, SERVER_PORT, HardwareAddress

TICK = 0.25
"""Seconds between two looks at the progress."""
LOOKS = 8
"""Ticks between two looks at the interface."""
TFTP_PORT = 69


def check_machine(options: ServeOptions) -> Interface:
    """Check what this machine must have, before anything is imported or started.

    SystemFailure or UserError: no such interface, no address on it, a range outside its network, not allowed to
    answer on low ports, a port in use.
    """
    interface = find_interface(options.interface)
    _pool(options, interface)
    require_boot_ports()
    for port in {"proxy": (SERVER_PORT, PROXY_PORT), "full": (SERVER_PORT,), "off": ()}[options.dhcp]:
        open_port(interface.name, port).close()
    open_udp(str(interface.address), TFTP_PORT, interface=interface.name).close()
    doors = {"--http-port": options.http_port}
    if options.http_boot.certificate is not None:
        doors["--https-port"] = options.http_boot.port
    for option, port in doors.items():
        open_tcp(str(interface.address), port, interface=interface.name, option=option, listen=True).close()
    return interface


class Watch(Protocol):
    """The face that shows what happens while serving."""

    def started(self, serving: "Serving") -> None:
        """All servers answer now."""

    def event(self, event: BootEvent) -> None:
        """Something happened. Must be quick: it is called between packets."""

    def tick(self, hosts: Callable[[], Sequence[HostProgress]]) -> None:
        """A quarter of a second has passed; BrokenPipeError when nobody watches any more."""

    def finished(self) -> None:
        """All servers have stopped."""


class Serving:
    """The servers for one image on one interface. Once made, what can be checked beforehand has been."""

    def __init__(
        self,
        store: Store,
        options: ServeOptions,
        lease_file: Path,
        on_identity: Callable[[str, Identity], None] = lambda *_: None,
    ) -> None:
        """Check and prepare; UserError or SystemFailure says what is in the way. Nothing is answered yet.

        `on_identity` hears of the MAC address and SMBIOS values of each host that comes through iPXE.
        """
        self._on_identity = on_identity
        self.options = options
        self.interface = check_machine(options)
        self.stored = _image(store, options.image)
        image = self.stored.image
        self.pool = _pool(options, self.interface)
        self.http_boot = options.http_boot.prepare(self.interface.address, self.base, time.time())
        self.site = HostSite(store, options, image, self.base, self.http_boot.where)
        render(self.site.plan("00:00:00:00:00:00").plan)  # what no host could boot fails now
        self.loader_release = self.site.loader_release
        self._lease_file = lease_file
        self._catalogue = Catalogue(
            site=self.site,
            handouts=Handouts(
                plan=self.site.plan,
                mac_of=self._mac_of,
                new_token=lambda: secrets.token_hex(16),
                now=time.monotonic,
            ),
            blob=store.blob_path,
            mac_of=self._mac_of,
            base=self.base,
        )
        self._dhcp: DhcpServer | None = None
        self._progress = Progress(mac_of=self._mac_of, classify=self.http_boot.named_before(self._catalogue.named))

    @property
    def base(self) -> str:
        """The URL of our root, without a slash at its end."""
        port = self.options.http_port
        return f"http://{self.interface.address}" + ("" if port == 80 else f":{port}")

    @property
    def warnings(self) -> tuple[str, ...]:
        """What does not stop the start and a person should know, a line each."""
        return (*self.site.warnings, *self.http_boot.warnings)

    def instructions(self) -> list[str]:
        """Return what to set in a DHCP server elsewhere, line by line (for the mode `off`)."""
        return describe_options(self.interface.address, self.site.boot_files(None))

    def run(self, watch: Watch, on_start: Callable[[], None] = lambda: None) -> None:
        """Answer hosts until SIGINT or SIGTERM; a second one ends it at once. `on_start` is called when all answer.

        SystemFailure when a port or the lease file cannot be had, or when the interface goes away.
        """
        asyncio.run(self._run(watch, on_start))

    async def _run(self, watch: Watch, on_start: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, loop, stop)

        def record(event: BootEvent) -> None:
            if isinstance(event, FileDone):
                self._catalogue.fetched(event.name)
            self._progress.apply(event)
            watch.event(event)

        async with AsyncExitStack() as stack:
            tftp = await self._start(loop, record, stack)
            on_start()
            watch.started(self)
            stack.callback(watch.finished)
            ticks = 0
            while not stop.is_set():
                self._progress.sample(tftp.transfers(), time.time())
                watch.tick(self._progress.hosts)
                ticks += 1
                if ticks % LOOKS == 0:
                    self._check_interface()
                try:
                    await asyncio.wait_for(stop.wait(), TICK)
                except TimeoutError:
                    continue

    def _stop(self, loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)  # the next one ends the process whatever it waits for

    async def _start(
        self, loop: asyncio.AbstractEventLoop, record: Callable[[BootEvent], None], stack: AsyncExitStack
    ) -> TftpServer:
        """Start the servers, DHCP last: no host is sent to a server that does not answer yet. They end in reverse."""
        address = str(self.interface.address)
        http = HttpServer(
            address=address,
            interface=self.interface.name,
            port=self.options.http_port,
            find=self.http_boot.find_before(self._catalogue.find),
            record=record,
            clock=time.time,
            secure=self.http_boot.secure,
            queried=partial(self._queried, record),
        )
        await http.start()
        stack.push_async_callback(http.close)
        tftp = TftpServer(
            address=address,
            interface=self.interface.name,
            find=self._catalogue.find,
            record=record,
            clock=time.time,
            monotonic=time.monotonic,
        )
        tftp.start(loop)
        stack.callback(tftp.close)
        self._start_dhcp(loop, record, stack)
        return tftp

    def _queried(self, record: Callable[[BootEvent], None], name: str, query: str, peer: str) -> None:
        """Take in what a host says of itself when it asks for its script."""
        identity = identity_of_query(name, query)
        if identity is not None:
            record(HostIdentified(time.time(), peer, **asdict(identity)))
            self._on_identity(identity.mac, identity)

    def _check_interface(self) -> None:
        """Raise SystemFailure when the interface is no longer the one that the sockets are bound to."""
        try:
            now = find_interface(self.interface.name)
        except UserError as error:
            raise SystemFailure(f"the interface went away: {error.what}", where=self.interface.name) from error
        if (now.index, now.address) != (self.interface.index, self.interface.address):
            raise SystemFailure(
                f"the interface changed while serving: it had the address {self.interface.address}, "
                f"now {now.address}",
                where=self.interface.name,
                next_step="start it again",
            )

    def _start_dhcp(
        self, loop: asyncio.AbstractEventLoop, record: Callable[[BootEvent], None], stack: AsyncExitStack
    ) -> None:
        lease_file: LeaseFile | None = None
        mode: Mode
        match self.options.dhcp:
            case "off":
                return
            case "proxy":
                mode = Proxy()
            case "full":
                assert self.pool is not None, "parsed so"
                lease_file = stack.enter_context(closing(LeaseFile(self._lease_file)))
                table = LeaseTable(self.pool, self.options.lease_seconds, lease_file.leases)
                routers = (self.options.gateway,) if self.options.gateway else ()
                mode = Full(table, routers, self.options.dns)
            case _:
                assert_never(self.options.dhcp)
        self._dhcp = DhcpServer(
            interface=self.interface,
            mode=mode,
            files_for=lambda identity: self.site.boot_files(identity.mac),
            record=record,
            clock=time.time,
            lease_file=lease_file,
        )
        self._dhcp.start(loop)
        stack.callback(self._dhcp.close)

    def _mac_of(self, peer: str) -> str | None:
        if self._dhcp is not None:
            return self._dhcp.mac_of(peer)
        return find_mac(IPv4Address(peer), self.interface.name)


def _image(store: Store, reference: str | None) -> StoredImage:
    if reference is not None:
        return store.get(reference)
    stored = store.default_image()
    if stored is not None:
        return stored
    there = ", ".join(one.image.short_id for one in store.images())
    if there:
        raise UserError(
            "no image is the default one",
            next_step=f"name it with --image, or make it so by `hobnail image default`: {there}",
        )
    raise UserError(
        "there is no image to serve",
        next_step="import one: hobnail image import FILE, or all at once: hobnail up FILE --interface IF",
    )


def _pool(options: ServeOptions, interface: Interface) -> Pool | None:
    if options.range is None:
        return None
    first, last = options.range
    reserved: dict[HardwareAddress, IPv4Address] = {}
    for mac, address in options.reservations:
        hardware = HardwareAddress.parse(mac)
        if reserved.setdefault(hardware, address) != address:
            raise UserError(f"{mac} is given two addresses by --reserve: {reserved[hardware]} and {address}")
    if options.gateway is not None and options.gateway not in interface.network:
        raise UserError(
            f"--gateway {options.gateway} is not in the hosts' network {interface.network}",
            next_step="name the router's address on that network",
        )
    return Pool(interface.network, first, last, interface.address, reserved)
