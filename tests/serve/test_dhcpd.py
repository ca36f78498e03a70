"""The DHCP server on the wire, against raw clients: who is answered, from where, on which interface, and when not."""

import resource
import signal
import socket
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure
from tests.namespaces import Namespace, Namespaces
from tests.serve.dhcp_lab import PROXY, full, hears_nothing, options_of, raw_client, serving
from tests.tools import need_root, need_tool
from tests.wire.clients import IPXE_BIOS, OVMF_PXE

EVERYONE = ("255.255.255.255", 67)


def discover(mac: str = "52:54:00:4c:00:01") -> bytes:
    """An operating system's DISCOVER, laid by hand."""
    fixed = b"\x01\x01\x06\x00\0\0\0\x07".ljust(28, b"\0") + bytes.fromhex(mac.replace(":", ""))
    return fixed.ljust(236, b"\0") + bytes.fromhex("63825363 350101 370403010628 ff")


def request(address: str, mac: str = "52:54:00:4c:00:01") -> bytes:
    """An operating system's REQUEST in INIT-REBOOT, laid by hand."""
    wanted = bytes.fromhex("63825363 350103 3204") + IPv4Address(address).packed + b"\xff"
    return discover(mac)[:236] + wanted


@pytest.fixture
def lan() -> Iterator[tuple[Namespace, Namespace]]:
    """A server (eth0 10.77.0.1, eth1 10.78.0.1) and a client, joined by both networks."""
    need_root()
    need_tool("ip")
    with Namespaces() as machines:
        server, client = machines.add("server"), machines.add("client")
        for number in (0, 1):
            machines.connect(server, f"eth{number}", client, f"eth{number}")
            server.set_address(f"eth{number}", f"10.7{7 + number}.0.1/24")
        client.ip("link", "set", "eth0", "address", "52:54:00:4c:00:01")
        yield server, client


Lan = tuple[Namespace, Namespace]


def test_the_proxy_answers_firmware_by_broadcast_and_leaves_systems_alone(lan: Lan) -> None:
    server, client = lan
    with serving(server, "eth0", PROXY) as lab, raw_client(client, "eth0") as door:
        door.sendto(IPXE_BIOS, EVERYONE)
        data, source = door.recvfrom(2000)
        assert source == ("10.77.0.1", 67)
        assert data[16:20] == bytes(4)
        assert data[108:119] == b"pxelinux.0\0"
        options = options_of(data)
        assert (options[53], options[60], options[43]) == (b"\x02", b"PXEClient", bytes.fromhex("060108ff"))
        door.sendto(discover(), EVERYONE)
        assert hears_nothing(door)
    events = [(event.client, event.message, event.outcome) for event in lab.events]
    assert events == [("iPXE BIOS", "DISCOVER", "offered"), ("not network-booting", "DISCOVER", "ignored")]
    assert lab.events[0].uuid == "45fa2002-d1c9-2a50-9c3e-4a0000000001"


def test_the_proxy_is_silent_to_uefi_and_says_why(lan: Lan) -> None:
    server, client = lan
    with serving(server, "eth0", PROXY) as lab, raw_client(client, "eth0") as door:
        door.sendto(OVMF_PXE, EVERYONE)
        assert hears_nothing(door)
        event = lab.wait_for(lambda event: event.outcome == "refused")
    assert event.client == "UEFI x86-64"
    assert event.reason == "ESXi 4.1.0 boots by BIOS firmware only; set the machine to legacy (BIOS) boot"


def test_port_4011_answers_where_it_was_asked_from(lan: Lan) -> None:
    server, client = lan
    client.set_address("eth0", "10.77.0.50/24")
    asked = bytearray(IPXE_BIOS)
    asked[12:16] = IPv4Address("10.77.0.50").packed
    asked[242] = 3
    with serving(server, "eth0", PROXY) as lab, client.entered():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            door.bind(("10.77.0.50", 4011))
            door.settimeout(3)
            door.sendto(bytes(asked), ("10.77.0.1", 4011))
            data, source = door.recvfrom(2000)
        event = lab.wait_for(lambda event: event.message == "REQUEST")
        with server.entered():
            assert lab.server.mac_of("10.77.0.50") == "52:54:00:4c:00:01"
            assert lab.server.mac_of("10.99.0.50") is None
    assert source == ("10.77.0.1", 4011)
    assert (options_of(data)[53], data[20:24], data[44:54]) == (b"\x05", bytes((10, 77, 0, 1)), b"10.77.0.1\0")
    assert (event.outcome, event.address) == ("acknowledged", "10.77.0.50")


