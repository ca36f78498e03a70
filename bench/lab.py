"""Where network servers are compared: one machine that serves, one that asks, a cable between them.

Both are network namespaces, made anew for each run, and each has processors of its own. Runs of several servers take
turns, so that a busy machine disturbs all alike, and medians are compared.
"""

import json
import os
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.namespaces import Namespace, Namespaces

from bench.cpu import CpuMeter
from bench.peers import BUILD, Peer

ADDRESS = "10.77.0.1"
CLIENT_ADDRESS = "10.77.0.2"
FILE_SIZE = 8 << 20
"""Bytes of the file that is fetched again and again; every server has it in memory, as a booting crowd's modules."""

ROOT = BUILD / "root"
FILE = "file"
ROUNDS = 3
DISCARD_PORT = 9

SERVER_CPUS = f"0-{max(0, (os.cpu_count() or 1) - 2)}"
"""All but the last, which is the load generator's: two machines do not share a processor."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one run gave: what the load generator counted, and the server's CPU seconds meanwhile."""

    bytes: int
    seconds: float
    cpu: float
    datagrams: int
    latest_first_byte: float
    late: int

    @property
    def bytes_per_second(self) -> float:
        return self.bytes / self.seconds

    @property
    def cpu_per_byte(self) -> float:
        return self.cpu / max(1, self.bytes)

    @property
    def cpu_per_packet(self) -> float:
        return self.cpu / max(1, self.datagrams)


Series = dict[str, list[Measured]]


def take_turns(
    port: int, kind: Literal["udp", "tcp"], load: Sequence[str], *servers: Peer, rounds: int = ROUNDS
) -> Series:
    """Put the load (a command of the asking machine) on each server in turn, several times over."""
    make_file(ROOT / FILE)
    got: Series = {server.name: [] for server in servers}
    for _ in range(rounds):
        for server in servers:
            got[server.name].append(measure(server, port, kind, load))
    return got


def measure(server: Peer, port: int, kind: Literal["udp", "tcp"], load: Sequence[str]) -> Measured:
    """Start the server, put the load on it, stop it."""
    with Namespaces() as lan, CpuMeter() as meter:
        machine, asking = lan.add("server"), lan.add("asking")
        lan.connect(machine, "eth0", asking, "eth0")
        machine.set_address("eth0", f"{ADDRESS}/24")
        asking.set_address("eth0", f"{CLIENT_ADDRESS}/24")
        with meter.running(machine.command("taskset", "--cpu-list", SERVER_CPUS, *server.command)):
            wait_for_port(machine, port, kind)
            wait_for_cable(asking)
            before = meter.seconds()
            done = subprocess.run(asking.command(*load), capture_output=True, text=True, timeout=120, check=False)
            used = meter.seconds() - before
    if done.returncode != 0:
        raise RuntimeError(f"{server.name}: the load generator failed: {done.stdout}{done.stderr}")
    got = Measured(cpu=used, **json.loads(done.stdout))
    if not got.bytes:
        raise RuntimeError(f"{server.name}: not a byte arrived: {done.stderr}")
    return got


def wait_for_port(machine: Namespace, port: int, kind: Literal["udp", "tcp"]) -> None:
    """Wait until something on the machine listens."""
    for _ in range(250):
        if machine.run("ss", "-Hln", f"--{kind}", f"sport = :{port}").stdout:
            return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on {kind} port {port} after 5 s")


def wait_for_cable(asking: Namespace) -> None:
    """Wait until the serving machine answers: a new cable comes up within a second, and drops what is sent before."""
    with asking.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.05)
        probe.connect((ADDRESS, DISCARD_PORT))
        for _ in range(200):
            try:
                probe.send(b"")
                probe.recv(1)
            except ConnectionRefusedError:
                return  # nothing listens there, and the machine said so
            except OSError:
                continue
    raise RuntimeError("the cable between the two machines does not come up")


def make_file(path: Path) -> None:
    """Write the pattern that the load generators expect: 32-bit word i is i * 2654435761, little-endian."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    words = (i * 2654435761 & 0xFFFFFFFF for i in range(FILE_SIZE // 4))
    path.write_bytes(b"".join(word.to_bytes(4, "little") for word in words))


def in_megabytes(value: float) -> str:
    """Show bytes per second."""
    return f"{value / 1e6:.1f} MB/s"


def for_a_megabyte(value: float) -> str:
    """Show CPU seconds per byte."""
    return f"{value * 1e12:.0f} µs/MB"


def in_microseconds(value: float) -> str:
    """Show CPU seconds per packet."""
    return f"{value * 1e6:.2f} µs"


def in_milliseconds(value: float) -> str:
    """Show seconds."""
    return f"{value * 1e3:.0f} ms"
