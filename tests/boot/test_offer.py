"""What each client is answered, as a table of messages and decisions; every reply is read back from its bytes."""

import dataclasses
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.boot.boot_files import NO_IMAGE, BootFile, BootFiles, bios_only
from hobnail.boot.decision import Ack, Decision, Full, Ignore, Mode, Nak, Noted, Offer, Proxy, Refuse
from hobnail.boot.offer import decide
from hobnail.boot.reply import Reply, Request
from hobnail.host.leases import LeaseTable
from hobnail.host.pool import Pool
from hobnail.wire.dhcp import NOWHERE, HardwareAddress, Message, MessageType, decode
from hobnail.wire.dhcp_options import Option
from tests.wire.clients import IPXE_BIOS, IPXE_UEFI, OVMF_HTTP, OVMF_PXE

SERVER = IPv4Address("10.77.0.1")
FOREIGN = IPv4Address("10.77.0.2")
CARD = HardwareAddress(bytes.fromhex("5254004c0009"))
EVERY = BootFiles(BootFile("pxelinux.0"), BootFile("mboot.efi"), BootFile("http://10.77.0.1/mboot.efi"))
OLD = bios_only("pxelinux.0", "ESXi 4.1.0")
SKIP = bytes.fromhex("060108ff")
SOURCE = ("10.77.0.100", 68)


def full(first: int = 100, last: int = 199) -> Full:
    network = IPv4Network("10.77.0.0/24")
    pool = Pool(network, network[first], network[last], SERVER)
    return Full(LeaseTable(pool, 7200), (FOREIGN,), (FOREIGN, SERVER), "lab")


def ask(
    message: Message, mode: Mode, files: BootFiles = EVERY, *, proxy_port: bool = False, now: float = 0
) -> Decision:
    return decide(Request(message, SOURCE, 4011 if proxy_port else 67), mode, SERVER, files, now)


def request(kind: MessageType, **fields: IPv4Address) -> Message:
    """A message of an operating system; `wanted` and `server` become options 50 and 54."""
    options = [(Option.CLIENT_IDENTIFIER, b"\xff" + b"d" * 18), (Option.PARAMETER_LIST, bytes((1, 3, 6, 15, 28)))]
    for name, code in (("wanted", Option.REQUESTED_ADDRESS), ("server", Option.SERVER_IDENTIFIER)):
        if name in fields:
            options.append((code, fields[name].packed))
    ciaddr, giaddr = fields.get("ciaddr", NOWHERE), fields.get("giaddr", NOWHERE)
    return Message(reply=False, type=kind, xid=9, hardware=CARD, ciaddr=ciaddr, giaddr=giaddr, options=tuple(options))


def sent(decision: Decision) -> tuple[Message, tuple[str, int]]:
    assert isinstance(decision, Offer | Ack | Nak), decision
    reply: Reply = decision.reply
    data = reply.encode()
    assert 300 <= len(data) <= 548
    return decode(data), reply.destination


def options(message: Message) -> dict[int, bytes]:
    return dict(message.options)


BROADCAST = ("255.255.255.255", 68)


@pytest.mark.parametrize(
    ("recorded", "file", "vendor"),
    [(IPXE_BIOS, "pxelinux.0", SKIP), (IPXE_UEFI, "", None), (OVMF_PXE, "", None)],
    ids=["iPXE BIOS", "iPXE UEFI", "OVMF PXE"],
)
def test_the_proxy_offers_a_file_without_an_address(recorded: bytes, file: str, vendor: bytes | None) -> None:
    message, destination = sent(ask(decode(recorded), Proxy()))
    assert destination == BROADCAST
    assert (message.type, message.yiaddr, message.siaddr, message.file) == (MessageType.OFFER, NOWHERE, SERVER, file)
    found = options(message)
    assert (found[54], found[60], found.get(43)) == (SERVER.packed, b"PXEClient", vendor)
    assert found[97] == options(decode(recorded))[97]
    assert not found.keys() & {1, 3, 6, 51, 175}


def test_the_proxy_offers_a_url_to_http_firmware() -> None:
    message, _ = sent(ask(decode(OVMF_HTTP), Proxy()))
    found = options(message)
    assert message.file == "http://10.77.0.1/mboot.efi"
    assert (found[60], found[67], found.get(43)) == (b"HTTPClient", b"http://10.77.0.1/mboot.efi", None)


@pytest.mark.parametrize(("recorded", "vendor"), [(OVMF_PXE, None), (IPXE_BIOS, SKIP)])
def test_port_4011_names_the_file(recorded: bytes, vendor: bytes | None) -> None:
    message, destination = sent(ask(to_4011(recorded), Proxy(), proxy_port=True))
    assert destination == SOURCE
    assert (message.type, message.siaddr, message.sname) == (MessageType.ACK, SERVER, "10.77.0.1")
    assert message.file == ("pxelinux.0" if recorded is IPXE_BIOS else "mboot.efi")
    found = options(message)
    assert (found[54], found[60], found.get(43)) == (SERVER.packed, b"PXEClient", vendor)
    assert found[97] == options(decode(recorded))[97]


