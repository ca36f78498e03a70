"""Bytes and rates over time, how much is kept, and that no order of events does harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.observe.events import BootEvent, Transfer
from hobnail.observe.progress import HostProgress, Progress
from tests.observe.boots import CONFIG, KERNEL, MODULES, classify, dhcp, done, failed, missing, no_arp, sized, started

PEERS = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
MACS = ["52:54:00:00:00:01", "52:54:00:00:00:02"]
PEER = PEERS[0]
BIG = MODULES[0]


@pytest.fixture
def progress() -> Progress:
    return Progress(mac_of=no_arp, classify=classify)


def one(progress: Progress) -> HostProgress:
    (host,) = progress.hosts()
    return host


def sample(progress: Progress, now: float, sent: int) -> HostProgress:
    progress.sample([Transfer(PEER, BIG, sent, 100_000)], now)
    return one(progress)


def test_bytes_in_flight_count(progress: Progress) -> None:
    progress.apply(started(100.0, BIG, 100_000, PEER))
    assert sample(progress, 100.5, 5000).bytes == 5000
    assert sample(progress, 101.0, 10_000).rate == 10_000
    progress.apply(done(102.0, BIG, 100_000, PEER))
    assert (one(progress).bytes, one(progress).rate) == (100_000, 50_000)


def test_the_rate_is_of_the_last_seconds(progress: Progress) -> None:
    progress.apply(started(100.0, BIG, 100_000, PEER))
    for tenth in range(200):
        sample(progress, 100 + tenth / 10, 100 * tenth)
    assert one(progress).rate == pytest.approx(1000, rel=0.01)
    for tenth in range(200, 251):
        sample(progress, 100 + tenth / 10, 19_900 + 400 * (tenth - 199))
    assert one(progress).rate == pytest.approx(4000, rel=0.01)
    assert sample(progress, 140.0, 0).rate == 0, "nothing came for longer than that"


def test_without_samples_a_long_file_is_spread_over_its_time(progress: Progress) -> None:
    progress.apply(started(100.0, BIG, 60_000, PEER))
    progress.apply(done(130.0, BIG, 60_000, PEER))
    assert one(progress).rate == pytest.approx(2000)


def test_waiting_before_a_file_does_not_slow_it(progress: Progress) -> None:
    progress.apply(missing(0.0, "nothing", peer=PEER))
    progress.apply(started(100.0, BIG, 60_000, PEER))
    progress.apply(done(105.0, BIG, 60_000, PEER))
    assert one(progress).rate == pytest.approx(12_000)


def test_samples_of_strangers_are_left_alone(progress: Progress) -> None:
    sample_of_nobody = Transfer("10.9.9.9", BIG, 1, 2)
    progress.sample([sample_of_nobody], 1.0)
    assert progress.hosts() == ()


def test_the_longest_idle_host_is_forgotten() -> None:
    progress = Progress(mac_of=no_arp, classify=classify, limit=3)
    for number in (1, 2, 3):
        progress.apply(started(float(number), KERNEL, peer=f"10.0.0.{number}"))
    progress.apply(done(4.0, KERNEL, peer="10.0.0.1"))
    progress.apply(dhcp(5.0, address="10.0.0.4", mac=MACS[0]))
    assert [host.address for host in progress.hosts()] == ["10.0.0.1", "10.0.0.3", "10.0.0.4"]


NAMES = st.sampled_from(["pxelinux.0", CONFIG, KERNEL, *MODULES, "other"])
TIMES = st.floats(0, 200)
FILES = st.one_of(
    st.builds(started, TIMES, NAMES, peer=st.sampled_from(PEERS)),
    st.builds(done, TIMES, NAMES, peer=st.sampled_from(PEERS)),
    st.builds(sized, TIMES, NAMES, peer=st.sampled_from(PEERS)),
    st.builds(failed, TIMES, NAMES, peer=st.sampled_from(PEERS)),
    st.builds(missing, TIMES, NAMES, expected=st.booleans(), peer=st.sampled_from(PEERS)),
)
ANSWERS = st.builds(
    dhcp,
    TIMES,
    st.sampled_from(["DISCOVER", "REQUEST", "INFORM", "RELEASE", "DECLINE"]),
    st.sampled_from(["offered", "acknowledged", "refused", "ignored"]),
    address=st.sampled_from([None, *PEERS]),
    client=st.sampled_from(["BIOS", "iPXE BIOS", "not network-booting"]),
    mac=st.sampled_from(MACS),
)
SAMPLES = st.builds(Transfer, st.sampled_from(PEERS), NAMES, st.integers(0, 1000), st.just(1000))


@given(
    happenings=st.lists(st.one_of(FILES, ANSWERS, st.tuples(TIMES, SAMPLES)), max_size=60),
    arp=st.lists(st.sampled_from([None, *MACS]), min_size=1),
    limit=st.integers(1, 4),
)
@settings(max_examples=300, deadline=None)
def test_any_events_in_any_order(
    happenings: list[BootEvent | tuple[float, Transfer]], arp: list[str | None], limit: int
) -> None:
    looked_up = 0

    def changing_arp(_: str) -> str | None:
        nonlocal looked_up
        looked_up += 1
        return arp[looked_up % len(arp)]

    progress = Progress(mac_of=changing_arp, classify=classify, limit=limit)
    before: dict[str | None, HostProgress] = {}
    for happening in happenings:
        if isinstance(happening, tuple):
            progress.sample([happening[1]], happening[0])
        else:
            progress.apply(happening)
        hosts = progress.hosts()
        assert len(hosts) <= limit
        for key in ([host.mac for host in hosts], [host.address for host in hosts]):
            known = [value for value in key if value is not None]
            assert len(known) == len(set(known)), "no two lines for one host"
        for host in hosts:
            assert host.mac or host.address
            assert host.rate >= 0
            assert 0 <= host.module <= host.modules
            was = before.get(host.mac)
            if was is not None and host.mac is not None and was.boots == host.boots:
                assert was.seen <= host.seen
        before = {host.mac: host for host in hosts}
