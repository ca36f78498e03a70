"""The sending machine: what it grants, what it sends again and when, and how it ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.wire.negotiation import grant
from hobnail.wire.tftp import Ack, Data, Error, OptionAck, Options, decode, encode
from hobnail.wire.transfer import Delivered, Failed, Sender, SizeOnly
from tests.wire.tftp_pair import Chaos, carry

WINDOWS = Options(block_size=8, window_size=4)


def ack(block: int) -> bytes:
    return encode(Ack(block & 0xFFFF))


def started(asked: Options, size: int) -> Sender:
    """A sender whose OACK was accepted after 1 ms, so that its first window flies since 0.001."""
    sender = Sender(asked, size, 0.0)
    sender.start(0.0)
    assert sender.receive_datagram(ack(0), 0.001) == (1, 0, min(asked.window_size or 1, size // 8 + 1))
    return sender


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        (Options(), Options()),
        (Options(block_size=1468, window_size=4), Options(block_size=1468, window_size=4)),
        (Options(transfer_size=0), Options(transfer_size=5000)),
        (Options(timeout=255), Options(timeout=255)),
        (Options(window_size=65535), Options(window_size=16)),
        (Options(block_size=8192, window_size=64), Options(block_size=8192, window_size=7)),
        (Options(block_size=65464, window_size=64), Options(block_size=65464, window_size=1)),
    ],
)
def test_options_granted(asked: Options, granted: Options) -> None:
    assert grant(asked, 5000) == granted


def test_without_options_the_first_block_comes_at_once() -> None:
    assert Sender(Options(), 5000, 0.0).start(0.0) == (1, 0, 1)


def test_with_options_the_answer_comes_first_and_is_repeated_until_taken() -> None:
    sender = Sender(Options(transfer_size=0), 5000, 0.0)
    answer = encode(OptionAck(Options(transfer_size=5000)))
    assert sender.start(0.0) == answer
    assert sender.handle_timer(0.2) is None
    assert sender.handle_timer(0.25) == answer
    assert sender.repeat_request(0.3) == answer
    assert sender.receive_datagram(ack(0), 0.4) == (1, 0, 1)
    assert sender.repeat_request(0.5) is None


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 16, 31, 32, 33, 64])
def test_ends_with_a_short_block(size: int) -> None:
    done = carry(bytes(range(size)), WINDOWS)
    assert done.result == Delivered()
    assert bytes(done.receiver.content) == bytes(range(size))
    assert done.data_sent == size // 8 + 1


def test_a_repeated_ack_does_not_repeat_a_block_in_lockstep() -> None:
    sender = Sender(Options(), 5000, 0.0)
    sender.start(0.0)
    assert sender.receive_datagram(ack(1), 0.001) == (2, 512, 1)
    assert [sender.receive_datagram(ack(1), 0.002 + n / 1000) for n in range(5)] == [None] * 5
    assert sender.receive_datagram(ack(2), 0.008) == (3, 1024, 1)


@pytest.mark.parametrize("window", [1, 4, 16])
def test_every_packet_repeated_does_not_double_the_traffic(window: int) -> None:
    """RFC 1123 section 4.2.3.1: the Sorcerer's Apprentice, here with a link that repeats everything."""
    content = bytes(80_000)
    done = carry(content, Options(block_size=100, window_size=window), Chaos(repeated=1.0))
    assert done.result == Delivered()
    assert done.data_sent <= 1.1 * 801


def test_an_ack_within_a_window_sends_the_rest_at_once() -> None:
    sender = started(WINDOWS, 800)
    assert sender.receive_datagram(ack(2), 0.002) == (3, 16, 4)


def test_acks_for_every_block_do_not_send_the_window_for_each() -> None:
    sender = started(WINDOWS, 800)
    assert sender.receive_datagram(ack(1), 0.002) == (2, 8, 4)
    assert [sender.receive_datagram(ack(n), 0.0021) for n in (2, 3, 4)] == [None] * 3
    assert sender.acknowledged == 32
    assert sender.receive_datagram(ack(5), 0.003) == (6, 40, 4)


