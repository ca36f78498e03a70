"""Other people's DHCP clients, servers and relays against ours: dhclient, udhcpc, dnsmasq."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from hobnail.boot.decision import Full
from hobnail.errors import SystemFailure
from hobnail.host.leases import LeaseTable
from hobnail.host.pool import Pool
from tests.namespaces import Namespace, Namespaces
from tests.serve.dhcp_lab import PROXY, Lab, full, options_of, raw_client, serving, start_dnsmasq
from tests.tools import need_root, need_tool
from tests.wire.clients import IPXE_BIOS

MAC = "52:54:00:4c:00:01"

DHCLIENT_SCRIPT = """#!/bin/sh
echo "$reason $new_ip_address $new_subnet_mask $new_routers" >> "$LOG"
case "$reason" in
PREINIT) ip link set "$interface" up ;;
BOUND|REBOOT) ip address replace "$new_ip_address/24" dev "$interface" ;;
RENEW|REBIND) ;;
RELEASE|EXPIRE|STOP) ip address flush dev "$interface" ;;
esac
"""

UDHCPC_SCRIPT = """#!/bin/sh
[ "$1" = bound ] && echo "$interface $ip $subnet $router" >> "$LOG"
exit 0
"""


class Clients:
    """Runs the clients on one machine; their scripts write down what they were given, and touch nothing else."""

    def __init__(self, machine: Namespace, folder: Path) -> None:
        self.machine = machine
        self.log = folder / "log"
        self.log.touch()
        self._folder = folder
        self._script("dhclient.sh", DHCLIENT_SCRIPT)
        self._script("udhcpc.sh", UDHCPC_SCRIPT)

    def _script(self, name: str, text: str) -> None:
        path = self._folder / name
        path.write_text(text.replace("$LOG", str(self.log)))
        path.chmod(0o755)

    def _dhclient(self, *arguments: str) -> list[str]:
        folder = self._folder
        files = ("-sf", f"{folder}/dhclient.sh", "-lf", f"{folder}/dhclient.leases", "-pf", f"{folder}/dhclient.pid")
        return ["dhclient", "-4", "-v", *files, "-cf", "/dev/null", *arguments, "eth0"]

    def start_dhclient(self) -> None:
        self.machine.start(*self._dhclient("-d"), log=self._folder / "dhclient.txt")

    def release_dhclient(self) -> None:
        done = self.machine.run(*self._dhclient("-r"))
        assert done.returncode == 0, done.stderr

    def remember(self, address: str) -> None:
        """Let dhclient believe that it has a lease from somewhere else."""
        text = (
            f'lease {{ interface "eth0"; fixed-address {address}; option subnet-mask 255.255.255.0;\n'
            "renew 5 2035/01/01 00:00:00; rebind 5 2035/01/02 00:00:00; expire 5 2035/01/03 00:00:00; }\n"
        )
        (self._folder / "dhclient.leases").write_text(text)

    def udhcpc(self, interface: str = "eth0") -> str:
        """Get a lease and return what was given: interface, address, mask, router."""
        before = self.log.read_text()
        done = self.machine.run(
            *("udhcpc", "-f", "-n", "-q", "-t", "6", "-T", "1", "-i", interface),
            *("-s", f"{self._folder}/udhcpc.sh"),
        )
        assert done.returncode == 0, done.stderr
        return self.log.read_text().removeprefix(before).strip()


@pytest.fixture
def machines() -> Iterator[Namespaces]:
    need_root()
    need_tool("ip")
    with Namespaces() as lan:
        yield lan


@pytest.fixture
def lan(machines: Namespaces) -> tuple[Namespace, Namespace]:
    """A server, 10.77.0.1, and a client without an address."""
    server, client = machines.add("server"), machines.add("client")
    machines.connect(server, "eth0", client, "eth0")
    server.set_address("eth0", "10.77.0.1/24")
    client.ip("link", "set", "eth0", "address", MAC)
    return server, client


Lan = tuple[Namespace, Namespace]


def heard(lab: Lab, message: str, outcome: str, count: int = 1) -> str | None:
    """Wait until such a message was decided so often; return the last one's address."""
    addresses: list[str | None] = []

    def enough(_: object) -> bool:
        found = [event for event in lab.events if (event.message, event.outcome) == (message, outcome)]
        addresses[:] = [event.address for event in found]
        return len(found) >= count

    lab.wait_for(enough, seconds=12)
    return addresses[-1]


def test_dhclient_gets_renews_and_gives_back_its_lease(lan: Lan, tmp_path: Path) -> None:
    need_tool("dhclient")
    server, client = lan
    clients = Clients(client, tmp_path)
    mode = full(server, "eth0", "10.77.0.100", "10.77.0.199", seconds=4)
    with serving(server, "eth0", mode) as lab:
        clients.start_dhclient()
        address = heard(lab, "REQUEST", "acknowledged")
        assert heard(lab, "REQUEST", "acknowledged", count=2) == address
        clients.release_dhclient()
        assert heard(lab, "RELEASE", "acknowledged") == address
        clients.start_dhclient()
        assert heard(lab, "REQUEST", "acknowledged", count=3) == address
        assert [event.mac for event in lab.events] == [MAC] * len(lab.events)
    said = clients.log.read_text()
    assert f"BOUND {address} 255.255.255.0 10.77.0.1" in said
    assert f"RENEW {address} 255.255.255.0 10.77.0.1" in said


