"""The receiving machine against our own sender over a bad link, against any datagrams, and by hand."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.wire.tftp import Ack, Data, Error, OptionAck, Options, ReadRequest, WriteRequest, decode, encode
from hobnail.wire.tftp_client import Ended, Outcome, Receiver
from hobnail.wire.transfer import Sender
from tests.wire.tftp_pair import datagrams

UEFI = Options(block_size=1468, window_size=4)


def carry(content: bytes, asked: Options, *, lost: float = 0.0, seed: int = 1) -> tuple[Outcome | None, bytes]:
    """Run one transfer in steps of 10 ms; each datagram is lost with that probability."""
    dice = random.Random(seed)
    receiver, now = Receiver("file", asked, 0.0), 0.0
    request = decode(receiver.start())
    assert isinstance(request, ReadRequest)
    sender = Sender(request.options, len(content), 0.0)
    got = bytearray()

    def kept(packets: Iterator[bytes]) -> list[bytes]:
        return [packet for packet in packets if dice.random() >= lost]

    flying = kept(datagrams(sender.start(now), sender, content))
    while receiver.outcome is None and now < 300:
        now += 0.01
        answers = [receiver.receive_datagram(packet, now) for packet in flying]
        got += receiver.take()
        if receiver.outcome is None and now >= receiver.next_timer():
            answers.append(receiver.handle_timer(now))
        flying = []
        for answer in kept(iter([one for one in answers if one is not None])):
            if isinstance(decode(answer), Ack):
                flying += kept(datagrams(sender.receive_datagram(answer, now), sender, content))
        timer = sender.next_timer()
        if timer is not None and now >= timer:
            flying += kept(datagrams(sender.handle_timer(now), sender, content))
    return receiver.outcome, bytes(got)


@pytest.mark.parametrize("asked", [Options(), UEFI, Options(block_size=1408, transfer_size=0)], ids=str)
@pytest.mark.parametrize("size", [0, 1, 1468, 4 * 1468, 100_000])
def test_files_arrive_whole(asked: Options, size: int) -> None:
    content = random.Random(size).randbytes(size)
    assert carry(content, asked) == (Outcome(Ended.DONE, size), content)


def test_files_arrive_whole_over_a_bad_link() -> None:
    content = random.Random(1).randbytes(60_000)
    for seed in range(5):
        assert carry(content, UEFI, lost=0.1, seed=seed) == (Outcome(Ended.DONE, 60_000), content)


def test_block_numbers_roll_over() -> None:
    content = bytes(8 * 65_600)
    assert carry(content, Options(block_size=8, window_size=16))[0] == Outcome(Ended.DONE, len(content))


def asking(**arguments: bool) -> Receiver:
    return Receiver("file", Options(block_size=1468, window_size=4, transfer_size=0), 0.0, **arguments)


def test_the_size_alone_ends_with_error_8() -> None:
    receiver = asking(size_only=True)
    answer = receiver.receive_datagram(encode(OptionAck(Options(transfer_size=5000, block_size=1468))), 0.1)
    assert answer is not None
    assert decode(answer) == Error(8, "only the size was wanted")
    assert receiver.outcome == Outcome(Ended.DONE, 5000)


@pytest.mark.parametrize("reply", [Data(1, bytes(512)), OptionAck(Options(block_size=1468))])
def test_a_server_that_does_not_tell_the_size(reply: Data | OptionAck) -> None:
    receiver = asking(size_only=True)
    answer = receiver.receive_datagram(encode(reply), 0.1)
    assert answer is not None
    assert isinstance(decode(answer), Error)
    assert receiver.outcome is not None
    assert receiver.outcome.ended is Ended.NO_SIZE


@pytest.mark.parametrize(
    ("replies", "text"),
    [
        ([OptionAck(Options(block_size=9000))], "block size 9000 is more"),
        ([OptionAck(Options(window_size=64))], "windowsize 64 is more"),
        ([OptionAck(Options(block_size=16)), Data(1, bytes(17))], "block 1 has 17 bytes, 16 were agreed"),
        ([OptionAck(Options(transfer_size=9)), Data(1, b"short")], "announced 9 bytes and sent 5"),
        ([WriteRequest("file")], "WriteRequest"),
    ],
)
def test_a_server_that_breaks_the_rules(replies: list[OptionAck | Data | WriteRequest], text: str) -> None:
    receiver = asking()
    for reply in replies:
        receiver.receive_datagram(encode(reply), 0.1)
    assert receiver.outcome is not None
    assert receiver.outcome.ended is Ended.BROKEN
    assert text in receiver.outcome.text


def test_a_refusal_and_a_silence() -> None:
    receiver = asking()
    receiver.receive_datagram(encode(Error(1, "no such file")), 0.1)
    assert receiver.outcome == Outcome(Ended.REFUSED, 0, 1, "no such file")
    receiver, sent, now = asking(), 1, 0.0
    while receiver.outcome is None:
        now = receiver.next_timer()
        sent += receiver.handle_timer(now) == receiver.start()
    assert (receiver.outcome.ended, sent, now) == (Ended.SILENT, 6, 6.0)


def test_a_gap_is_told_once() -> None:
    receiver = Receiver("file", UEFI, 0.0)
    receiver.receive_datagram(encode(OptionAck(UEFI)), 0.1)
    block = bytes(1468)
    answers = [receiver.receive_datagram(encode(Data(number, block)), 0.1) for number in (1, 3, 4, 2, 3, 4, 5)]
    assert answers == [None, encode(Ack(1)), None, None, None, None, encode(Ack(5))]


@given(st.lists(st.binary(max_size=60), max_size=20), st.booleans())
def test_any_datagrams_raise_nothing(received: list[bytes], size_only: bool) -> None:
    receiver = asking(size_only=size_only)
    for datagram in received:
        answer = receiver.receive_datagram(datagram, 0.1)
        if answer is not None:
            decode(answer)
    receiver.take()
