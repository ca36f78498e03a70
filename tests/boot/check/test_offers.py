"""What each client makes of the offers that it gets, and that it asks as the recorded ones did."""

from dataclasses import replace
from ipaddress import IPv4Address

import pytest

from hobnail.boot.check.clients import TRAITS, Client, discover
from hobnail.boot.check.journal import Journal
from hobnail.boot.check.offers import AskProxy, FirstFile, choose
from hobnail.wire.dhcp import Message, MessageType, decode, encode
from hobnail.wire.dhcp_options import Option
from hobnail.wire.pxe import BOOT_AS_OFFERED, PxeClient, identify
from tests.boot.check.trees import MAC
from tests.wire.clients import IPXE_BIOS, OVMF_HTTP, OVMF_PXE

SERVER, ADDRESS = IPv4Address("10.77.0.1"), IPv4Address("10.77.0.100")
PXE = (int(Option.VENDOR_CLASS), b"PXEClient")
HTTP = (int(Option.VENDOR_CLASS), b"HTTPClient")
SKIP = (int(Option.VENDOR_INFORMATION), BOOT_AS_OFFERED)


def offer(*options: tuple[int, bytes], file: str = "", address: IPv4Address | None = ADDRESS) -> Message:
    asked = discover(Client.BIOS, MAC, 7)
    identifier = (int(Option.SERVER_IDENTIFIER), SERVER.packed)
    made = replace(
        asked, reply=True, type=MessageType.OFFER, siaddr=SERVER, file=file, options=(identifier, *options)
    )
    return replace(made, yiaddr=address) if address else made


FIRST = FirstFile("boot", SERVER, ADDRESS)


@pytest.mark.parametrize(
    ("client", "offers", "expected", "screen"),
    [
        (Client.BIOS, [offer(file="boot")], FIRST, None),
        (Client.BIOS, [offer(PXE, file="boot")], FIRST, None),
        (Client.BIOS, [offer(), offer(PXE, SKIP, file="boot", address=None)], FIRST, None),
        (Client.BIOS, [offer(file="other"), offer(PXE, SKIP, file="boot", address=None)], FIRST, None),
        (Client.BIOS, [offer(), offer(PXE, address=None)], AskProxy(SERVER, ADDRESS), None),
        (Client.BIOS, [offer()], None, "PXE-E53: No boot filename received"),
        (Client.BIOS, [], None, "PXE-E51: No DHCP or proxyDHCP offers were received."),
        (Client.UEFI, [], None, "PXE-E16: No offer received."),
        (Client.UEFI, [offer(PXE, SKIP, file="boot")], FIRST, None),
        (Client.UEFI, [offer(file="boot")], FIRST, None),
        (Client.UEFI, [offer(PXE, file="boot")], AskProxy(SERVER, ADDRESS), None),
        (Client.IPXE_UEFI, [offer(PXE, file="boot")], FIRST, None),
        (Client.UEFI_HTTP, [offer(HTTP, (67, b"http://h/x"))], FirstFile("http://h/x", SERVER, ADDRESS), None),
        (Client.UEFI_HTTP, [offer(file="boot")], None, ""),
        (
            Client.BIOS,
            [offer((67, b"boot\0"), (209, b"c"), (210, b"p/"))],
            replace(FIRST, config="c", prefix="p/"),
            None,
        ),
    ],
)
def test_offers(
    client: Client, offers: list[Message], expected: FirstFile | AskProxy | None, screen: str | None
) -> None:
    journal = Journal()
    assert choose(journal, TRAITS[client], offers) == expected
    first = journal.first_failure
    assert (first.screen.text if first else None) == screen


def test_a_proxy_alone_is_not_enough() -> None:
    journal = Journal()
    choose(journal, TRAITS[Client.BIOS], [offer(PXE, SKIP, file="boot", address=None)])
    assert journal.first_failure is not None
    assert "only a proxy answers" in journal.first_failure.cause


@pytest.mark.parametrize(
    ("client", "recorded"), [(Client.IPXE_BIOS, IPXE_BIOS), (Client.UEFI, OVMF_PXE), (Client.UEFI_HTTP, OVMF_HTTP)]
)
def test_discover_is_as_recorded(client: Client, recorded: bytes) -> None:
    made, real = decode(encode(discover(client, MAC, 7), 1472)), decode(recorded)
    assert [code for code, _ in made.options] == [code for code, _ in real.options]
    for code in (Option.ARCHITECTURE, Option.VENDOR_CLASS, Option.NETWORK_INTERFACE, Option.MAX_MESSAGE_SIZE):
        assert made.option(code) == real.option(code)


@pytest.mark.parametrize("client", Client)
def test_our_own_server_knows_each_client(client: Client) -> None:
    known = identify(decode(encode(discover(client, MAC, 7), 1472)))
    assert isinstance(known, PxeClient)
    traits = TRAITS[client]
    assert (known.is_bios, known.http, known.ipxe is not None) == (traits.bios, traits.http, traits.ipxe)
