"""Partition tables: sfdisk is the oracle; hostile tables end as MediumError."""

import json
import struct
from itertools import pairwise
from os import truncate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.formats.partition import Partition, partitions
from hobnail.formats.reader import BytesReader
from hobnail.system.commands import run
from tests.formats.sources import FileReader
from tests.tools import need_tool

ESXI_4_0 = """label: dos
start=8192, size=1835008, type=5
start=8224, size=511968, type=6
start=520224, size=511968, type=6
start=1032224, size=225248, type=fc
start=1257504, size=585696, type=6
4: start=32, size=8160, type=4, bootable
"""
"""The disk image of ESXi 4.0, as fdisk shows it: 64 heads, 32 sectors, 943718400 bytes."""


class HolesReader:
    """A disk of zeros but for some sectors; counts what is read."""

    name = "disk"

    def __init__(self, size: int | None, sectors: dict[int, bytes]) -> None:
        self.size = size
        self.sectors = sectors
        self.read: list[int] = []

    def read_at(self, offset: int, length: int) -> bytes:
        self.read.append(offset // 512)
        return self.sectors.get(offset // 512, bytes(512))[:length]


def table(*entries: tuple[int, int, int], status: int = 0) -> bytes:
    """A sector with up to four entries: type, first sector, sectors."""
    packed = b"".join(struct.pack("<B3xB3xII", status, kind, first, count) for kind, first, count in entries)
    return bytes(446) + packed.ljust(64, b"\0") + b"\x55\xaa"


def esxi(size: int | None = 943_718_400) -> HolesReader:
    """The layout of ESXi 4.0, EBRs 32 sectors before each logical partition."""
    link = 0x05
    return HolesReader(
        size,
        {
            0: table((link, 8192, 1835008), (0, 0, 0), (0, 0, 0), (0x04, 32, 8160)),
            8192: table((0x06, 32, 511968), (link, 512000, 512000)),
            520192: table((0x06, 32, 511968), (link, 1024000, 225280)),
            1032192: table((0xFC, 32, 225248), (link, 1249280, 585728)),
            1257472: table((0x06, 32, 585696)),
        },
    )


def test_layout_of_esxi_4_0() -> None:
    found = [(p.number, p.type, p.start_lba, p.end_lba - 1) for p in partitions(esxi())]
    assert found == [
        (1, 0x05, 8192, 1843199),
        (4, 0x04, 32, 8191),
        (5, 0x06, 8224, 520191),
        (6, 0x06, 520224, 1032191),
        (7, 0xFC, 1032224, 1257471),
        (8, 0x06, 1257504, 1843199),
    ]


def test_the_boot_bank_starts_at_byte_4210688() -> None:
    """A widely copied article prints 4210668, which is no multiple of 512."""
    bank = next(p for p in partitions(esxi()) if p.number == 5)
    assert bank.start == 512 * 8224 == 4210688
    assert (bank.length, bank.reader(esxi()).name, bank.reader(esxi()).start) == (511968 * 512, "disk!p5", 4210688)


@pytest.mark.parametrize(("wanted", "read"), [(1, [0]), (4, [0]), (5, [0, 8192]), (7, [0, 8192, 520192, 1032192])])
def test_reads_no_further_than_the_wanted_partition(wanted: int, read: list[int]) -> None:
    disk = esxi(size=None)
    assert next(p for p in partitions(disk) if p.number == wanted)
    assert disk.read == read


LAYOUTS = {
    "ESXi 4.0": ESXI_4_0,
    "primaries only": "label: dos\nstart=63, size=1000, type=b\nstart=2000, size=3000, type=82, bootable\n",
    "nothing": "label: dos\n",
    "LBA extended, chain against disk order": "label: dos\n2: start=2048, size=40000, type=f\n"
    "5: start=30000, size=100, type=83\n6: start=4096, size=100, type=83\n7: start=9000, size=1, type=83\n",
    "Linux extended": "label: dos\nstart=2048, size=8192, type=85\nstart=2080, size=99, type=83\n",
    "empty extended": "label: dos\nstart=2048, size=8192, type=5\nstart=20000, size=8, type=83\n",
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_same_as_sfdisk(layout: str, tmp_path: Path) -> None:
    need_tool("sfdisk")
    disk = tmp_path / "disk"
    disk.write_bytes(b"")
    truncate(disk, 943_718_400)
    run(["sfdisk", "--force", "--no-reread", disk], stdin=layout.encode())
    shown = json.loads(run(["sfdisk", "--json", disk]).stdout)["partitiontable"].get("partitions", [])
    expected = [
        Partition(
            int(entry["node"].removeprefix(str(disk))),
            int(entry["type"], 16),
            entry.get("bootable", False),
            entry["start"],
            entry["size"],
        )
        for entry in shown
    ]
    assert len(expected) == layout.count("start=")
    assert list(partitions(FileReader(disk))) == expected


def extended(*ebrs: bytes, size: int | None = 512 * 1000) -> HolesReader:
    """An extended partition in sectors 100 to 999 with EBRs in sectors 100, 200 …"""
    sectors = {100 + 100 * index: ebr for index, ebr in enumerate(ebrs)}
    return HolesReader(size, {0: table((0x05, 100, 900)), **sectors})


def test_an_empty_link_gets_no_number() -> None:
    disk = extended(table((0, 0, 0), (0x05, 100, 100)), table((0x83, 1, 9)))
    assert [(p.number, p.start_lba) for p in partitions(disk)] == [(1, 100), (5, 201)]


def test_a_second_extended_partition_is_shown_but_not_followed() -> None:
    disk = HolesReader(None, {0: table((0x05, 100, 50), (0x0F, 200, 50)), 100: table((0x83, 1, 9)), 200: b"no EBR"})
    assert [p.number for p in partitions(disk)] == [1, 2, 5]


DAMAGED = [
    (BytesReader("disk", b""), "ends after 0 bytes", 0),
    (BytesReader("disk", bytes(511)), "ends after 511 bytes", 511),
    (HolesReader(None, {0: bytes(512)}), "signature 00 00", 510),
    (HolesReader(None, {0: table((1, 1, 1), status=0x55)}), "status byte 0x55", 446),
    (HolesReader(None, {0: table((0xEE, 1, 0xFFFFFFFF))}), "GUID partition table", 446),
    (HolesReader(51200, {0: table((6, 1, 99), (6, 50, 51))}), "passes the end of the disk, which has 51200", 462),
    (HolesReader(None, {0: table((6, 0, 99))}), "covers its own table", 446),
    (HolesReader(None, {0: table((6, 1, 99), (6, 99, 9))}), "overlaps partition 1", 462),
    (HolesReader(None, {0: table((6, 9, 99), (5, 1, 9))}), "overlaps partition 1", 462),
    (extended(bytes(512)), "no extended boot record here", 51200 + 510),
    (extended(table((6, 1, 900)), size=None), "passes the end of extended partition 1", 51200 + 446),
    (extended(table((6, 0, 9))), "covers its own table in sector 100", 51200 + 446),
    (extended(table((6, 1, 9), (5, 900, 9))), "link to sector 1000, past the extended", 51200 + 462),
    (extended(table((6, 1, 9), (5, 0, 9))), "is a loop", 51200),
    (extended(table((6, 1, 9), (5, 100, 9)), table((0, 0, 0), (5, 0, 9))), "is a loop", 51200),
    (extended(table((6, 1, 200), (5, 100, 9)), table((6, 1, 9))), "overlaps partition 5", 102400 + 446),
    (
        HolesReader(None, {0: table((5, 1, 9999))} | {n: table((5, n, 1)) for n in range(1, 9999)}),
        "more than 128 extended boot records",
        129 * 512,
    ),
]


@pytest.mark.parametrize(("disk", "what", "offset"), DAMAGED, ids=[str(row[1]) for row in DAMAGED])
def test_damage_is_named(disk: HolesReader | BytesReader, what: str, offset: int) -> None:
    with pytest.raises(MediumError, match=what) as caught:
        list(partitions(disk))
    assert (caught.value.where, caught.value.offset) == ("disk", offset)


small = st.integers(0, 12)
rows = st.lists(st.tuples(st.sampled_from([0, 5, 6, 0x0F, 0xEE]), small, small), max_size=4)


@given(st.dictionaries(small, rows, max_size=13), st.none() | st.integers(0, 13 * 512))
def test_any_table_ends_as_partitions_or_medium_error(
    tables: dict[int, list[tuple[int, int, int]]], size: int | None
) -> None:
    disk = HolesReader(size, {sector: table(*entries) for sector, entries in tables.items()})
    try:
        found = list(partitions(disk))
    except MediumError:
        return
    spans = sorted((p.start_lba, p.end_lba) for p in found if p.number >= 5 or not p.is_extended)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
    assert size is None or all(p.start + p.length <= size for p in found)


@given(st.binary(min_size=512, max_size=2048))
def test_random_bytes(data: bytes) -> None:
    try:
        list(partitions(BytesReader("disk", data[:510] + b"\x55\xaa" + data[512:])))
    except MediumError:
        return
