"""TFTP: our server and dnsmasq, tftpd-hpa and atftpd, in turn, under the same load (bench/client/tftp_load.c).

dnsmasq and tftpd-hpa know no windows and answer such a request with one block at a time, as they do in a real boot.
Clients take joined datagrams, as between network cards that cut and join (the usual server card does); what it costs
where the kernel must cut, on the server's account, is shown in rows without a goal.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bench.lab import (
    ADDRESS,
    FILE,
    FILE_SIZE,
    ROOT,
    ROUNDS,
    Measured,
    Series,
    for_a_megabyte,
    in_megabytes,
    in_microseconds,
    in_milliseconds,
    take_turns,
)
from bench.peers import Peer, atftpd, compiled, dnsmasq, hobnail, tftpd_hpa
from bench.table import Goal, Row, at_least, at_most, compare

SEED = 2026


@dataclass(frozen=True, slots=True)
class Load:
    """What the clients do. Block size and window 0: the option is not sent."""

    clients: int
    seconds: float
    block_size: int
    window: int = 0
    drop_per_mille: int = 0
    join: bool = True

    def on(self, *servers: Peer, rounds: int = ROUNDS) -> Series:
        """Put it on each server in turn."""
        numbers = (
            self.clients,
            self.seconds,
            self.block_size,
            self.window,
            self.drop_per_mille,
            SEED,
            int(self.join),
        )
        command = (str(compiled("tftp_load")), ADDRESS, FILE, str(FILE_SIZE), *map(str, numbers))
        return take_turns(69, "udp", command, *servers, rounds=rounds)


def rows() -> Iterator[Row]:
    """Run every scenario and yield its rows."""
    ours, dns, hpa = hobnail(ADDRESS, ROOT), dnsmasq(ADDRESS, ROOT), tftpd_hpa(ADDRESS, ROOT)
    atf = atftpd(ADDRESS, ROOT)
    yield from windows(Load(128, 2, 1468, 16).on(ours, dns, hpa, atf))
    yield from windows_cut_by_the_kernel(Load(128, 2, 1468, 16, join=False).on(ours, dns))
    for clients, size in ((128, 1408), (128, 512), (1, 1408)):
        yield from lockstep(size, clients, Load(clients, 1.5, size).on(ours, dns, hpa))
    for clients in (16, 128):
        yield from loss(clients, Load(clients, 2, 1468, 16, 10).on(ours, dns, hpa, atf))
    yield from crowd(Load(512, 3, 1468, 16).on(ours, dns))


def windows(got: Series) -> Iterator[Row]:
    """Bytes per second, and CPU per byte, with windows of 16."""
    what = "TFTP, window 16, 128 clients"
    goals: dict[str, tuple[Goal | None, Goal | None]] = {
        "dnsmasq": (at_least(4), at_most(0.3)),
        "tftpd-hpa": (at_least(10), at_most(0.3)),
        "atftpd": (None, None),
    }
    for peer, (speed, cost) in goals.items():
        yield row(f"{what}: bytes/s", got, peer, speed, speed_of, in_megabytes)
        yield row(f"{what}: CPU per byte", got, peer, cost, cost_of_a_byte, for_a_megabyte)


def windows_cut_by_the_kernel(got: Series) -> Iterator[Row]:
    """The same where no card cuts and joins."""
    what = "TFTP, window 16, 128 clients, cut by the kernel"
    yield row(f"{what}: bytes/s", got, "dnsmasq", None, speed_of, in_megabytes)
    yield row(f"{what}: CPU per byte", got, "dnsmasq", None, cost_of_a_byte, for_a_megabyte)


def lockstep(size: int, clients: int, got: Series) -> Iterator[Row]:
    """CPU per packet, both directions counted, with a block at a time; one host alone is for information."""
    for peer, limit in (("dnsmasq", 1.2), ("tftpd-hpa", 0.5)):
        what = f"TFTP, lockstep, blocks of {size}, {clients} client{'s' if clients > 1 else ''}: CPU per packet"
        yield row(what, got, peer, at_most(limit) if clients > 1 else None, cost_of_a_packet, in_microseconds)


def loss(clients: int, got: Series) -> Iterator[Row]:
    """With one percent of the packets lost in each direction; with 128 clients our processor is the limit."""
    for peer in ("dnsmasq", "tftpd-hpa", "atftpd"):
        goal = at_least(15) if clients == 16 else None
        yield row(f"TFTP, 1 % lost, window 16, {clients} clients: bytes/s", got, peer, goal, speed_of, in_megabytes)


def crowd(got: Series) -> Iterator[Row]:
    """Hosts that are switched on together."""
    what = "TFTP, 512 clients at once"
    yield row(f"{what}: slowest first byte", got, "dnsmasq", None, lambda run: run.latest_first_byte, in_milliseconds)
    late = max(run.late for run in got["hobnail"])
    yield Row(f"{what}: without a byte after 2 s", str(late), "(none)", "0", late, at_most(0))


def speed_of(run: Measured) -> float:
    return run.bytes_per_second


def cost_of_a_byte(run: Measured) -> float:
    return run.cpu_per_byte


def cost_of_a_packet(run: Measured) -> float:
    return run.cpu_per_packet


def row(
    what: str,
    got: Series,
    peer: str,
    goal: Goal | None,
    pick: Callable[[Measured], float],
    show: Callable[[float], str],
) -> Row:
    """Compare one figure of ours with a peer's."""
    return compare(what, map(pick, got["hobnail"]), peer, map(pick, got[peer]), goal, show)