def test_an_ack_before_a_window_sends_it_again_once() -> None:
    sender = started(WINDOWS, 800)
    assert sender.receive_datagram(ack(0), 0.0012) is None, "too early to be about these blocks"
    assert sender.receive_datagram(ack(0), 0.002) == (1, 0, 4)
    assert sender.receive_datagram(ack(0), 0.003) is None, "once is enough"
    assert sender.receive_datagram(ack(4), 0.004) == (5, 32, 4)


def test_acks_of_other_blocks_are_passed_over() -> None:
    sender = started(WINDOWS, 800)
    assert [sender.receive_datagram(ack(n), 0.002) for n in (5, 300, 65535)] == [None] * 3
    assert sender.acknowledged == 0


def test_the_timer_follows_the_round_trip() -> None:
    sender = Sender(Options(), 1 << 20, 0.0)
    sender.start(0.0)
    assert sender.next_timer() == 0.25
    now = 0.0
    for block in range(1, 100):
        now += 0.040
        sender.receive_datagram(ack(block), now)
    timer = sender.next_timer()
    assert timer is not None
    assert 0.040 < timer - now < 0.050
    assert sender.handle_timer(timer) == (100, 99 * 512, 1)
    later = sender.next_timer()
    assert later is not None
    assert later - timer == pytest.approx(2 * (timer - now))


@pytest.mark.parametrize(("timeout", "longest"), [(None, 2.0), (1, 1.0), (60, 2.0)])
def test_back_off_has_a_limit(timeout: int | None, longest: float) -> None:
    sender = Sender(Options(timeout=timeout), 1 << 20, 0.0)
    sender.start(0.0)
    gaps, now = [], 0.0
    while (timer := sender.next_timer()) is not None:
        gaps.append(timer - now)
        now = timer
        sender.handle_timer(now)
    assert max(gaps) == pytest.approx(longest)
    assert isinstance(sender.result, Failed)
    assert 10 <= now < 12.1, "a host that never answered is forgotten sooner"


def test_a_host_that_falls_silent_fails_after_half_a_minute() -> None:
    sender = started(WINDOWS, 800)
    assert sender.receive_datagram(ack(4), 1.0) == (5, 32, 4)
    now = 1.0
    while (timer := sender.next_timer()) is not None:
        now = timer
        sender.handle_timer(now)
    assert sender.result == Failed("the host fell silent after 32 of 800 bytes")
    assert 31 <= now < 33.1


@pytest.mark.parametrize("code", [0, 8])
def test_leaving_after_the_size_is_no_failure(code: int) -> None:
    """OVMF leaves with 8 (boot-traces, section 4), Intel's PXE ROMs with 0 "TFTP Aborted"."""
    sender = Sender(Options(transfer_size=0, block_size=1468), 5000, 0.0)
    sender.start(0.0)
    assert sender.receive_datagram(encode(Error(code, "stop")), 0.001) is None
    assert sender.result == SizeOnly()
    assert sender.next_timer() is None


@pytest.mark.parametrize(
    ("asked", "accept", "code"),
    [
        (Options(block_size=1468), False, 8),  # refuses the options; the size was not asked for
        (Options(transfer_size=0), False, 4),
        (Options(transfer_size=0), True, 8),  # after the OACK was accepted
    ],
)
def test_other_errors_are_failures_with_the_hosts_words(asked: Options, accept: bool, code: int) -> None:
    sender = Sender(asked, 5000, 0.0)
    sender.start(0.0)
    if accept:
        sender.receive_datagram(ack(0), 0.001)
    sender.receive_datagram(encode(Error(code, "no memory")), 0.002)
    assert sender.result == Failed(f'the host ended it with error {code} "no memory"')


def test_a_closed_port_ends_it_only_when_told_for_two_sends() -> None:
    sender = started(WINDOWS, 800)
    sender.receive_refusal()
    sender.receive_refusal()
    assert sender.result is None
    timer = sender.next_timer()
    assert timer is not None
    assert sender.handle_timer(timer) == (1, 0, 4)
    sender.receive_refusal()
    assert sender.result == Failed("the host closed its port after 0 of 800 bytes")