def test_port_4011_repeats_the_chosen_menu_item() -> None:
    chosen = to_4011(IPXE_BIOS, (Option.VENDOR_INFORMATION, bytes.fromhex("470480000000ff")))
    message, _ = sent(ask(chosen, Proxy(), proxy_port=True))
    assert options(message)[43] == bytes.fromhex("470480000000ff")


def test_a_damaged_menu_item_is_not_repeated() -> None:
    chosen = to_4011(OVMF_PXE, (Option.VENDOR_INFORMATION, b"\x47\x09"))
    assert 43 not in options(sent(ask(chosen, Proxy(), proxy_port=True))[0])


def to_4011(recorded: bytes, *more: tuple[int, bytes]) -> Message:
    discover = decode(recorded)
    return Message(
        reply=False,
        type=MessageType.REQUEST,
        xid=discover.xid,
        hardware=discover.hardware,
        ciaddr=IPv4Address("10.77.0.100"),
        options=discover.options + more,
    )


@pytest.mark.parametrize(
    ("message", "proxy_port", "reason"),
    [
        (request(MessageType.DISCOVER), False, "not network-booting"),
        (request(MessageType.REQUEST, server=FOREIGN), False, "not network-booting"),
        (to_4011(IPXE_BIOS), False, "REQUEST is for the DHCP server that gives the addresses"),
        (
            to_4011(IPXE_BIOS, (Option.SERVER_IDENTIFIER, FOREIGN.packed)),
            False,
            "REQUEST is for the DHCP server 10.77.0.2",
        ),
        (decode(IPXE_BIOS), True, "DISCOVER is for the DHCP server"),
        (Message(reply=True, type=MessageType.OFFER, xid=1, hardware=CARD), False, "another server's reply"),
    ],
)
def test_the_proxy_is_silent_to_what_is_not_for_it(message: Message, proxy_port: bool, reason: str) -> None:
    decision = ask(message, Proxy(), proxy_port=proxy_port)
    assert isinstance(decision, Ignore)
    assert reason in decision.reason


@pytest.mark.parametrize("recorded", [IPXE_UEFI, OVMF_PXE, OVMF_HTTP])
def test_the_proxy_is_silent_to_firmware_that_the_image_lacks(recorded: bytes) -> None:
    for message, proxy_port in ((decode(recorded), False), (to_4011(recorded), True)):
        decision = ask(message, Proxy(), OLD, proxy_port=proxy_port)
        assert isinstance(decision, Refuse)
        assert "set the machine to legacy (BIOS) boot" in decision.reason


def test_without_an_image_the_proxy_is_silent_and_says_what_to_do() -> None:
    decision = ask(decode(IPXE_BIOS), Proxy(), NO_IMAGE)
    assert isinstance(decision, Refuse)
    assert "hobnail image import FILE" in decision.reason


@pytest.mark.parametrize(
    ("recorded", "client_class", "file", "vendor", "ipxe"),
    [
        (IPXE_BIOS, b"PXEClient", "pxelinux.0", SKIP, b"\xb0\x01\x01"),
        (IPXE_UEFI, b"PXEClient", "mboot.efi", SKIP, b"\xb0\x01\x01"),
        (OVMF_PXE, b"PXEClient", "mboot.efi", SKIP, None),
        (OVMF_HTTP, b"HTTPClient", "http://10.77.0.1/mboot.efi", None, None),
    ],
    ids=["iPXE BIOS", "iPXE UEFI", "OVMF PXE", "OVMF HTTP"],
)
def test_the_full_server_offers_address_and_file(
    recorded: bytes, client_class: bytes, file: str, vendor: bytes | None, ipxe: bytes | None
) -> None:
    message, destination = sent(ask(decode(recorded), full()))
    assert destination == BROADCAST
    assert (message.yiaddr, message.siaddr, message.file) == (IPv4Address("10.77.0.100"), SERVER, file)
    found = options(message)
    assert (found[60], found.get(43), found.get(175)) == (client_class, vendor, ipxe)
    assert (found[1], found[3], found[6], found[15], found[51]) == (
        bytes((255, 255, 255, 0)),
        FOREIGN.packed,
        FOREIGN.packed + SERVER.packed,
        b"lab",
        (7200).to_bytes(4, "big"),
    )
    assert found[67] == file.encode()
    assert found.get(66) == (None if recorded is OVMF_HTTP else b"10.77.0.1")