@pytest.mark.parametrize("mode", ["proxy", "full"])
def test_the_other_interface_gets_silence(lan: Lan, mode: str) -> None:
    server, client = lan
    chosen = PROXY if mode == "proxy" else full(server, "eth0", "10.77.0.100", "10.77.0.199")
    client.set_address("eth1", "10.78.0.50/24")
    with serving(server, "eth0", chosen) as lab:
        with raw_client(client, "eth1") as door:
            door.sendto(IPXE_BIOS, EVERYONE)
            door.sendto(IPXE_BIOS, ("10.78.0.1", 67))
            door.sendto(IPXE_BIOS, ("10.77.0.1", 67))
            assert hears_nothing(door)
        with raw_client(client, "eth0") as door:
            door.sendto(IPXE_BIOS, EVERYONE)
            assert door.recv(2000)[0] == 2
    assert len(lab.events) == 1


def test_bytes_that_are_no_dhcp_do_not_stop_the_server(lan: Lan) -> None:
    server, client = lan
    mode = full(server, "eth0", "10.77.0.100", "10.77.0.199")
    with serving(server, "eth0", mode) as lab, raw_client(client, "eth0") as door:
        for junk in (b"", b"x", IPXE_BIOS[:100], IPXE_BIOS[:-5], bytes(1400)):
            door.sendto(junk, EVERYONE)
        door.sendto(IPXE_BIOS, EVERYONE)
        assert door.recv(2000)[0] == 2
    assert lab.server.malformed == 5
    malformed = [event for event in lab.events if event.message == "malformed"]
    assert [event.outcome for event in malformed] == ["ignored"] * 5
    assert "runs past the end" in malformed[3].reason


def test_a_lease_is_on_disk_before_its_ack_and_outlives_the_server(lan: Lan, tmp_path: Path) -> None:
    server, client = lan
    path = tmp_path / "leases"
    with raw_client(client, "eth0") as door:
        with serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199"), lease_file=path) as lab:
            door.sendto(discover(), EVERYONE)
            address = str(IPv4Address(door.recv(2000)[16:20]))
            assert address not in path.read_text()
            assert lab.server.mac_of(address) == "52:54:00:4c:00:01"
            door.sendto(request(address), EVERYONE)
            assert options_of(door.recv(2000))[53] == b"\x05"
            assert f"{address} 52:54:00:4c:00:01 bound" in path.read_text()
        with serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199"), lease_file=path) as lab:
            assert lab.server.mac_of(address) == "52:54:00:4c:00:01"
            door.sendto(discover("52:54:00:4c:00:02"), EVERYONE)
            assert str(IPv4Address(door.recv(2000)[16:20])) != address


def test_who_took_a_lease_in_anothers_name_is_known_by_its_own_card(lan: Lan) -> None:
    server, client = lan
    victim = "52:54:00:4c:00:99"
    mode = full(server, "eth0", "10.77.0.100", "10.77.0.199")
    with serving(server, "eth0", mode) as lab:
        with raw_client(client, "eth0") as door:
            door.sendto(request("10.77.0.100", victim), EVERYONE)
            assert options_of(door.recv(2000))[53] == b"\x05"
        with server.entered():
            assert lab.server.mac_of("10.77.0.100") == victim, "nobody has the address yet: the lease counts"
        client.set_address("eth0", "10.77.0.100/24")
        with server.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
            listener.bind(("10.77.0.1", 6969))
            listener.settimeout(5)
            with client.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"hello", ("10.77.0.1", 6969))
            assert listener.recv(10) == b"hello"
            assert lab.server.mac_of("10.77.0.100") == "52:54:00:4c:00:01"


def test_no_ack_leaves_while_the_disk_is_full(lan: Lan, tmp_path: Path) -> None:
    server, client = lan
    path = tmp_path / "leases"
    mode = full(server, "eth0", "10.77.0.100", "10.77.0.199")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with serving(server, "eth0", mode, lease_file=path) as lab, raw_client(client, "eth0") as door:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, limits[1]))
            door.sendto(request("10.77.0.100"), EVERYONE)
            assert hears_nothing(door)
            assert "cannot write the lease file" in lab.wait_for(lambda event: event.outcome == "refused").reason
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            door.sendto(request("10.77.0.100"), EVERYONE)
            door.settimeout(3)
            assert options_of(door.recv(2000))[53] == b"\x05"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)


def test_a_second_server_on_the_port_is_noticed(lan: Lan) -> None:
    server, _ = lan
    with serving(server, "eth0", PROXY):
        with (
            pytest.raises(SystemFailure, match="UDP port 67 is in use: another DHCP server runs on this machine"),
            serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199")),
        ):
            raise AssertionError("both started")
        with serving(server, "eth1", PROXY):
            pass


def test_port_67_is_given_back_when_4011_is_taken(lan: Lan) -> None:
    server, _ = lan
    with server.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 4011))
        with (
            pytest.raises(SystemFailure, match=r"UDP port 4011 is in use: another PXE server.*sport = :4011"),
            serving(server, "eth0", PROXY),
        ):
            raise AssertionError("both started")
        with serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199")):
            pass
