"""Writing a device: our writer against `dd bs=8M oflag=direct`, reading back against dd, holes against bmaptool.

The device is a loop device on a file, with direct I/O below too where the file system has it. Runs alternate, and who
goes first changes. With dd only the copying counts, not the start of our interpreter, which a stick never notices;
with bmaptool, a Python program too, both are started anew each time, and neither compares anything.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from bench.peers import BUILD, PeerMissingError
from bench.table import Row, at_least, at_most, compare, render
from hobnail.system.raw_device import RawDevice
from hobnail.write.device_writer import verify, write_body
from hobnail.write.layout import Extent, FilePart, Layout
from hobnail.write.pieces import PieceHash

ROUNDS = 6
MIB = 1 << 20
SIZE = 1024 * MIB
HOLES = 24 * MIB
"""Bytes from one piece of 8 MiB to the next in the image with holes: a third of it is data."""


def rows() -> Iterator[Row]:
    """Compare on a loop device, and yield the rows."""
    plain, sparse, bmap = images()
    with loop_device(BUILD / "disk") as device:
        pieces: list[tuple[int, int, bytes]] = []
        hash_ = PieceHash()

        def write() -> None:
            with RawDevice(device) as raw:
                pieces[:] = write_body(raw, whole(plain), hash_, lambda _: None)

        def read_back() -> None:
            with RawDevice(device) as raw:
                verify(raw, pieces, hash_, lambda _: None)

        copying = ("dd", f"if={plain}", f"of={device}", "bs=8M", "oflag=direct", "conv=fsync", "status=none")
        reading = ("dd", f"if={device}", "of=/dev/null", "bs=8M", "iflag=direct", "status=none")
        ours, theirs = in_turn(write, running(copying))
        yield compare("writing a device", rates(ours), "dd oflag=direct", rates(theirs), at_least(0.98), speed)
        ours, theirs = in_turn(read_back, running(reading))
        yield compare(
            "reading it back, compared", rates(ours), "dd iflag=direct", rates(theirs), at_least(0.98), speed
        )
        sparse_copy = (sys.executable, "-m", "bench.write", str(sparse), str(device))
        bmaptool = (program("bmaptool"), "-q", "copy", "--no-verify", "--bmap", str(bmap), str(sparse), str(device))
        ours, theirs = in_turn(running(sparse_copy), running(bmaptool))
        yield compare("writing an image with holes", ours, "bmaptool copy", theirs, at_most(1), seconds)


def images() -> tuple[Path, Path, Path]:
    """Return an image full of data, one with holes, and its block map; made once."""
    plain, sparse, bmap = BUILD / "plain.img", BUILD / "sparse.img", BUILD / "sparse.bmap"
    BUILD.mkdir(parents=True, exist_ok=True)
    if not bmap.exists():
        piece = Random("piece").randbytes(8 * MIB)
        with open(plain, "wb") as file:
            for number in range(SIZE // len(piece)):
                file.write(number.to_bytes(8, "big") + piece[8:])
        with open(sparse, "wb") as file:
            file.truncate(SIZE)
            for offset in range(0, SIZE, HOLES):
                file.seek(offset)
                file.write(piece)
        subprocess.run([program("bmaptool"), "-q", "create", "-o", str(bmap), str(sparse)], check=True)
    return plain, sparse, bmap


def whole(path: Path) -> Layout:
    """Lay a file out as it is."""
    return Layout(SIZE, (Extent(0, SIZE, FilePart(path, 0, SIZE)),))


def with_holes(path: Path) -> Layout:
    """Lay out what is data in a sparse file."""
    extents = []
    end = 0
    with open(path, "rb") as file:
        while True:
            try:
                start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError:  # ENXIO: no more data
                break
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
            extents.append(Extent(start, end - start, FilePart(path, start, end - start)))
    return Layout(SIZE, tuple(extents))


@contextmanager
def loop_device(path: Path) -> Iterator[Path]:
    """Attach a file of the image's size to a loop device of its own."""
    with open(path, "wb") as file:
        file.truncate(SIZE)
    command = ["losetup", "--show", "-f", str(path)]
    made = subprocess.run([*command, "--direct-io=on"], check=False, capture_output=True, text=True)
    if made.returncode:
        made = subprocess.run(command, check=True, capture_output=True, text=True)
    device = Path(made.stdout.strip())
    try:
        yield device
    finally:
        subprocess.run(["losetup", "-d", str(device)], check=True)
        path.unlink()


def in_turn(ours: Callable[[], None], theirs: Callable[[], None]) -> tuple[list[float], list[float]]:
    """Run both again and again; return their seconds. The first round fills the caches and does not count."""
    took: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for which in (number % 2, 1 - number % 2):
            begin = time.perf_counter()
            (ours, theirs)[which]()
            if number:
                took[which].append(time.perf_counter() - begin)
    return took


def running(command: Sequence[str]) -> Callable[[], None]:
    """Return what runs a program."""

    def run() -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    return run


def program(name: str) -> str:
    """Return where a program is."""
    found = shutil.which(name)
    if found is None:
        raise PeerMissingError(f"{name} is not installed: apt-get install bmap-tools")
    return found


def rates(took: list[float]) -> list[float]:
    return [SIZE / one for one in took]


def speed(value: float) -> str:
    return f"{value / 1e9:.2f} GB/s"


def seconds(value: float) -> str:
    return f"{value:.2f} s"


def copy_sparse(image: str, device: str) -> None:
    """Write an image with holes: what is started anew each time."""
    with RawDevice(Path(device)) as raw:
        write_body(raw, with_holes(Path(image)), PieceHash(), lambda _: None)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        copy_sparse(*sys.argv[1:])
    else:
        print(render(list(rows())))