def test_an_operating_system_gets_an_address_and_no_file() -> None:
    mode = full()
    message, _ = sent(ask(request(MessageType.DISCOVER), mode))
    assert (message.siaddr, message.file) == (NOWHERE, "")
    assert not options(message).keys() & {43, 60, 66, 67, 97, 175}
    assert options(message)[28] == bytes((10, 77, 0, 255))
    assert options(message)[61] == b"\xff" + b"d" * 18
    decision = ask(request(MessageType.REQUEST, wanted=message.yiaddr, server=SERVER), mode)
    assert isinstance(decision, Ack)
    assert decision.no_file == ""
    assert sent(decision)[0].yiaddr == message.yiaddr


def test_firmware_that_the_image_lacks_gets_an_address_only() -> None:
    decision = ask(decode(OVMF_PXE), full(), OLD)
    assert isinstance(decision, Offer)
    assert "legacy (BIOS) boot" in decision.no_file
    message, _ = sent(decision)
    assert (message.yiaddr, message.file) == (IPv4Address("10.77.0.100"), "")
    assert not options(message).keys() & {43, 60, 67}


def test_the_same_machine_keeps_its_address_under_other_client_identifiers() -> None:
    mode = full()
    first, _ = sent(ask(decode(IPXE_BIOS), mode))
    loader = Message(reply=False, type=MessageType.DISCOVER, xid=3, hardware=first.hardware)
    assert sent(ask(loader, mode))[0].yiaddr == first.yiaddr


def bound(mode: Full) -> IPv4Address:
    address = sent(ask(request(MessageType.DISCOVER), mode))[0].yiaddr
    assert isinstance(ask(request(MessageType.REQUEST, wanted=address, server=SERVER), mode), Ack)
    return address


def test_init_reboot_of_the_own_address_is_acknowledged() -> None:
    mode = full()
    address = bound(mode)
    message, destination = sent(ask(request(MessageType.REQUEST, wanted=address), mode))
    assert (message.type, message.yiaddr, destination) == (MessageType.ACK, address, BROADCAST)


def test_renewing_is_answered_to_the_host_itself() -> None:
    mode = full()
    address = bound(mode)
    message, destination = sent(ask(request(MessageType.REQUEST, ciaddr=address), mode, now=3600))
    assert (message.type, message.yiaddr, message.ciaddr) == (MessageType.ACK, address, address)
    assert destination == (str(address), 68)
    lease = mode.leases.lease_at(address, 3600)
    assert lease is not None
    assert lease.expires == 3600 + 7200


@pytest.mark.parametrize("field", ["wanted", "ciaddr"])
@pytest.mark.parametrize("address", ["192.168.1.20", "10.77.0.50", "10.77.0.101"])
def test_an_address_that_is_not_the_hosts_gets_nak_in_every_state(field: str, address: str) -> None:
    mode = full()
    bound(mode)
    decision = ask(request(MessageType.REQUEST, **{field: IPv4Address(address)}), mode)
    assert isinstance(decision, Nak)
    message, destination = sent(decision)
    assert (message.type, message.yiaddr, destination) == (MessageType.NAK, NOWHERE, BROADCAST)
    assert options(message)[56].decode() == decision.reason
    assert not options(message).keys() & {1, 51}


def test_another_hosts_address_gets_nak() -> None:
    mode = full()
    other = sent(ask(decode(IPXE_BIOS), mode))[0].yiaddr
    decision = ask(request(MessageType.REQUEST, wanted=other, server=SERVER), mode)
    assert isinstance(decision, Nak)
    assert "leased to 52:54:00:4c:00:01" in decision.reason


def test_choosing_another_server_frees_the_offer() -> None:
    mode = full(100, 100)
    sent(ask(request(MessageType.DISCOVER), mode))
    assert isinstance(ask(decode(IPXE_BIOS), mode), Refuse)
    decision = ask(request(MessageType.REQUEST, wanted=IPv4Address("10.77.0.5"), server=FOREIGN), mode)
    assert decision == Ignore("it takes its address from the DHCP server 10.77.0.2")
    assert isinstance(ask(decode(IPXE_BIOS), mode), Offer)


def test_a_request_without_an_address_is_ignored() -> None:
    assert isinstance(ask(request(MessageType.REQUEST, server=SERVER), full()), Ignore)


def test_release_and_decline() -> None:
    mode = full()
    address = bound(mode)
    assert ask(request(MessageType.RELEASE, ciaddr=FOREIGN, server=SERVER), mode) == Ignore(
        "10.77.0.2 is not its address"
    )
    assert isinstance(ask(request(MessageType.RELEASE, ciaddr=address, server=FOREIGN), mode), Ignore)
    assert ask(request(MessageType.RELEASE, ciaddr=address, server=SERVER), mode) == Noted(
        address, "gave 10.77.0.100 back"
    )
    assert bound(mode) == address
    noted = ask(request(MessageType.DECLINE, wanted=address, server=SERVER), mode)
    assert isinstance(noted, Noted)
    assert "another machine uses 10.77.0.100" in noted.reason
    assert bound(mode) != address


