"""How long a host waits for the first byte of its boot.cfg while 200 others fetch modules as fast as they can.

The server is the whole one (bench/serve_image.py): names are looked up, boot.cfg is rendered, stages are kept. Other
work on this machine only ever adds to a wait, so each row is the quietest of several rounds; compare it with the row
at rest.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from typing import Literal

from tests.namespaces import Namespace, Namespaces

from bench.cpu import CpuMeter
from bench.lab import (
    ADDRESS,
    CLIENT_ADDRESS,
    FILE,
    FILE_SIZE,
    ROOT,
    SERVER_CPUS,
    make_file,
    wait_for_cable,
    wait_for_port,
)
from bench.peers import compiled
from bench.serve_image import image
from bench.table import Row, at_most

HOSTS = 200
SECONDS = 2.0
ROUNDS = 5
LIMIT = 0.005
"""Seconds, for the 99th of 100."""
SEED = 2026
Protocol = Literal["http", "tftp"]


def rows() -> Iterator[Row]:
    """Yield a row for each protocol, at rest and under load: the limit is for the 99th percentile."""
    for protocol in ("http", "tftp"):
        for hosts in (0, HOSTS):
            yield row(protocol, hosts, min((waits(protocol, hosts) for _ in range(ROUNDS)), key=p99_of))


def row(protocol: Protocol, hosts: int, times: list[float]) -> Row:
    """Show p50, p99 and the longest."""
    ordered, p99 = sorted(times), p99_of(times)
    shown = " / ".join(f"{value * 1e3:.1f}" for value in (statistics.median(ordered), p99, ordered[-1]))
    what = f"{protocol.upper()}, {hosts or 'no'} hosts fetch modules: first byte of boot.cfg, p50 / p99 / max in ms"
    return Row(what, shown, "limit", f"{LIMIT * 1e3:.0f} ms", p99 / LIMIT, at_most(1))


def p99_of(times: list[float]) -> float:
    """Return the 99th percentile."""
    return sorted(times)[int(len(times) * 0.99)]


def load(protocol: Protocol, name: str, hosts: int) -> tuple[str, ...]:
    """Return the command of the busy hosts; TFTP as mboot.efi asks for it: blocks of 1468, windows of 4."""
    begin = (str(compiled(f"{protocol}_load")), ADDRESS, name, str(FILE_SIZE), str(hosts), str(SECONDS + 2))
    return begin if protocol == "http" else (*begin, "1468", "4", "0", str(SEED), "1")


def waits(protocol: Protocol, hosts: int) -> list[float]:
    """Return the seconds that each request for boot.cfg waited."""
    make_file(ROOT / FILE)
    folder = image(FILE_SIZE).short_id
    server = (sys.executable, "-m", "bench.serve_image", ADDRESS, str(ROOT / FILE))
    with Namespaces() as lan, CpuMeter() as meter:
        machine, asking = lan.add("server"), lan.add("asking")
        lan.connect(machine, "eth0", asking, "eth0")
        machine.set_address("eth0", f"{ADDRESS}/24")
        asking.set_address("eth0", f"{CLIENT_ADDRESS}/24")
        alone = ("taskset", "--cpu-list", SERVER_CPUS, "nice", "-n", "-20")  # whatever else this machine does
        with meter.running(machine.command(*alone, *server)):
            wait_for_port(machine, 69, "udp")
            wait_for_cable(asking)
            return _measured(asking, protocol, folder, hosts)


def _measured(asking: Namespace, protocol: Protocol, folder: str, hosts: int) -> list[float]:
    busy = None
    if hosts:
        words = asking.command(*load(protocol, f"{folder}/k.b00", hosts))
        busy = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    name = f"{folder}/01-52-54-00-4c-00-01/boot.cfg"
    probe = asking.command(sys.executable, "-m", "bench.probe", protocol, ADDRESS, name, str(SECONDS))
    done = subprocess.run(probe, capture_output=True, text=True, timeout=60, check=False)
    if busy is not None:
        out, errors = busy.communicate(timeout=30)
        if busy.returncode:
            raise RuntimeError(f"the load generator failed: {out}{errors}")
        told = json.loads(out)
        print(f"    {protocol}: {told['bytes'] / told['seconds'] / 1e6:.0f} MB/s meanwhile", file=sys.stderr)
    if done.returncode:
        raise RuntimeError(f"the probe failed: {done.stderr}")
    times: list[float] = json.loads(done.stdout)
    return times
