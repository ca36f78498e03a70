"""Decide what a DHCP or PXE message is answered with: no clock, no socket, one value out.

Proxy mode stands beside a DHCP server that gives the addresses, and tells only network-booting clients their file, on
ports 67 and 4011 (PXE specification 2.1). Full mode is the only DHCP server of its network (RFC 2131).
"""

from ipaddress import IPv4Address
from typing import assert_never

from hobnail.boot import reply
from hobnail.boot.boot_files import BootFiles, Refused
from hobnail.boot.decision import Ack, Decision, Full, Ignore, Mode, Nak, Noted, Offer, Proxy, Refuse
from hobnail.boot.reply import Boot, Request
from hobnail.host.leases import Denied
from hobnail.wire.dhcp import NOWHERE, PROXY_PORT, Message, MessageType
from hobnail.wire.dhcp_options import Option
from hobnail.wire.pxe import NotBooting, identify


def decide(request: Request, mode: Mode, server: IPv4Address, files: BootFiles, now: float) -> Decision:
    """Decide what a message is answered with. `server` is our address on the interface, `now` seconds since 1970."""
    if request.message.reply:
        return Ignore("it is another server's reply, not a request")
    match mode:
        case Proxy():
            return _decide_proxy(request, server, files)
        case Full():
            return _decide_full(request, mode, server, files, now)
        case _:
            assert_never(mode)


def _decide_proxy(request: Request, server: IPv4Address, files: BootFiles) -> Decision:
    client = identify(request.message)
    if isinstance(client, NotBooting):
        return Ignore(client.reason)
    kind = request.message.type
    answered = (MessageType.REQUEST, MessageType.INFORM) if request.port == PROXY_PORT else (MessageType.DISCOVER,)
    if kind not in answered:
        chosen = request.message.address_option(Option.SERVER_IDENTIFIER)
        return Ignore(f"{kind.name} is for the DHCP server {chosen or 'that gives the addresses'}")
    file = files.for_client(client)
    if isinstance(file, Refused):
        return Refuse(file.reason)
    if request.port == PROXY_PORT:
        return Ack(reply.name_file(request, server, Boot(client, file)), request.message.ciaddr)
    return Offer(reply.offer_file(request, server, Boot(client, file)), None)


def _decide_full(request: Request, mode: Full, server: IPv4Address, files: BootFiles, now: float) -> Decision:
    message = request.message
    outside = _outside(message, mode, server)
    if outside is not None:
        return Refuse(outside)
    match message.type:
        case MessageType.DISCOVER:
            wanted = message.address_option(Option.REQUESTED_ADDRESS)
            lease = mode.leases.offer(message.hardware, wanted, now)
            if isinstance(lease, Denied):
                return Refuse(lease.reason)
            boot, no_file = _boot(message, files)
            given = reply.give_address(request, MessageType.OFFER, server, mode.network, lease.address, boot)
            return Offer(given, lease.address, no_file)
        case MessageType.REQUEST:
            return _decide_request(request, mode, server, files, now)
        case MessageType.INFORM:
            return _decide_inform(request, mode, server, files)
        case MessageType.RELEASE | MessageType.DECLINE:
            return _give_up(message, mode, server, now)
        case MessageType.OFFER | MessageType.ACK | MessageType.NAK:
            return Ignore(f"{message.type.name} is for servers to send")
        case _:
            assert_never(message.type)


def _outside(message: Message, mode: Full, server: IPv4Address) -> str | None:
    """Say why a message comes from a network that we have no addresses for; None when we have."""
    network = mode.leases.pool.network
    if message.giaddr != NOWHERE:
        if message.giaddr in network:
            return None
        return f"it comes through the relay {message.giaddr}, and the range is in {network}; serve that network there"
    if message.ciaddr == NOWHERE and server not in network:
        return f"it comes from the network of {server}, and the range is in {network}; choose a range of that network"
    return None


def _decide_request(request: Request, mode: Full, server: IPv4Address, files: BootFiles, now: float) -> Decision:
    """Decide a REQUEST in whichever state (RFC 2131, section 4.3.2): the address stands in ciaddr, or in option 50.

    We are the only server, so an address that the host may not have is answered with NAK in every state.
    """
    message = request.message
    chosen = message.address_option(Option.SERVER_IDENTIFIER)
    if chosen not in (None, server):
        mode.leases.withdraw(message.hardware, now)
        return Ignore(f"it takes its address from the DHCP server {chosen}")
    wanted = message.address_option(Option.REQUESTED_ADDRESS) if message.ciaddr == NOWHERE else message.ciaddr
    if wanted is None:
        return Ignore("it asks for no address: neither ciaddr nor option 50 holds one")
    lease = mode.leases.bind(message.hardware, wanted, now)
    if isinstance(lease, Denied):
        return Nak(reply.nak(request, server, lease.reason), lease.reason)
    boot, no_file = _boot(message, files)
    given = reply.give_address(request, MessageType.ACK, server, mode.network, lease.address, boot)
    return Ack(given, lease.address, no_file)


def _decide_inform(request: Request, mode: Full, server: IPv4Address, files: BootFiles) -> Decision:
    address = request.message.ciaddr
    network = mode.leases.pool.network
    if address not in network:
        return Ignore(f"it asks about the address {address}, which is not in {network}")
    boot, no_file = _boot(request.message, files)
    return Ack(reply.inform(request, server, mode.network, boot), address, no_file)


def _give_up(message: Message, mode: Full, server: IPv4Address, now: float) -> Decision:
    """Decide RELEASE (the address stands in ciaddr) and DECLINE (in option 50)."""
    declined = message.type is MessageType.DECLINE
    address = message.address_option(Option.REQUESTED_ADDRESS) if declined else message.ciaddr
    chosen = message.address_option(Option.SERVER_IDENTIFIER)
    if chosen not in (None, server):
        return Ignore(f"it is for the DHCP server {chosen}")
    give_up = mode.leases.decline if declined else mode.leases.release
    if address is None or not give_up(message.hardware, address, now):
        return Ignore(f"{address} is not its address")
    if declined:
        return Noted(address, f"another machine uses {address}; it is not given for an hour")
    return Noted(address, f"gave {address} back")


def _boot(message: Message, files: BootFiles) -> tuple[Boot | None, str]:
    """Return what a client boots, or why it boots nothing; neither for one that does not ask to boot."""
    client = identify(message)
    if isinstance(client, NotBooting):
        return None, ""
    file = files.for_client(client)
    return (None, file.reason) if isinstance(file, Refused) else (Boot(client, file), "")
