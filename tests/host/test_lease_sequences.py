"""Leases: any sequence of hosts doing anything, with restarts and clocks set back; two never share an address."""

from ipaddress import IPv4Address

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hobnail.host.leases import OFFER_SECONDS, QUARANTINE_SECONDS, Lease
from hobnail.wire.dhcp import HardwareAddress
from tests.host.test_leases import HOSTS, RESERVED, SECONDS, at, table


class Hosts(RuleBasedStateMachine):
    """Hosts that boot, renew, reboot with stale knowledge, decline and die, over a small range."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.leases = table(10, 14)
        self.written: dict[IPv4Address, Lease] = {}
        self.offers: dict[HardwareAddress, IPv4Address] = {}
        self.holds: dict[HardwareAddress, tuple[IPv4Address, float]] = {}
        self.quarantined: dict[IPv4Address, float] = {}

    hosts = st.sampled_from(HOSTS)
    addresses = st.integers(1, 60).map(at)

    @rule(host=hosts, wanted=st.none() | addresses)
    def discover(self, host: HardwareAddress, wanted: IPv4Address | None) -> None:
        self.holds.pop(host, None)  # a host that begins anew does not use its address any more
        lease = self.leases.offer(host, wanted, self.now)
        self.offers.pop(host, None)
        if isinstance(lease, Lease):
            assert lease.expires >= self.now + OFFER_SECONDS
            self.offers[host] = lease.address

    @rule(host=hosts)
    @precondition(lambda self: self.offers)
    def take_the_offer(self, host: HardwareAddress) -> None:
        if host in self.offers:
            self.request(host, self.offers.pop(host))

    @rule(host=hosts, address=addresses)
    def request(self, host: HardwareAddress, address: IPv4Address) -> None:
        lease = self.leases.bind(host, address, self.now)
        if isinstance(lease, Lease):
            assert lease.address == address
            assert self.quarantined.get(address, self.now) <= self.now
            self.holds[host] = (address, lease.expires)
        elif self.holds.get(host, (None, 0))[0] == address:
            self.holds.pop(host)

    @rule(host=hosts, address=addresses, verb=st.sampled_from(["release", "decline"]), honest=st.booleans())
    def give_up(self, host: HardwareAddress, address: IPv4Address, verb: str, honest: bool) -> None:
        held = self.holds.get(host)
        if honest and held is not None:
            address = held[0]
        if getattr(self.leases, verb)(host, address, self.now):
            self.holds.pop(host, None)
            self.offers.pop(host, None)
            if verb == "decline":
                self.quarantined[address] = self.now + QUARANTINE_SECONDS

    @rule(host=hosts)
    def choose_another_server(self, host: HardwareAddress) -> None:
        self.leases.withdraw(host, self.now)
        self.offers.pop(host, None)

    @rule(seconds=st.sampled_from([0.5, 30.0, OFFER_SECONDS, SECONDS / 2, float(SECONDS), QUARANTINE_SECONDS * 2]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.holds = {host: held for host, held in self.holds.items() if held[1] > self.now}

    @rule(seconds=st.sampled_from([0.5, OFFER_SECONDS, SECONDS * 2.0, SECONDS * 1e5]))
    def set_the_clock_back(self, seconds: float) -> None:
        """Time goes on for the hosts: what they hold ends as far from now as before."""
        self.now -= seconds
        self.holds = {host: (address, end - seconds) for host, (address, end) in self.holds.items()}
        self.quarantined = {address: end - seconds for address, end in self.quarantined.items()}

    @rule()
    def restart(self) -> None:
        self.write()
        self.leases = table(10, 14, leases=tuple(self.written.values()))
        self.offers.clear()

    def write(self) -> None:
        self.written.update((lease.address, lease) for lease in self.leases.take_changes())

    @invariant()
    def no_two_hosts_share_an_address(self) -> None:
        held = [address for address, _ in self.holds.values()]
        assert len(set(held)) == len(held)

    @invariant()
    def every_holder_has_a_lease_that_may_be_given(self) -> None:
        self.write()
        for host, (address, expires) in self.holds.items():
            lease = self.leases.lease_at(address, self.now)
            assert lease is not None
            assert (lease.hardware, address == at(50)) == (host, host == RESERVED)
            assert self.written[address].expires >= expires

    @invariant()
    def no_lease_lasts_longer_than_one_given_now(self) -> None:
        for address in map(at, (*range(10, 15), 50)):
            lease = self.leases.lease_at(address, self.now)
            assert lease is None or lease.expires <= self.now + max(SECONDS, QUARANTINE_SECONDS)


TestHosts = Hosts.TestCase
TestHosts.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
