"""Import: `hobnail image import` against the by-hand way, on media of 4.0 and 6.7 with content of realistic size.

By hand means what the published how-tos do. For 4.0: extract image.tgz from the ISO, untar it, bunzip2 the disk
image, look up the offset of partition 5 and copy the files out of it. For 6.7: unpack the ISO with bsdtar. Both ways
end with the files on the same disk; ours also hashes medium and modules and publishes the image. Runs alternate, so
that a busy machine disturbs both alike.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from gzip import compress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench.peers import BUILD
from bench.table import Row, at_most, compare, render
from hobnail.app.demo.later_medium import make_later_medium, spec_for
from hobnail.app.demo.medium import MediumSpec, bank_for, make_medium
from hobnail.image.model import Generation

ROUNDS = 4
"""Even: who goes first changes, because in a virtual machine the first to fill memory waits for its pages."""
GENERATION, VERSION, RELEASE = Generation.ESXI40, "4.0.0", "208167"
PARTITION_5 = 8224 * 512
"""Bytes; what a how-to has its reader compute from `fdisk -lu`."""
MEGABYTE = 1 << 20
BANK_SIZES = {"sys.vgz": 54 * MEGABYTE, "cim.vgz": 16 * MEGABYTE, "vmk.gz": 5 * MEGABYTE // 2, "cimstg.tgz": MEGABYTE}
"""Bytes of the large files of the bank, near those of 4.1 (CD listing): 75 MB with the small ones."""
FLAT_SIZES = {
    "s.v00": 75 * MEGABYTE,
    "tools.t00": 60 * MEGABYTE,
    "sb.v00": 40 * MEGABYTE,
    "vmx.v00": 32 * MEGABYTE,
    "vim.v00": 23 * MEGABYTE,
    "imgpayld.tgz": 20 * MEGABYTE,
}
"""The large modules of 6.7, as far as published sizes of 7.0 let guess; all others have 1 MB."""
LOCKER_SIZE = 140 * MEGABYTE
MEMORY_GOAL = 200
"""Megabytes of peak memory."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds on the clock, seconds of CPU, and the peak memory of the largest process in megabytes."""

    seconds: float
    cpu: float
    memory: float


def rows() -> Iterator[Row]:
    """Import each medium in both ways, in turn, and yield the rows."""
    for name, peer, by_hand, goal in (
        ("4.0", "by hand", unpacking, at_most(0.5)),
        ("6.7", "bsdtar -xf", unpacking_with_bsdtar, at_most(2)),
    ):
        ours, theirs = in_turn(prepared(BUILD / f"esxi{name}.iso", name), by_hand)
        left, right = [run.seconds for run in ours], [run.seconds for run in theirs]
        yield compare(f"import of a {name} medium, wall time", left, peer, right, goal, in_seconds)
        left, right = [run.cpu for run in ours], [run.cpu for run in theirs]
        yield compare(f"import of a {name} medium, CPU time", left, peer, right, None, in_seconds)
        what = f"import of a {name} medium, peak memory (theirs: the goal)"
        peak = max(run.memory for run in ours)
        yield compare(what, [peak], "goal", [MEMORY_GOAL], at_most(1), lambda value: f"{value:.0f} MB")


def in_turn(medium: Path, by_hand: Callable[[Path, Path], Iterable[Sequence[str]]]) -> tuple[list[Run], list[Run]]:
    """Import a medium in both ways, again and again; each begins in an empty folder."""
    runs: tuple[list[Run], list[Run]] = ([], [])
    for number in range(ROUNDS):
        for theirs in (number % 2 == 1, number % 2 == 0):
            with TemporaryDirectory(dir=BUILD) as folder:
                work = Path(folder)
                runs[theirs].append(measured(by_hand(medium, work) if theirs else [importing(medium, work)]))
    return runs


def prepared(path: Path, name: str) -> Path:
    """Return the medium, made once, in a process of its own.

    Linux counts the memory of the process that starts a program as the program's (exec keeps the high-water mark), so
    that the one which measures has to stay small.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        call = f"MAKERS[{name!r}](Path({str(path)!r}))"
        make = f"from pathlib import Path; from bench.import_medium import MAKERS; {call}"
        subprocess.run([sys.executable, "-c", make], check=True)
    return path


def make_disk_medium(path: Path) -> None:
    """Write the medium of 4.0: its content does not compress and is the same on every machine."""
    bank = bank_for(GENERATION, filler("vmkboot.gz"), version=VERSION, build=RELEASE, filler=filler)
    locker = {"tools.tgz": Random("locker").randbytes(LOCKER_SIZE)}
    spec = MediumSpec(GENERATION, VERSION, RELEASE, bank, locker=locker)
    unfinished = path.with_suffix(".unfinished")
    make_medium(spec, unfinished, path.parent)
    unfinished.rename(path)


def make_flat_medium(path: Path) -> None:
    """Write the medium of 6.7 with its 158 modules: 424 MB."""
    unfinished = path.with_suffix(".unfinished")
    make_later_medium(replace(spec_for("6.7"), filler=flat_filler), unfinished, path.parent)
    unfinished.rename(path)


MAKERS = {"4.0": make_disk_medium, "6.7": make_flat_medium}


def filler(name: str, sizes: Mapping[str, int] = BANK_SIZES, other: int = 50_000) -> bytes:
    """Return a module's body: gzip'd, not compressible further."""
    return compress(Random(name).randbytes(sizes.get(name, other)), compresslevel=1, mtime=0)


def flat_filler(name: str) -> bytes:
    """Return a body of the size that such a module may have."""
    return filler(name, FLAT_SIZES, MEGABYTE)


def importing(medium: Path, work: Path) -> Sequence[str]:
    """Return our command, in the environment that runs the benchmark."""
    start = "from hobnail.cli.main import main; main()"
    return [sys.executable, "-c", start, "--store", str(work / "store"), "image", "import", str(medium)]


def unpacking(medium: Path, work: Path) -> Iterator[Sequence[str]]:
    """Yield the steps by hand, each when the one before is done."""
    yield ["xorriso", "-osirrox", "on", "-indev", str(medium), "-extract", "/image.tgz", str(work / "image.tgz")]
    yield ["tar", "-xzf", str(work / "image.tgz"), "-C", str(work)]
    (packed,) = work.glob("usr/lib/vmware/installer/*.dd.bz2")
    yield ["bunzip2", str(packed)]
    bank = work / "bank"
    bank.mkdir()
    yield ["mcopy", "-i", f"{packed.with_suffix('')}@@{PARTITION_5}", "::*", str(bank)]


def unpacking_with_bsdtar(medium: Path, work: Path) -> Iterator[Sequence[str]]:
    """Yield the one step by hand: the files of the CD are the image."""
    (work / "cd").mkdir()
    yield ["bsdtar", "-xf", str(medium), "-C", str(work / "cd")]


def measured(commands: Iterable[Sequence[str]]) -> Run:
    """Run commands one after the other, to the disk (sync), as a whole."""
    os.sync()
    memory = cpu = 0.0
    begin = time.perf_counter()
    for command in commands:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        memory = max(memory, usage.ru_maxrss / 1000)
        cpu += usage.ru_utime + usage.ru_stime
    os.sync()
    return Run(time.perf_counter() - begin, cpu, memory)


def in_seconds(value: float) -> str:
    return f"{value:.2f} s"


def run() -> list[Row]:
    """Run the comparison, print its table and return it."""
    table = list(rows())
    print(render(table))
    return table


if __name__ == "__main__":
    run()
