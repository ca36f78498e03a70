"""One stream out of many: bunzip2 is the judge."""

import bz2
import hashlib
from pathlib import Path
from random import Random

import pytest

from hobnail.app.demo.sparse_bzip2 import compress_sparse, splice
from hobnail.formats.bzip2_block import END_MAGIC, find_magic
from hobnail.system.commands import run
from tests.tools import need_tool

MIB = 1 << 20
LAYOUTS = {
    "empty": (0, {}),
    "only a hole": (70 * MIB + 3, {}),
    "data at both ends": (40 * MIB, {0: 4096, 40 * MIB - 4096: 4096}),
    "a disk image": (90 * MIB, {0: 512, 8192 * 512: 512, 5 * MIB: 3_000_000, 80 * MIB: 70_000}),
    "data alone": (2_500_000, {0: 2_500_000}),
}


@pytest.mark.parametrize(("size", "data"), LAYOUTS.values(), ids=LAYOUTS)
def test_bunzip2_reads_it_as_one_stream(size: int, data: dict[int, int], tmp_path: Path) -> None:
    need_tool("bzip2")
    source, target = tmp_path / "sparse", tmp_path / "sparse.bz2"
    with source.open("wb") as file:
        for offset, length in data.items():
            file.seek(offset)
            file.write(Random(offset).randbytes(length))
        file.truncate(size)
    compress_sparse(source, target)
    unpacked = run(["bunzip2", "-c", target]).stdout
    assert hashlib.sha256(unpacked).digest() == hashlib.sha256(source.read_bytes()).digest()
    assert len(list(find_magic(target.read_bytes(), END_MAGIC))) == 1


@pytest.mark.parametrize("count", range(1, 20))
def test_blocks_at_every_bit(count: int) -> None:
    """Blocks end at any bit: each spare bit must come through, and the CRC of all."""
    parts = [Random(count * 100 + n).randbytes(n * 7) for n in range(count)]
    packed = b"".join(splice(bz2.compress(part) for part in parts))
    assert run(["bunzip2", "-c"], stdin=packed).stdout == b"".join(parts)
