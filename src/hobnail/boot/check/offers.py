"""What a client makes of the offers that came: its first file, port 4011, or nothing at all.

Source: boot-traces, section 3 (OVMF needs 43 beside 60, or an answer on port 4011; HTTP boot needs 60 = HTTPClient);
PXE specification 2.1 (a proxy's offer has no address; its file is preferred).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address

from hobnail.boot.check import screens
from hobnail.boot.check.clients import Traits
from hobnail.boot.check.journal import Journal
from hobnail.boot.check.screens import UNKNOWN
from hobnail.errors import ProtocolError
from hobnail.wire.dhcp import NOWHERE, Message
from hobnail.wire.dhcp_options import Option
from hobnail.wire.pxe import HTTP_CLASS, PXE_CLASS, SKIP_DISCOVERY, PxeOption, decode_sub_options

CONFIG_FILE, PATH_PREFIX = 209, 210


@dataclass(frozen=True, slots=True)
class FirstFile:
    """What DHCP names: the file or URL, who has it, and PXELINUX's options 209 and 210."""

    file: str
    server: IPv4Address
    address: IPv4Address  # offered to the client
    config: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class AskProxy:
    """The file is told on port 4011 of this server."""

    server: IPv4Address
    address: IPv4Address


def choose(journal: Journal, traits: Traits, offers: Sequence[Message]) -> FirstFile | AskProxy | None:
    """Return what the client goes on with; None when it stops, which is then written down."""
    if not offers:
        fix = "look whether the DHCP server runs, serves this network and knows this host"
        screen = screens.ROM_NO_OFFER if traits.bios else screens.UEFI_NO_OFFER
        journal.fails("DHCP", "nobody offers anything", fix, UNKNOWN if traits.http else screen)
        return None
    for offer in offers:
        journal.says(describe(offer))
    wanted = HTTP_CLASS if traits.http else PXE_CLASS
    address = next((offer.yiaddr for offer in offers if offer.yiaddr != NOWHERE), NOWHERE)
    if address == NOWHERE:
        fix = (
            "run a DHCP server with a free address beside the proxy, or be one: hobnail serve --dhcp full --range A-B"
        )
        journal.fails("DHCP", "no offer has an address, only a proxy answers", fix, screens.UEFI_NO_OFFER)
    marked = [offer for offer in offers if (offer.option(Option.VENDOR_CLASS) or b"").startswith(wanted)]
    named = [offer for offer in (*marked, *offers) if file_of(offer)]
    if traits.http and not marked:
        cause = "no offer has option 60 = HTTPClient, and HTTP boot ignores every other"
        journal.fails("DHCP", cause, 'send option 60 "HTTPClient" to architecture 16, with the URL in option 67')
        named = [offer for offer in named if "://" in file_of(offer)]
    by_proxy = [offer for offer in marked if not traits.http and not _boots_as_offered(offer)]
    if by_proxy and (not named or not (traits.bios or traits.ipxe)) and not traits.ipxe:
        return AskProxy(server_of(by_proxy[0]), address)
    if not named:
        fix = "set the boot file: option 67 or the field file, and the next server (siaddr, option 66)"
        screen = screens.ROM_NO_FILE_NAME if traits.bios else screens.UEFI_NO_FILE_NAME
        journal.fails("DHCP", "no offer names a boot file", fix, UNKNOWN if traits.http else screen)
        return None
    return first_file(named[0], address)


def no_proxy_answer(journal: Journal, traits: Traits, server: IPv4Address) -> None:
    """Write down that port 4011 is silent."""
    fix = "send option 43 = 06 01 08 ff beside option 60 PXEClient, or neither of them, or answer on port 4011"
    cause = f"{server} sends option 60 PXEClient without option 43, and nothing answers on its port 4011"
    screen = screens.ROM_PROXY_SILENT if traits.bios else screens.UEFI_OTHER
    journal.fails("DHCP", cause, fix, screen)


def first_file(message: Message, address: IPv4Address) -> FirstFile:
    """Return what an offer or acknowledgement names."""
    return FirstFile(
        file_of(message),
        message.siaddr if message.siaddr != NOWHERE else server_of(message),
        address,
        _text(message.option(CONFIG_FILE)),
        _text(message.option(PATH_PREFIX)),
    )


def file_of(message: Message) -> str:
    """Return the boot file: option 67, which wins, or the field."""
    return _text(message.option(Option.BOOT_FILE_NAME)) or message.file


def server_of(message: Message) -> IPv4Address:
    """Return who sent a message: option 54, else siaddr."""
    return message.address_option(Option.SERVER_IDENTIFIER) or message.siaddr


def describe(offer: Message) -> str:
    """Return an offer in one line."""
    words = [f"{offer.type.name} from {server_of(offer)}:"]
    words.append(f"address {offer.yiaddr}," if offer.yiaddr != NOWHERE else "no address (a proxy),")
    words.append(f"file {file_of(offer) or '(none)'}")
    words.append(f"on {offer.siaddr}" if offer.siaddr != NOWHERE else "")
    vendor_class = _text(offer.option(Option.VENDOR_CLASS))
    words.append(f"(option 60 {vendor_class})" if vendor_class else "(no option 60)")
    return " ".join(word for word in words if word)


def _boots_as_offered(offer: Message) -> bool:
    """Say whether option 43 tells the client to take the file as offered."""
    try:
        found = dict(decode_sub_options(offer.option(Option.VENDOR_INFORMATION) or b""))
    except ProtocolError:
        return False
    control = found.get(PxeOption.DISCOVERY_CONTROL, b"")
    return len(control) == 1 and bool(control[0] & SKIP_DISCOVERY)


def _text(data: bytes | None) -> str:
    return (data or b"").partition(b"\0")[0].decode("latin-1")
