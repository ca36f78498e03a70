"""Replies to DHCP and PXE clients: which fields and options each gets, and where they are sent.

Sources: RFC 2131, table 3 (fields) and section 4.1 (destinations), RFC 3046 (82 is echoed), RFC 6842 (61 is echoed),
PXE specification 2.1, and what clients were measured to accept (docs/formats/dhcp-and-pxe.md).
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

from hobnail.boot.boot_files import BootFile
from hobnail.errors import ProtocolError
from hobnail.wire.dhcp import CLIENT_PORT, NOWHERE, PROXY_PORT, SERVER_PORT, Message, MessageType, encode
from hobnail.wire.dhcp_options import LONGEST_PIECE, Option, Options, addresses
from hobnail.wire.pxe import (
    BOOT_AS_OFFERED,
    HTTP_CLASS,
    NO_PROXY_DHCP,
    PXE_CLASS,
    PxeClient,
    PxeOption,
    decode_sub_options,
    encode_vendor_information,
)

EVERYONE = "255.255.255.255"


@dataclass(frozen=True, slots=True)
class Request:
    """A message as it came in: from which address and UDP port, and on which port of ours."""

    message: Message
    source: tuple[str, int]
    port: Literal[67, 4011] = 67


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to send, to an address and UDP port, in at most `limit` bytes."""

    message: Message
    destination: tuple[str, int]
    limit: int

    def encode(self) -> bytes:
        """Return the datagram."""
        return encode(self.message, self.limit)


@dataclass(frozen=True, slots=True)
class Network:
    """What hosts are told of their network: `seconds` is how long a lease lasts."""

    subnet: IPv4Network
    seconds: int
    routers: tuple[IPv4Address, ...] = ()
    name_servers: tuple[IPv4Address, ...] = ()
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Boot:
    """A client that asks to boot, and the file that it is told to load."""

    client: PxeClient
    file: BootFile


def offer_file(request: Request, server: IPv4Address, boot: Boot) -> Reply:
    """Return the proxy's OFFER: no address, and the file where the client takes it from the offer.

    UEFI by PXE gets no file and no option 43, and so asks port 4011 (`name_file`).
    """
    if boot.client.http:
        options = (*_class_options(request.message, boot.client), *_file_options(request.message, server, boot))
        return _reply(request, MessageType.OFFER, server, options, file=boot.file.name)
    if boot.client.is_bios:
        options = (*_offered_options(request.message, boot.client), *_file_options(request.message, server, boot))
        return _reply(request, MessageType.OFFER, server, options, file=boot.file.name)
    return _reply(request, MessageType.OFFER, server, _class_options(request.message, boot.client), file="")


def name_file(request: Request, server: IPv4Address, boot: Boot) -> Reply:
    """Return the proxy's ACK on port 4011: the file, and the menu item that a client says it chose (43, 71)."""
    options = (*_class_options(request.message, boot.client), *_file_options(request.message, server, boot))
    item = _boot_item(request.message)
    if item is not None:
        options += ((Option.VENDOR_INFORMATION, encode_vendor_information([(PxeOption.BOOT_ITEM, item)])),)
    elif boot.client.is_bios:
        options += ((Option.VENDOR_INFORMATION, BOOT_AS_OFFERED),)
    return _reply(request, MessageType.ACK, server, options, file=boot.file.name, sname=str(server))


def give_address(
    request: Request,
    kind: MessageType,
    server: IPv4Address,
    network: Network,
    address: IPv4Address,
    boot: Boot | None,
) -> Reply:
    """Return an OFFER or ACK (`kind`) with an address and, for a client that boots, its file."""
    seconds = (Option.LEASE_SECONDS, network.seconds.to_bytes(4, "big"))
    options = (seconds, *_network_options(request.message, network), *_boot_options(request.message, server, boot))
    return _reply(request, kind, server, options, yiaddr=address, file=boot.file.name if boot else None)


def inform(request: Request, server: IPv4Address, network: Network, boot: Boot | None) -> Reply:
    """Return the ACK for INFORM: options without an address and without a lease (RFC 2131, section 4.3.5)."""
    options = (*_network_options(request.message, network), *_boot_options(request.message, server, boot))
    return _reply(request, MessageType.ACK, server, options, file=boot.file.name if boot else None)


