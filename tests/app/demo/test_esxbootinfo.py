"""The probe by ESXBootInfo: its header as bytes, and its reading, rehearsed under QEMU's Multiboot loader."""

import hashlib
import random
import struct
from pathlib import Path

import pytest

from hobnail.app.demo.probe import build_probe
from tests.app.demo.test_probe import EDGES, boot
from tests.tools import need_tool

HEADER = bytes.fromhex("05b0ad1b 00000000 fb4f52e4").ljust(72, b"\0")
"""Magic number 0x1BADB005, no flags, what makes the sum of the three 0; the rest says that nothing is asked for."""
SCAN = 8192
LOAD = 1


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("gcc", "qemu-system-x86_64")
    return build_probe(tmp_path_factory.mktemp("rehearsal"), rehearsal=True)


def test_the_header_stands_where_mboot_looks(tmp_path: Path) -> None:
    need_tool("gcc")
    data = build_probe(tmp_path).read_bytes()
    table, size, count = struct.unpack_from("<I", data, 28)[0], *struct.unpack_from("<HH", data, 42)
    segments = [struct.unpack_from("<8I", data, table + size * number) for number in range(count)]
    offset, length = min((row[1], row[4]) for row in segments if row[0] == LOAD)
    assert length > 0, "the segment that comes first in the file holds the header"
    at = data.index(HEADER[:12]) - offset
    assert at % 8 == 0
    assert at + len(HEADER) <= SCAN
    assert data[offset + at :][: len(HEADER)] == HEADER
    assert data.count(HEADER[:4]) == 2, "the header, and the number that the probe compares with"


def test_modules_of_all_sizes_by_pages(rehearsal: Path, tmp_path: Path) -> None:
    noise = random.Random(5)
    contents = [noise.randbytes(size) for size in (*EDGES, 8191, 8192, 8193)]
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    report = boot(rehearsal, "a=b c", ",".join(f"{tmp_path / str(number)} word" for number in range(len(contents))))
    assert report.loader == "ESXBootInfo"
    assert report.command_line == f"{rehearsal} a=b c"
    assert [module.size for module in report.modules] == [len(content) for content in contents]
    assert [module.sha256 for module in report.modules] == [hashlib.sha256(c).hexdigest() for c in contents]
    assert [module.text for module in report.modules] == [f"{tmp_path / str(n)} word" for n in range(len(contents))]
    assert 512 < report.memory_kib[0] < 1024
    assert 100 << 10 < report.memory_kib[1] < 128 << 10


def test_no_modules(rehearsal: Path) -> None:
    assert boot(rehearsal).modules == ()
