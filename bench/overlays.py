"""Overlays: 10,000 hosts with their own name, address, keys and certificate, on one core, against the clock.

The goal is a number of seconds, not another program. For information the same members are packed by Python's tarfile
and gzip, as a tool would that compresses each overlay as a whole; a hundredth of them, counted a hundred times.
"""

import gzip
import io
import tarfile
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from random import Random

from bench.table import Row, at_most, compare
from hobnail.image.model import Generation
from hobnail.profile.overlay import Member, build
from hobnail.profile.settings import HostSecrets, Management, NfsDatastore, Root, Settings, Source, Ssh

HOSTS = 10_000
SAMPLE = HOSTS // 100
GOAL = 3.0
"""Seconds for all of them."""
RELEASES = ((Generation.ESXI40, "4.0.0"), (Generation.ESXI6, "6.7.0"), (Generation.ESXI8, "8.0.3"))
PROFILE = Settings(
    root=Root("$6$saltsaltsalt$" + "x" * 86),
    ssh=Ssh(True, ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE bench",)),
    domain="bench.example",
    name_servers=(IPv4Address("10.0.0.2"),),
    ntp_servers=("ntp.bench.example",),
    syslog="udp://log.bench.example",
    nfs=(NfsDatastore("shared1", "10.0.0.9", "/export/vm"),),
    advanced=(("/UserVars/SuppressShellWarning", 1),),
    scratch="/vmfs/volumes/shared1/scratch",
)


def rows() -> Iterator[Row]:
    """Yield one row for each release that the demo shows, and one for packing each overlay as a whole."""
    for generation, version in RELEASES:
        took, sizes = [], 0
        for _ in range(3):
            hosts = list(made_hosts(HOSTS))
            begin = time.process_time()
            sizes = sum(len(build(*host, generation, version, _no_content).archive()) for host in hosts)
            took.append(time.process_time() - begin)
        what = f"{HOSTS} overlays of {version}, {sizes // HOSTS} bytes each, CPU time"
        yield compare(what, took, "goal", [GOAL], at_most(1), _seconds)
    sample = [build(*host, *RELEASES[-1], _no_content).members for host in made_hosts(SAMPLE)]
    whole = [_packed_whole(sample) * (HOSTS / SAMPLE)]
    yield compare(f"{HOSTS} overlays of {RELEASES[-1][1]}, CPU time", took, "tarfile and gzip", whole, None, _seconds)


def made_hosts(count: int) -> Iterator[tuple[Settings, HostSecrets]]:
    """Make hosts that differ in what hosts differ in."""
    random = Random(7)
    for number in range(count):
        address = IPv4Interface((0x0A000000 + number + 16, 8))
        management = Management(address=address, gateway=IPv4Address("10.0.0.1"))
        yield replace(PROFILE, host_name=f"esx{number}", management=management), _secrets(random)


def _secrets(random: Random) -> HostSecrets:
    """Texts as long and as incompressible as keys are."""
    key, small, certificate = (b64encode(random.randbytes(size)).decode() for size in (1200, 120, 800))
    return HostSecrets(key, small, random.randbytes(800), key[::-1], certificate)


def _no_content(source: Source) -> bytes:
    raise AssertionError(f"no file is asked for, but {source.name} is")


def _packed_whole(overlays: Sequence[Sequence[Member]]) -> float:
    begin = time.process_time()
    for members in overlays:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for member in members:
                info = tarfile.TarInfo(member.path)
                info.size, info.mode = len(member.data), member.mode
                info.type = tarfile.DIRTYPE if member.type == "folder" else tarfile.REGTYPE
                tar.addfile(info, io.BytesIO(member.data))
        gzip.compress(file.getvalue(), 9, mtime=0)
    return time.process_time() - begin


def _seconds(value: float) -> str:
    return f"{value:.2f} s"