def test_inform_gets_options_without_an_address() -> None:
    address = IPv4Address("10.77.0.30")
    message, destination = sent(ask(request(MessageType.INFORM, ciaddr=address), full()))
    assert (message.type, message.yiaddr, message.ciaddr) == (MessageType.ACK, NOWHERE, address)
    assert destination == (str(address), 68)
    assert options(message)[1] == bytes((255, 255, 255, 0))
    assert 51 not in options(message)


@pytest.mark.parametrize("address", [NOWHERE, IPv4Address("192.168.1.20")])
def test_inform_from_elsewhere_is_ignored(address: IPv4Address) -> None:
    assert isinstance(ask(request(MessageType.INFORM, ciaddr=address), full()), Ignore)


def test_a_relayed_request_is_answered_through_its_relay() -> None:
    relay = IPv4Address("10.77.0.254")
    asked = request(MessageType.DISCOVER, giaddr=relay)
    asked = dataclasses.replace(asked, hops=1, options=((Option.RELAY_AGENT, b"\x01\x02p7"), *asked.options))
    message, destination = sent(ask(asked, full()))
    assert destination == (str(relay), 67)
    assert (message.giaddr, message.hops) == (relay, 0)
    assert message.options[-1] == (82, b"\x01\x02p7")


def test_the_proxy_answers_through_a_relay_of_any_network() -> None:
    relay = IPv4Address("10.88.0.254")
    message, destination = sent(ask(dataclasses.replace(decode(IPXE_BIOS), giaddr=relay, hops=1), Proxy()))
    assert (destination, message.giaddr, message.file) == ((str(relay), 67), relay, "pxelinux.0")


def test_nak_through_a_relay_is_to_be_broadcast() -> None:
    asked = request(MessageType.REQUEST, wanted=IPv4Address("192.168.1.20"), giaddr=IPv4Address("10.77.0.254"))
    message, destination = sent(ask(asked, full()))
    assert (message.type, message.broadcast, destination) == (MessageType.NAK, True, ("10.77.0.254", 67))


def test_a_relay_of_another_network_is_refused_by_name() -> None:
    decision = ask(request(MessageType.DISCOVER, giaddr=IPv4Address("10.88.0.254")), full())
    assert isinstance(decision, Refuse)
    assert "the relay 10.88.0.254, and the range is in 10.77.0.0/24" in decision.reason


def test_a_range_for_a_relay_is_not_given_to_our_own_network() -> None:
    network = IPv4Network("10.88.0.0/24")
    mode = Full(LeaseTable(Pool(network, network[100], network[199], SERVER), 7200))
    assert isinstance(ask(request(MessageType.DISCOVER), mode), Refuse)
    relayed = ask(request(MessageType.DISCOVER, giaddr=network[254]), mode)
    assert isinstance(relayed, Offer)
    renewed = ask(request(MessageType.REQUEST, ciaddr=network[100]), mode)
    assert sent(renewed)[1] == ("10.88.0.100", 68)


def test_a_used_up_range_is_refused_with_what_to_do() -> None:
    mode = full(100, 100)
    bound(mode)
    decision = ask(decode(IPXE_BIOS), mode)
    assert isinstance(decision, Refuse)
    assert "widen the range" in decision.reason


@given(
    kind=st.sampled_from(MessageType),
    values=st.dictionaries(st.sampled_from([43, 55, 60, 61, 77, 82, 93, 97, 175]), st.binary(max_size=255)),
    addresses=st.lists(
        st.sampled_from([NOWHERE, SERVER, FOREIGN, IPv4Address("10.77.0.100")]), min_size=4, max_size=4
    ),
    proxy=st.booleans(),
    proxy_port=st.booleans(),
)
def test_any_message_is_decided_and_any_reply_fits(
    kind: MessageType, values: dict[int, bytes], addresses: tuple[IPv4Address, ...], proxy: bool, proxy_port: bool
) -> None:
    extra = ((50, addresses[2].packed), (54, addresses[3].packed))
    message = Message(
        reply=False,
        type=kind,
        xid=1,
        hardware=CARD,
        ciaddr=addresses[0],
        giaddr=addresses[1],
        options=(*values.items(), *extra),
    )
    decision = ask(message, Proxy() if proxy else full(), proxy_port=proxy_port)
    if isinstance(decision, Offer | Ack | Nak):
        data = decision.reply.encode()
        assert 300 <= len(data) <= 548
        assert decode(data).reply
