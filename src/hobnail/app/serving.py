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

from hobnail.app.serve_checks import check_machine, image_for, pool_for
from hobnail.app.serve_options import ServeOptions
from hobnail.app.site import HostSite
from hobnail.boot.catalogue import Catalogue
from hobnail.boot.decision import Full, Mode, Proxy
from hobnail.boot.elsewhere import describe_options
from hobnail.boot.handouts import Handouts
from hobnail.boot.identity import identity_of_query
from hobnail.boot.pxelinux import render
from hobnail.errors import SystemFailure, UserError
from hobnail.host.leases import LeaseTable
from hobnail.observe.events import BootEvent, FileDone, HostIdentified, HostInstalled, Record, SettingsTaken
from hobnail.observe.progress import HostProgress, Progress
from hobnail.serve.dhcpd import DhcpServer
from hobnail.serve.httpd import HttpServer
from hobnail.serve.tftpd import TftpServer
from hobnail.store import Store
from hobnail.store.lease_file import LeaseFile
from hobnail.system.interfaces import find_interface
from hobnail.system.neighbours import find_mac

TICK = 0.25
"""Seconds between two looks at the progress."""
LOOKS = 8
"""Ticks between two looks at the interface, and at what was applied."""


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

    def __init__(self, store: Store, options: ServeOptions, lease_file: Path) -> None:
        """Check and prepare; UserError or SystemFailure says what is in the way. Nothing is answered yet."""
        self._store = store
        self.options = options
        self.interface = check_machine(options)
        self.stored = image_for(store, options.image)
        self.http_boot = options.http_boot.prepare(self.interface.address, self.base, time.time())
        self.site = HostSite(store, options, self.stored.image, self.base, self.http_boot.where)
        try:
            self.pool, self._unreserved = pool_for(options, self.interface, self.site.hosts)
            render(self.site.plan("00:00:00:00:00:00").plan)  # what no host could boot fails now
        except BaseException:
            self.site.close()
            raise
        self._lease_file = lease_file
        self._catalogue = Catalogue(
            site=self.site,
            handouts=Handouts(
                plan=self.site.plan,
                mac_of=self._mac_of,
                akin=self.site.akin,
                new_token=lambda: secrets.token_hex(16),
                now=time.monotonic,
                pending=store.installations,
            ),
            blob=store.blob_path,
            mac_of=self._mac_of,
            base=self.base,
            report=self._report,
        )
        self._dhcp: DhcpServer | None = None
        self._leases: LeaseTable | None = None
        self._told = (self.site.revision, "")
        self._record: Record = lambda _: None
        self._progress = Progress(mac_of=self._mac_of, classify=self.http_boot.named_before(self._catalogue.named))

    @property
    def base(self) -> str:
        """The URL of our root, without a slash at its end."""
        port = self.options.http_port
        return f"http://{self.interface.address}" + ("" if port == 80 else f":{port}")

    @property
    def loader_release(self) -> str | None:
        """The release of the PXELINUX that BIOS hosts get."""
        return self.site.loader_release

    @property
    def warnings(self) -> tuple[str, ...]:
        """What does not stop the start and a person should know, a line each."""
        return (*self.site.warnings, *self._unreserved, *self.http_boot.warnings)

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

        self._record = record
        async with AsyncExitStack() as stack:
            stack.callback(self.site.close)
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
                    self._take_settings()
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
        """Take in what a host says of itself when it asks for its script; nobody can say it of another machine."""
        identity = identity_of_query(name, query)
        if identity is None or self._mac_of(peer) not in (None, identity.mac):
            return
        record(HostIdentified(time.time(), peer, **asdict(identity)))
        self.site.identify(identity)

    def _report(self, token: str) -> bool:
        """Take in that an installation is done; it is in the store before its host is answered."""
        mac = self._store.installations.begun(token)
        if mac is None:
            return False
        self.site.installed(mac)
        self._store.installations.end(token)
        self._record(HostInstalled(time.time(), mac))
        return True

    def _take_settings(self) -> None:
        """Let newly applied settings hold, for hosts that boot from now on."""
        reason = self.site.reload()
        if reason is None or (self.site.revision, reason) == self._told:
            return
        self._told = self.site.revision, reason
        if self._leases is not None:
            try:
                pool, left_out = pool_for(self.options, self.interface, self.site.hosts)
                assert pool is not None, "DHCP is full"
                self._leases.change_pool(pool)
                reason = "; ".join(filter(None, (reason, *left_out)))
            except UserError as error:
                reason = "; ".join(filter(None, (reason, str(error))))
        self._record(SettingsTaken(time.time(), self.site.revision, len(self.site.hosts), reason))

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
                self._leases = table = LeaseTable(self.pool, self.options.lease_seconds, lease_file.leases)
                routers = (self.options.gateway,) if self.options.gateway else ()
                mode = Full(table, routers, self.options.dns)
            case _:
                assert_never(self.options.dhcp)
        self._dhcp = DhcpServer(
            interface=self.interface,
            mode=mode,
            files_for=self.site.boot_files,
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