def test_dhclient_with_a_foreign_address_is_refused_and_begins_anew(lan: Lan, tmp_path: Path) -> None:
    need_tool("dhclient")
    server, client = lan
    clients = Clients(client, tmp_path)
    clients.remember("192.168.1.20")
    with serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199")) as lab:
        clients.start_dhclient()
        heard(lab, "REQUEST", "refused")
        assert heard(lab, "REQUEST", "acknowledged") == "10.77.0.100"
    assert (lab.events[0].message, lab.events[0].outcome) == ("REQUEST", "refused")
    assert "192.168.1.20 is not one that is given here" in lab.events[0].reason


def test_dhclient_keeps_its_address_over_a_reboot(lan: Lan, tmp_path: Path) -> None:
    need_tool("dhclient")
    server, client = lan
    clients = Clients(client, tmp_path)
    clients.remember("10.77.0.150")
    with serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199")) as lab:
        clients.start_dhclient()
        assert heard(lab, "REQUEST", "acknowledged") == "10.77.0.150"
    assert "DISCOVER" not in [event.message for event in lab.events]


def test_udhcpc_gets_the_same_address_again(lan: Lan, tmp_path: Path) -> None:
    need_tool("udhcpc")
    server, client = lan
    clients = Clients(client, tmp_path)
    with serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199"), lease_file=tmp_path / "leases"):
        given = clients.udhcpc()
    with serving(server, "eth0", full(server, "eth0", "10.77.0.100", "10.77.0.199"), lease_file=tmp_path / "leases"):
        assert clients.udhcpc() == given == "eth0 10.77.0.100 255.255.255.0 10.77.0.1"


def test_twenty_hosts_with_consecutive_macs_at_once(lan: Lan, tmp_path: Path) -> None:
    need_tool("udhcpc")
    server, client = lan
    cards = [f"card{number}" for number in range(20)]
    for number, card in enumerate(cards):
        mac = f"52:54:00:4c:01:{number:02x}"
        client.ip("link", "add", card, "link", "eth0", "address", mac, "type", "macvlan", "mode", "bridge")
        client.ip("link", "set", card, "up")
    clients = []
    for card in cards:
        (tmp_path / card).mkdir()
        clients.append(Clients(client, tmp_path / card))
    mode = full(server, "eth0", "10.77.0.100", "10.77.0.119")
    with serving(server, "eth0", mode, lease_file=tmp_path / "leases"), ThreadPoolExecutor(len(cards)) as crowd:
        given = list(crowd.map(Clients.udhcpc, clients, cards))
    addresses = {line.split()[1] for line in given}
    assert addresses == {f"10.77.0.{number}" for number in range(100, 120)}


def test_a_host_behind_dnsmasqs_relay(machines: Namespaces, tmp_path: Path) -> None:
    need_tool("dnsmasq", "udhcpc")
    server, relay, client = (machines.add(label) for label in ("server", "relay", "client"))
    machines.connect(server, "eth0", relay, "eth0")
    machines.connect(relay, "eth1", client, "eth0")
    server.set_address("eth0", "10.77.0.1/24")
    relay.set_address("eth0", "10.77.0.254/24")
    relay.set_address("eth1", "10.88.0.254/24")
    server.ip("route", "add", "10.88.0.0/24", "via", "10.77.0.254")
    start_dnsmasq(relay, tmp_path, "--dhcp-relay=10.88.0.254,10.77.0.1")
    network = IPv4Network("10.88.0.0/24")
    pool = Pool(network, network[100], network[199], IPv4Address("10.77.0.1"))
    with serving(server, "eth0", Full(LeaseTable(pool, 600), routers=(network[254],))):
        given = Clients(client, tmp_path).udhcpc()
    assert given == "eth0 10.88.0.100 255.255.255.0 10.88.0.254"


def test_the_proxy_beside_dnsmasq(machines: Namespaces, tmp_path: Path) -> None:
    need_tool("dnsmasq", "dhclient")
    switch, ours, theirs, client = (machines.add(label) for label in ("switch", "ours", "theirs", "client"))
    for number, machine in enumerate((ours, theirs, client)):
        machines.connect(switch, f"port{number}", machine, "eth0")
    switch.add_bridge("br0", "port0", "port1", "port2")
    ours.set_address("eth0", "10.77.0.1/24")
    theirs.set_address("eth0", "10.77.0.2/24")
    start_dnsmasq(theirs, tmp_path, "--interface=eth0", "--dhcp-range=10.77.0.50,10.77.0.99")
    with serving(ours, "eth0", PROXY) as lab:
        with raw_client(client, "eth0") as door:
            asked = bytearray(IPXE_BIOS)
            asked[10] = 0x80  # dnsmasq would answer by unicast to an address that this client has not
            door.sendto(asked, ("255.255.255.255", 67))
            offers = {source: data for data, source in (door.recvfrom(2000) for _ in range(2))}
        proxied, leased = offers["10.77.0.1", 67], offers["10.77.0.2", 67]
        assert (proxied[16:20], options_of(proxied)[60]) == (bytes(4), b"PXEClient")
        assert (leased[16:19], options_of(leased)[53]) == (bytes((10, 77, 0)), b"\x02")
        clients = Clients(client, tmp_path)
        clients.start_dhclient()
        lab.wait_for(lambda event: event.message == "REQUEST")
    assert {event.outcome for event in lab.events[1:]} == {"ignored"}


def test_dnsmasq_on_the_same_machine_is_noticed(lan: Lan, tmp_path: Path) -> None:
    need_tool("dnsmasq")
    server, _ = lan
    start_dnsmasq(server, tmp_path, "--dhcp-range=10.77.0.50,10.77.0.99")
    with (
        pytest.raises(SystemFailure, match=r"another DHCP server runs.*--dhcp off prints the options"),
        serving(server, "eth0", PROXY),
    ):
        raise AssertionError("both started")
