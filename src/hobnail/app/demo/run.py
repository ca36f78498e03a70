"""`hobnail demo`: from an installer medium to running kernels, on this machine alone and in less than a minute.

Makes a medium in the shape of ESXi 4.0 around the probe kernel, imports it, serves it in a network of its own, boots
virtual machines from it, and compares what each was handed with what was imported.
"""

import contextlib
import gzip
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from hobnail.app.demo import prerequisites
from hobnail.app.demo.comparison import Imported, compare, imported, table
from hobnail.app.demo.inside import console_path, hobnail
from hobnail.app.demo.machines import Machine, fleet
from hobnail.app.demo.medium import MediumSpec, bank_for, make_medium
from hobnail.app.demo.network import in_namespace
from hobnail.app.demo.probe import build_probe
from hobnail.app.demo.report import parse_report
from hobnail.errors import HobnailError, SystemFailure, UserError
from hobnail.image.model import Generation
from hobnail.store import Store
from hobnail.system.processes import PATIENCE, Process

VERSION, BUILD = "4.0.0", "208167"
MODULE_SIZES = {
    "vmk.gz": 3_000_001,
    "sys.vgz": 6_000_003,
    "cim.vgz": 2_000_007,
    "oem.tgz": 300_017,
    "license.tgz": 1_009,
    "cimstg.tgz": 400_003,
}
"""Bytes of the modules, unpacked: odd, and large enough to see them go by. mod.tgz is empty, as shipped."""
OTHER_SIZE = 100
MAX_MACHINES = 8

Say = Callable[[str], None]


def demo(*, keep: Path | None, machines: int = 2, report: Say) -> int:
    """Run the demo; `report` is told each line as it happens. Return 0 only if all machines have all of the image.

    `keep` is a folder for what is made (medium, store, consoles); by default nothing stays. UserError for a number of
    machines out of range; SystemFailure, before anything is done, when this machine lacks what is needed.
    """
    if not 1 <= machines <= MAX_MACHINES:
        raise UserError(f"{machines} machines cannot be booted", next_step=f"ask for 1 to {MAX_MACHINES}")
    began = time.monotonic()

    def say(text: str) -> None:
        report(f"{time.monotonic() - began:6.1f} s  {text}")

    prerequisites.check()
    with _folder(keep) as work:
        store = work / "store"
        _import(_make_medium(work, say), store, say)
        expected = _read_back(store)
        say(f"serving it to {machines} machines in a network of their own")
        inside = [sys.executable, "-m", "hobnail.app.demo.inside", str(store), str(work), str(machines)]
        _follow(in_namespace(inside), say, patience=0)  # nothing in there is worth a farewell
        return _conclude(work, expected, machines, report, say)


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder to work in."""
    if keep is None:
        with TemporaryDirectory(prefix="hobnail-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UserError("it is not an empty folder", where=str(keep), next_step="name another one for --keep")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()


def _make_medium(work: Path, say: Say) -> Path:
    kernel = build_probe(work)
    say(f"the probe, a Multiboot kernel of {kernel.stat().st_size:,} bytes, is built from its source")
    packed = gzip.compress(kernel.read_bytes(), mtime=0)
    bank = bank_for(Generation.ESXI40, packed, version=VERSION, build=BUILD, filler=_filler)
    medium = work / "installer.iso"
    say("making an installer CD in the shape of ESXi 4.0 around it: a boot bank inside a disk image inside archives")
    make_medium(MediumSpec(Generation.ESXI40, VERSION, BUILD, bank), medium, work)
    say(f"{medium.name} is made, {medium.stat().st_size:,} bytes")
    return medium


def _filler(name: str) -> bytes:
    """Return a module's body, always the same for a name, gzip'd as real modules are."""
    return gzip.compress(random.Random(name).randbytes(MODULE_SIZES.get(name, OTHER_SIZE)), 1, mtime=0)


def _import(medium: Path, store: Path, say: Say) -> None:
    if _follow(hobnail(store, "image", "import", str(medium)), say) != 0:
        raise SystemFailure("the medium was not imported; what went wrong stands above")


def _read_back(store: Path) -> Imported:
    with Store.open(store, now=time.time) as opened:
        return imported(opened.get(VERSION).image, opened.blob_path)


def _follow(command: list[str], say: Say, patience: float = PATIENCE) -> int | None:
    """Run a program, tell each line of it, and return its exit status; None if it closed its output and stayed."""
    with Process(command, patience=patience) as program:
        for line in program.lines():
            say(line)
        return program.wait(PATIENCE)


def _conclude(work: Path, expected: Imported, count: int, report: Say, say: Say) -> int:
    """Tell what each machine was handed, and return the exit status."""
    wrong = sum(not _compare(work, expected, machine, report) for machine in fleet(count))
    if wrong:
        say(f"{wrong} of {count} machines were not handed what was imported")
        return 1
    say("each machine has in its memory what was imported, byte for byte")
    return 0


def _compare(work: Path, expected: Imported, machine: Machine, report: Say) -> bool:
    """Print one machine's table; True when all of it is right."""
    report(f"\nmachine {machine.number} ({machine.title}, {machine.mac}) has in memory, unpacked and hashed there:")
    path = console_path(work, machine)
    try:
        told = parse_report(path.read_text(encoding="utf-8").splitlines()) if path.exists() else None
    except HobnailError as error:
        report(f"  {error}")
        return False
    if told is None:
        report("  nothing: it did not reach the kernel")
        return False
    rows = compare(expected, machine.mac, told)
    for line in table(rows):
        report(line)
    return all(row.right for row in rows)
