"""Leases: every rule by itself (tests/host/test_lease_sequences.py: any sequence of them)."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from hobnail.host.leases import OFFER_SECONDS, QUARANTINE_SECONDS, Denied, Lease, LeaseState, LeaseTable
from hobnail.host.pool import Pool
from hobnail.wire.dhcp import HardwareAddress

SECONDS = 3600
HOSTS = [HardwareAddress.parse(f"52:54:00:4c:00:{number:02x}") for number in range(1, 9)]
ONE, TWO, THREE, RESERVED = HOSTS[:4]


def at(last: int) -> IPv4Address:
    return IPv4Address(f"10.77.0.{last}")


def table(first: int = 10, last: int = 12, leases: tuple[Lease, ...] = ()) -> LeaseTable:
    pool = Pool(IPv4Network("10.77.0.0/24"), at(first), at(last), at(1), {RESERVED: at(50)})
    return LeaseTable(pool, SECONDS, leases)


def offered(leases: LeaseTable, host: HardwareAddress, now: float, wanted: IPv4Address | None = None) -> IPv4Address:
    lease = leases.offer(host, wanted, now)
    assert isinstance(lease, Lease), lease
    return lease.address


def bound(leases: LeaseTable, host: HardwareAddress, now: float) -> IPv4Address:
    address = offered(leases, host, now)
    assert isinstance(leases.bind(host, address, now), Lease)
    return address


def reason(answer: Lease | Denied) -> str:
    assert isinstance(answer, Denied), answer
    return answer.reason


def test_an_offered_address_is_kept_for_its_host() -> None:
    leases = table()
    first = offered(leases, ONE, 0)
    assert offered(leases, TWO, 0) != first
    assert offered(leases, ONE, 1) == first
    assert "leased to" in reason(leases.bind(TWO, first, 1))


def test_offers_need_not_be_written_down_and_leases_must() -> None:
    leases = table()
    address = offered(leases, ONE, 0)
    assert leases.take_changes() == ()
    lease = leases.bind(ONE, address, 1)
    assert leases.take_changes() == (lease,)
    assert leases.take_changes() == ()


def test_a_host_gets_its_address_again_after_its_lease_has_ended() -> None:
    leases = table()
    bound(leases, TWO, 0)
    address = bound(leases, ONE, 0)
    assert offered(leases, ONE, SECONDS * 5) == address


def test_a_released_address_is_its_hosts_first_choice() -> None:
    leases = table()
    address = bound(leases, ONE, 0)
    assert leases.release(ONE, address, 5)
    assert leases.lease_at(address, 5) is None
    assert offered(leases, ONE, 6) == address


def test_a_fresh_address_is_taken_before_an_ended_one() -> None:
    leases = table()
    old = bound(leases, ONE, 0)
    assert offered(leases, TWO, SECONDS * 2) != old


def test_the_longest_ended_lease_is_reused_when_nothing_is_fresh() -> None:
    leases = table()
    for now, host in enumerate((TWO, ONE, THREE)):
        bound(leases, host, now)
    later = SECONDS * 2.0
    assert offered(leases, HOSTS[5], later) == at(10)  # TWO's, the first that ended
    assert offered(leases, TWO, later) == at(11)


def test_a_used_up_range_says_what_to_do() -> None:
    leases = table()
    for host in (ONE, TWO, THREE):
        bound(leases, host, 0)
    assert "widen the range" in reason(leases.offer(HOSTS[5], None, 1))
    assert isinstance(leases.offer(HOSTS[5], None, SECONDS + 1), Lease)


def test_an_offer_that_nobody_takes_is_free_again() -> None:
    leases = table(10, 10)
    offered(leases, ONE, 0)
    assert isinstance(leases.offer(TWO, None, OFFER_SECONDS - 1), Denied)
    assert offered(leases, TWO, OFFER_SECONDS) == at(10)


def test_a_host_that_chose_another_server_frees_its_offer_at_once() -> None:
    leases = table(10, 10)
    offered(leases, ONE, 0)
    leases.withdraw(ONE, 1)
    assert offered(leases, TWO, 1) == at(10)


def test_a_lease_is_not_freed_by_choosing_another_server() -> None:
    leases = table(10, 10)
    bound(leases, ONE, 0)
    leases.withdraw(ONE, 1)
    assert isinstance(leases.offer(TWO, None, 1), Denied)


def test_a_rebooting_host_keeps_its_running_lease() -> None:
    leases = table()
    address = bound(leases, ONE, 0)
    again = leases.offer(ONE, None, SECONDS - 1)
    assert again == Lease(address, ONE, LeaseState.BOUND, SECONDS - 1 + OFFER_SECONDS)


def test_a_wanted_address_is_given_when_it_is_free() -> None:
    leases = table()
    assert offered(leases, ONE, 0, wanted=at(12)) == at(12)
    assert offered(leases, TWO, 0, wanted=at(12)) != at(12)
    assert offered(leases, THREE, 0, wanted=at(200)) in (at(10), at(11))


def test_an_address_is_given_though_the_lease_file_was_lost() -> None:
    assert isinstance(table().bind(ONE, at(11), 0), Lease)


@pytest.mark.parametrize(
    ("address", "what"),
    [(at(12), "is not its address 10.77.0.10"), (at(99), "not one that is given here"), (at(50), "reserved for")],
)
def test_addresses_that_a_host_may_not_have(address: IPv4Address, what: str) -> None:
    leases = table()
    bound(leases, ONE, 0)
    assert what in reason(leases.bind(ONE, address, 1))


def test_a_reservation_comes_before_all_else() -> None:
    leases = table()
    assert offered(leases, RESERVED, 0, wanted=at(11)) == at(50)
    assert "not its reserved address" in reason(leases.bind(RESERVED, at(11), 0))


def test_a_new_reservation_ends_the_lease_before_it() -> None:
    leases = table(leases=(Lease(at(10), RESERVED, LeaseState.BOUND, SECONDS),))
    assert offered(leases, RESERVED, 1) == at(50)
    assert leases.lease_at(at(10), 1) is None


def test_a_reserved_address_that_another_host_still_has() -> None:
    leases = table(leases=(Lease(at(50), ONE, LeaseState.BOUND, SECONDS),))
    assert "leased to 52:54:00:4c:00:01" in reason(leases.offer(RESERVED, None, 1))
    assert "reserved for 52:54:00:4c:00:04" in reason(leases.bind(ONE, at(50), 1))
    bound(leases, ONE, 2)
    assert offered(leases, RESERVED, 3) == at(50)


def test_a_declined_address_is_quarantined() -> None:
    leases = table(10, 11)
    address = bound(leases, ONE, 0)
    assert leases.decline(ONE, address, 1)
    assert leases.take_changes()[-1] == Lease(address, ONE, LeaseState.DECLINED, 1 + QUARANTINE_SECONDS)
    other = offered(leases, ONE, 2)
    assert other != address
    assert "a machine that 52:54:00:4c:00:01 found there" in reason(leases.bind(TWO, address, 3))
    assert isinstance(leases.bind(TWO, address, QUARANTINE_SECONDS + 2), Lease)


def test_a_remembered_quarantine_does_not_bind_its_finder() -> None:
    leases = table(leases=(Lease(at(10), ONE, LeaseState.DECLINED, QUARANTINE_SECONDS),))
    assert offered(leases, ONE, 1) == at(11)


@pytest.mark.parametrize("method", ["release", "decline"])
def test_only_the_holder_gives_an_address_up(method: str) -> None:
    leases = table()
    address = bound(leases, ONE, 0)
    leases.take_changes()
    assert not getattr(leases, method)(TWO, address, 1)
    assert not getattr(leases, method)(ONE, at(12), 1)
    assert leases.take_changes() == ()
    assert leases.lease_at(address, 1) is not None


def test_remembered_leases_outside_the_pool_are_forgotten() -> None:
    known = Lease(at(11), TWO, LeaseState.BOUND, SECONDS)
    leases = table(leases=(Lease(at(99), ONE, LeaseState.BOUND, SECONDS), known))
    assert leases.lease_at(at(99), 0) is None
    assert offered(leases, ONE, 0) == at(10)
    assert offered(leases, TWO, 0) == at(11)


@pytest.mark.parametrize("order", [1, -1])
def test_the_latest_remembered_lease_wins_in_any_order(order: int) -> None:
    of_host = (Lease(at(10), ONE, LeaseState.BOUND, 100), Lease(at(12), ONE, LeaseState.BOUND, 200))
    assert offered(table(leases=of_host[::order]), ONE, 300) == at(12)
    of_address = (Lease(at(10), ONE, LeaseState.BOUND, 100), Lease(at(10), TWO, LeaseState.BOUND, 200))
    kept = table(leases=of_address[::order]).lease_at(at(10), 50)
    assert kept is not None
    assert kept.hardware == TWO


def test_a_remembered_lease_lasts_no_longer_than_one_given_now() -> None:
    leases = table(leases=(Lease(at(10), ONE, LeaseState.BOUND, 1e9), Lease(at(11), TWO, LeaseState.DECLINED, 1e9)))
    bound_, declined = leases.lease_at(at(10), 0), leases.lease_at(at(11), 0)
    assert bound_ == Lease(at(10), ONE, LeaseState.BOUND, SECONDS)
    assert declined == Lease(at(11), TWO, LeaseState.DECLINED, QUARANTINE_SECONDS)
    assert leases.take_changes() == (bound_, declined)


def test_a_clock_set_back_makes_no_lease_last_for_years() -> None:
    leases = table(10, 10)
    bound(leases, ONE, 1e9)
    assert isinstance(leases.offer(TWO, None, 0), Denied)
    assert offered(leases, TWO, SECONDS) == at(10)


def test_a_full_pool_is_searched_in_no_time() -> None:
    """Comparisons are counted in place of seconds: 4000 ended leases, and one DISCOVER looks at a few."""
    looked = 0

    class Counted(float):
        def __gt__(self, other: float) -> bool:
            nonlocal looked
            looked += 1
            return float(self) > other

    network = IPv4Network("10.64.0.0/16")
    pool = Pool(network, network[2], network[4001], network[1])
    hosts = [HardwareAddress.parse(f"52:54:00:4d:{n >> 8:02x}:{n & 255:02x}") for n in range(4000)]
    ended = [
        Lease(network[2 + n], host, LeaseState.BOUND, Counted(10 + n % 7 - n / 1e4)) for n, host in enumerate(hosts)
    ]
    leases = LeaseTable(pool, SECONDS, ended)
    newcomers = [HardwareAddress.parse(f"52:54:00:4e:00:{n:02x}") for n in range(3)]
    offered(leases, newcomers[0], 100)
    looked = 0
    longest_free = sorted(ended, key=lambda lease: float(lease.expires))[1:3]
    assert [offered(leases, host, 100) for host in newcomers[1:]] == [lease.address for lease in longest_free]
    assert looked < 50


def test_a_changed_pool_keeps_the_leases_and_reserves_from_now_on() -> None:
    leases = table()
    first, second = bound(leases, ONE, 0), bound(leases, TWO, 0)
    leases.change_pool(Pool(leases.pool.network, at(10), at(12), at(1), {TWO: at(60), THREE: first}))
    assert "reserved for" in reason(leases.bind(ONE, first, 1)), "it is another host's now"
    assert offered(leases, ONE, 1) not in (first, second)
    assert offered(leases, TWO, 1) == at(60)
    assert len(leases.take_changes()) > 1, "what was bound before is still to be written"