def test_a_closed_port_after_the_size_is_a_host_that_wanted_the_size() -> None:
    sender = Sender(Options(transfer_size=0), 800, 0.0)
    sender.start(0.0)
    sender.receive_refusal()
    sender.handle_timer(0.25)
    sender.receive_refusal()
    assert sender.result == SizeOnly()


def test_progress_forgives_a_closed_port() -> None:
    sender = started(WINDOWS, 800)
    sender.receive_refusal()
    sender.receive_datagram(ack(4), 0.5)
    sender.receive_refusal()
    assert sender.result is None


def test_giving_up_ourselves_tells_the_host() -> None:
    sender = started(WINDOWS, 800)
    assert decode(sender.fail("the file was cut short")) == Error(0, "the file was cut short")
    assert sender.receive_datagram(ack(4), 0.1) is None
    assert sender.handle_timer(99.0) is None


@pytest.mark.parametrize("window", [None, 16])
def test_block_numbers_roll_over(window: int | None) -> None:
    """40 MB in blocks of 512: 81921 blocks. With windows of 16 one of them crosses the roll (65521 to 65536)."""
    content = bytes(512) * 81_919 + b"the end"
    done = carry(content, Options(window_size=window), patience=300)
    assert done.result == Delivered()
    assert done.receiver.blocks == 81_920
    assert done.receiver.content == content


def test_a_window_crosses_the_roll_with_losses() -> None:
    content = bytes(n % 251 for n in range(8 * 66_000))
    done = carry(content, Options(block_size=8, window_size=7), Chaos(lost=0.01))
    assert done.result == Delivered()
    assert done.receiver.content == content


def test_one_percent_lost_costs_little_time() -> None:
    """Each loss costs about a round trip or the shortest timeout, never the receiver's second."""
    content = bytes(1_400_000)
    asked = Options(block_size=1400, window_size=16)
    clean, lossy = carry(content, asked), carry(content, asked, Chaos(lost=0.01))
    assert lossy.receiver.content == content
    assert lossy.seconds < 4 * clean.seconds + 0.25


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 3000),
    st.sampled_from([8, 64, 512]),
    st.sampled_from([None, 1, 2, 5, 16]),
    st.builds(
        Chaos,
        lost=st.floats(0, 0.3),
        repeated=st.floats(0, 0.5),
        latency=st.floats(0.0001, 0.05),
        spread=st.floats(0, 0.01),
        seed=st.integers(0, 1 << 30),
    ),
)
def test_any_link_that_lets_something_through_delivers(
    size: int, block_size: int, window: int | None, chaos: Chaos
) -> None:
    content = bytes(n * 7 % 256 for n in range(size))
    done = carry(content, Options(block_size=block_size, window_size=window), chaos, patience=3600)
    assert done.receiver.done
    assert bytes(done.receiver.content) == content
    assert not isinstance(done.result, SizeOnly)


@given(st.lists(st.tuples(st.binary(max_size=40) | st.builds(ack, st.integers(0, 70)), st.floats(0, 3)), max_size=60))
def test_no_datagram_disturbs_the_machine(datagrams: list[tuple[bytes, float]]) -> None:
    sender = Sender(Options(block_size=8, window_size=4, transfer_size=0), 500, 0.0)
    sender.start(0.0)
    now = 0.0
    for datagram, wait in datagrams:
        now += wait
        for sending in (sender.receive_datagram(datagram, now), sender.handle_timer(now)):
            if isinstance(sending, tuple):
                block, offset, count = sending
                assert offset == (block - 1) * 8 <= 500
                assert 1 <= count <= 4
    assert 0 <= sender.acknowledged <= 500
    assert (sender.next_timer() is None) == (sender.result is not None)


def test_data_from_the_host_is_passed_over() -> None:
    sender = started(WINDOWS, 800)
    assert sender.receive_datagram(encode(Data(1, b"x")), 0.002) is None
    assert sender.result is None