def nak(request: Request, server: IPv4Address, reason: str) -> Reply:
    """Return a NAK; the reason goes along for the client's log (option 56)."""
    text = (Option.TEXT, reason.encode("ascii", "replace")[:LONGEST_PIECE])
    return _reply(request, MessageType.NAK, server, (text,))


def _reply(
    request: Request,
    kind: MessageType,
    server: IPv4Address,
    options: Options,
    *,
    yiaddr: IPv4Address = NOWHERE,
    file: str | None = None,
    sname: str = "",
) -> Reply:
    """Put together what every reply holds and what this kind adds; with a `file`, even "", we are the next server."""
    asked = request.message
    echoed = tuple(pair for pair in asked.options if pair[0] in (Option.CLIENT_IDENTIFIER, Option.RELAY_AGENT))
    message = Message(
        reply=True,
        type=kind,
        xid=asked.xid,
        hardware=asked.hardware,
        broadcast=asked.broadcast or (kind is MessageType.NAK and asked.giaddr != NOWHERE),
        ciaddr=asked.ciaddr if kind is MessageType.ACK else NOWHERE,
        yiaddr=yiaddr,
        siaddr=NOWHERE if file is None else server,
        giaddr=asked.giaddr,
        sname=sname,
        file=file or "",
        options=((Option.SERVER_IDENTIFIER, server.packed), *options, *echoed),
    )
    return Reply(message, _destination(request, kind), asked.longest_reply)


def _destination(request: Request, kind: MessageType) -> tuple[str, int]:
    """Choose where a reply goes (RFC 2131, section 4.1); a client without an address is reached by broadcast."""
    message = request.message
    if request.port == PROXY_PORT:
        return request.source
    if message.giaddr != NOWHERE:
        return str(message.giaddr), SERVER_PORT
    if message.ciaddr != NOWHERE and kind is MessageType.ACK:
        return str(message.ciaddr), CLIENT_PORT
    return EVERYONE, CLIENT_PORT


def _network_options(message: Message, network: Network) -> Options:
    options: list[tuple[int, bytes]] = [(Option.SUBNET_MASK, network.subnet.netmask.packed)]
    if network.routers:
        options.append((Option.ROUTERS, addresses(*network.routers)))
    if network.name_servers:
        options.append((Option.NAME_SERVERS, addresses(*network.name_servers)))
    if network.domain:
        options.append((Option.DOMAIN_NAME, network.domain.encode("ascii")))
    if message.asks_for(Option.BROADCAST_ADDRESS):
        options.append((Option.BROADCAST_ADDRESS, network.subnet.broadcast_address.packed))
    return tuple(options)


def _boot_options(message: Message, server: IPv4Address, boot: Boot | None) -> Options:
    """Return what the full server adds for a client that boots; iPXE waits for a proxy unless 175 denies one."""
    if boot is None:
        return ()
    told = _class_options(message, boot.client) if boot.client.http else _offered_options(message, boot.client)
    ipxe = ((Option.IPXE, NO_PROXY_DHCP),) if boot.client.ipxe else ()
    return (*told, *_file_options(message, server, boot), *ipxe)


def _class_options(message: Message, client: PxeClient) -> Options:
    """Return option 60, without which firmware ignores an offer, and the client's own 97."""
    machine = message.option(Option.MACHINE_IDENTIFIER)
    echo = () if machine is None else ((Option.MACHINE_IDENTIFIER, machine),)
    return ((Option.VENDOR_CLASS, HTTP_CLASS if client.http else PXE_CLASS), *echo)


def _offered_options(message: Message, client: PxeClient) -> Options:
    """Return 60, 97 and 43: take this file now. 60 without 43 sends UEFI to port 4011, both spare a ROM 3 s."""
    return (*_class_options(message, client), (Option.VENDOR_INFORMATION, BOOT_AS_OFFERED))


def _file_options(message: Message, server: IPv4Address, boot: Boot) -> Options:
    """Return 66 and 67 where they are asked for; the fields siaddr and file say the same to all others."""
    said = ((Option.TFTP_SERVER_NAME, str(server)), (Option.BOOT_FILE_NAME, boot.file.name))
    return tuple((code, text.encode("ascii")) for code, text in said if message.asks_for(code))


def _boot_item(message: Message) -> bytes | None:
    """Return sub-option 71 of option 43: which entry of a boot menu the client chose."""
    try:
        chosen = decode_sub_options(message.option(Option.VENDOR_INFORMATION) or b"")
    except ProtocolError:
        return None
    return dict(chosen).get(PxeOption.BOOT_ITEM)
