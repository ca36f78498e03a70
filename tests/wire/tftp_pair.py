"""A small TFTP receiver and a link that loses, repeats and reorders, so that a transfer is a for-loop."""

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from hobnail.wire.tftp import Ack, Data, Error, OptionAck, Options, decode, encode
from hobnail.wire.transfer import Result, Sender, Sending


@dataclass(frozen=True, slots=True)
class Chaos:
    """Shares of datagrams, 0 to 1, and the latency's spread in seconds (packets overtake one another)."""

    lost: float = 0.0
    repeated: float = 0.0
    latency: float = 0.001
    spread: float = 0.0
    seed: int = 1


class Receiver:
    """RFC 1350 and 7440, as firmware does it: on a gap it says once what it has, and asks again after a second."""

    def __init__(self, asked: Options) -> None:
        self.granted = Options()
        self.content = bytearray()
        self.blocks = 0
        self.done = False
        self.asked = asked
        self._told = 0
        self._gap_told = False

    def receive(self, datagram: bytes) -> Iterator[bytes]:
        match decode(datagram):
            case OptionAck(granted) if self.blocks == 0:
                self.granted = granted
                yield encode(Ack(0))
            case Data(block, payload):
                yield from self._take(block, payload)
            case Error(_, message):
                raise AssertionError(f"the server gave up: {message}")

    def remind(self) -> bytes:
        return encode(Ack(self.blocks & 0xFFFF))

    def _take(self, block: int, payload: bytes) -> Iterator[bytes]:
        ahead = (block - self.blocks) & 0xFFFF
        if ahead == 1 and not self.done:
            self.blocks += 1
            self.content += payload
            self._gap_told = False
            self.done = len(payload) < (self.granted.block_size or 512)
            if self.done or self.blocks - self._told >= (self.granted.window_size or 1):
                self._told = self.blocks
                yield self.remind()
        elif ahead == 0 and self._told == self.blocks:
            yield self.remind()  # our ACK was lost
        elif 1 < ahead < 0x8000 and not self._gap_told:
            self._gap_told = True
            self._told = self.blocks
            yield self.remind()


def datagrams(sending: Sending | None, sender: Sender, content: bytes) -> Iterator[bytes]:
    """What the shell makes of the machine's decision."""
    if sending is None:
        return
    if isinstance(sending, bytes):
        yield sending
        return
    block, offset, count = sending
    for number in range(count):
        start = offset + number * sender.block_size
        yield encode(Data((block + number) & 0xFFFF, content[start : start + sender.block_size]))


@dataclass(frozen=True, slots=True)
class Carried:
    result: Result | None
    receiver: Receiver
    data_sent: int
    seconds: float


def carry(content: bytes, asked: Options, chaos: Chaos = Chaos(), patience: float = 120.0) -> Carried:
    """Run one transfer to its end, or until `patience` simulated seconds have passed."""
    dice = random.Random(chaos.seed)
    serial = itertools.count()
    flying: list[tuple[float, int, bool, bytes]] = []
    sender, receiver = Sender(asked, len(content), 0.0), Receiver(asked)
    sent, now, reminder = 0, 0.0, 1.0

    def put(to_host: bool, packets: Iterator[bytes]) -> None:
        nonlocal sent
        for packet in packets:
            sent += to_host and packet[1] == 3
            for _ in range(1 + (dice.random() < chaos.repeated)):
                if dice.random() >= chaos.lost:
                    arrives = now + chaos.latency + dice.random() * chaos.spread
                    heapq.heappush(flying, (arrives, next(serial), to_host, packet))

    put(True, datagrams(sender.start(now), sender, content))
    while now < patience:
        timer = sender.next_timer()
        if timer is None:
            break
        arrival = flying[0][0] if flying else timer
        now = min(timer, arrival, reminder)
        if flying and now == arrival:
            _, _, to_host, packet = heapq.heappop(flying)
            if to_host:
                reminder = now + 1.0
                put(False, receiver.receive(packet))
            else:
                put(True, datagrams(sender.receive_datagram(packet, now), sender, content))
        elif now == reminder:
            reminder = now + 1.0
            put(False, iter([receiver.remind()] if receiver.blocks or receiver.granted != Options() else []))
        else:
            put(True, datagrams(sender.handle_timer(now), sender, content))
    return Carried(sender.result, receiver, sent, now)
