"""The DHCP server: receive, decode, decide, write leases down, send, record. Every rule stands in boot/offer.py."""

import asyncio
import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Literal, assert_never

from hobnail.boot.boot_files import BootFiles
from hobnail.boot.decision import Ack, Decision, Full, Ignore, Mode, Nak, Noted, Offer, Proxy, Refuse
from hobnail.boot.identity import Identity, identity_of_message
from hobnail.boot.offer import decide
from hobnail.boot.reply import Request
from hobnail.errors import ProtocolError, SystemFailure
from hobnail.host.leases import Lease
from hobnail.observe.events import DhcpDecided, Record
from hobnail.store.lease_file import LeaseFile
from hobnail.system.interfaces import Interface
from hobnail.system.neighbours import find_mac
from hobnail.system.udp import open_udp
from hobnail.wire.dhcp import SERVER_PORT, decode
from hobnail.wire.pxe import PxeClient, identify, machine_uuid

LARGEST_DATAGRAM = 65535
RECEIVE_BUFFER = 1 << 20
"""Bytes of requests that wait in the kernel: hundreds of hosts that are switched on at once."""

BATCH = 64
"""Requests decided at once, so that the leases of a crowd cost one write to the disk."""


@dataclass(frozen=True, slots=True)
class _Decided:
    """A request, what was decided about it, and the socket that it came in by."""

    request: Request
    decision: Decision
    door: socket.socket


class DhcpServer:
    """Answers on one interface only. `files_for` gives the boot files of a host by what it says it is.

    Full mode's leases go to `lease_file`, whose leases its table began with. `clock` is seconds since the epoch.
    """

    def __init__(
        self,
        *,
        interface: Interface,
        mode: Mode,
        files_for: Callable[[Identity], BootFiles],
        record: Record,
        clock: Callable[[], float],
        lease_file: LeaseFile | None = None,
    ) -> None:
        self.malformed = 0
        self._interface = interface
        self._mode = mode
        self._files_for = files_for
        self._record = record
        self._clock = clock
        self._lease_file = lease_file
        self._unwritten: list[Lease] = []
        self._doors: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen and serve from `loop`. SystemFailure when a port cannot be had, then none is left open."""
        self._loop = loop
        ports: tuple[Literal[67, 4011], ...] = (67, 4011) if isinstance(self._mode, Proxy) else (67,)
        try:
            for port in ports:
                door = open_port(self._interface.name, port)
                self._doors.append(door)
                loop.add_reader(door, self._receive, door, port)
        except SystemFailure:
            self.close()
            raise

    def close(self) -> None:
        """Stop listening. The lease file stays open: it is its owner's to close."""
        for door in self._doors:
            if self._loop is not None:
                self._loop.remove_reader(door)
            door.close()
        self._doors.clear()

    def mac_of(self, address: str) -> str | None:
        """Return the MAC of the host that has an IPv4 address: by the kernel's ARP table, else by its lease.

        Overlays are handed out by it. The MAC address of a lease is what a message said in `chaddr` (RFC 2131,
        section 2), which anybody may fill in with another host's; the table has the card that answers for the
        address now. So where they disagree the table counts, and the lease only for a host that it does not know:
        one that is quiet, or behind a relay. Costs three system calls each time (17 us measured, whatever the
        number of hosts); nothing is kept, so that a card that takes an address over is seen at once.
        """
        wanted = IPv4Address(address)
        mac = find_mac(wanted, self._interface.name) if wanted in self._interface.network else None
        if mac is None and isinstance(self._mode, Full):
            lease = self._mode.leases.lease_at(wanted, self._clock())
            mac = str(lease.hardware) if lease is not None else None
        return mac

    def _receive(self, door: socket.socket, port: Literal[67, 4011]) -> None:
        """Decide what has come in, write the leases down, then answer."""
        batch = []
        for _ in range(BATCH):
            try:
                data, source = door.recvfrom(LARGEST_DATAGRAM)
            except OSError:  # nothing more is waiting, or the interface went down for a moment
                break
            try:
                request = Request(decode(data), source, port)
            except ProtocolError as error:
                self.malformed += 1
                self._record(DhcpDecided(self._clock(), "", source[0], "unknown", "malformed", "ignored", str(error)))
                continue
            files = self._files_for(identity_of_message(request.message))
            decision = decide(request, self._mode, self._interface.address, files, self._clock())
            batch.append(_Decided(request, decision, door))
        failure = self._write_leases()
        for decided in batch:
            self._answer(decided, failure)

    def _write_leases(self) -> str | None:
        """Put the changed leases on the disk; say what went wrong. What is not written is tried again next time."""
        if isinstance(self._mode, Full):
            self._unwritten += self._mode.leases.take_changes()
        if self._lease_file is None:
            self._unwritten.clear()
        elif self._unwritten:
            try:
                self._lease_file.write(self._unwritten)
            except SystemFailure as failure:
                return str(failure)
            self._unwritten.clear()
        return None

    def _answer(self, decided: _Decided, failure: str | None) -> None:
        """Send the reply and record the decision; no ACK leaves while its lease could be forgotten."""
        decision = decided.decision
        if failure is not None and isinstance(decision, Ack) and isinstance(self._mode, Full):
            decision = Refuse(failure)
        if isinstance(decision, Offer | Ack | Nak):
            try:
                decided.door.sendto(decision.reply.encode(), decision.reply.destination)
            except OSError as error:
                to = decision.reply.destination[0]
                decision = Refuse(f"cannot send to {to} on {self._interface.name}: {error.strerror}")
        self._record(_event(decided.request, decision, self._clock()))


def open_port(interface: str, port: int) -> socket.socket:
    """Open a port for broadcasts in both directions. The port is not shared: two servers must notice each other."""
    try:
        door = open_udp("", port, interface=interface, receive_buffer=RECEIVE_BUFFER)
    except SystemFailure as failure:
        if not isinstance(failure.__cause__, OSError) or failure.__cause__.errno != errno.EADDRINUSE:
            raise
        server = "DHCP" if port == SERVER_PORT else "PXE"
        raise SystemFailure(
            f"UDP port {port} is in use: another {server} server runs on this machine",
            where=interface,
            next_step=f"stop it (`ss -ulpn 'sport = :{port}'` names it), "
            "or let it name the boot file: --dhcp off prints the options to set there",
        ) from failure
    door.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    return door


def _event(request: Request, decision: Decision, now: float) -> DhcpDecided:
    """Return the boot event of a decision."""
    message = request.message
    client = identify(message)
    outcome, address, reason = _outcome(decision)
    return DhcpDecided(
        at=now,
        mac=str(message.hardware),
        address=None if address is None or address.is_unspecified else str(address),
        client=client.name if isinstance(client, PxeClient) else "not network-booting",
        message=message.type.name,
        outcome=outcome,
        reason=reason,
        uuid=machine_uuid(message),
    )


def _outcome(
    decision: Decision,
) -> tuple[Literal["offered", "acknowledged", "refused", "ignored"], IPv4Address | None, str]:
    match decision:
        case Offer(address=address, no_file=""):
            return "offered", address, ""
        case Ack(address=address, no_file=""):
            return "acknowledged", address, ""
        case Offer(address=address, no_file=reason) | Ack(address=address, no_file=reason):
            return "refused", address, f"{reason} (it has the address {address} but no boot file)"
        case Noted(address=address, reason=reason):
            return "acknowledged", address, reason
        case Nak(reason=reason) | Refuse(reason=reason):
            return "refused", None, reason
        case Ignore(reason=reason):
            return "ignored", None, reason
        case _:
            assert_never(decision)
