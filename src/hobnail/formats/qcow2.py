"""qcow2 images that are written: which clusters of the disk are kept, and where each stands in the file.

Source: QEMU, docs/interop/qcow2.txt (version 3, clusters of 64 KiB, 16-bit reference counts). Nothing is compressed,
and there is no backing file nor snapshot; the data follow the tables in the disk's order, so that the same disk makes
the same file.
"""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CLUSTER_BITS = 16
CLUSTER = 1 << CLUSTER_BITS
"""Bytes of a cluster."""

_HEADER = struct.Struct(">4sIQIIQIIQQIIQQQQII")
_MAGIC, _VERSION = b"QFI\xfb", 3
_COPIED = 1 << 63  # nothing else refers to the cluster: it may be written in place
_TABLE_ENTRIES = CLUSTER // 8
_COUNTS = CLUSTER // 2  # reference counts in one block


@dataclass(frozen=True, slots=True)
class Qcow2:
    """The tables at the file's beginning, and the file offset of each kept cluster of the disk by its number."""

    head: bytes
    places: Mapping[int, int]
    length: int  # bytes of the whole file


def qcow2(size: int, clusters: Iterable[int]) -> Qcow2:
    """Return the tables of a disk of `size` bytes that keeps these clusters; all others read as zeros."""
    used = sorted(set(clusters))
    tables = sorted({cluster // _TABLE_ENTRIES for cluster in used})
    l1_entries = -(-size // (CLUSTER * _TABLE_ENTRIES))
    l1 = _clusters(l1_entries * 8)
    before = 1 + l1 + len(tables)  # header, the first table, second tables
    blocks, table = 0, 1
    while True:
        total = before + table + blocks + len(used)
        wanted = -(-total // _COUNTS)
        if wanted == blocks and _clusters(blocks * 8) == table:
            break
        blocks, table = wanted, _clusters(wanted * 8)
    first = before + table + blocks
    places = {cluster: (first + number) * CLUSTER for number, cluster in enumerate(used)}
    header = _HEADER.pack(
        *(_MAGIC, _VERSION, 0, 0, CLUSTER_BITS, size, 0, l1_entries, CLUSTER, before * CLUSTER, table, 0, 0),
        *(0, 0, 0, 4, _HEADER.size),
    )
    parts = [_padded(header), _padded(_level_1(l1_entries, tables, 1 + l1))]
    parts += [_level_2(number, places) for number in tables]
    parts.append(_padded(b"".join(_entry((before + table + block) * CLUSTER) for block in range(blocks))))
    parts.append((b"\0\1" * total).ljust(blocks * CLUSTER, b"\0"))
    return Qcow2(b"".join(parts), places, total * CLUSTER)


def _level_1(entries: int, tables: list[int], first: int) -> bytes:
    offsets = {table: (first + number) * CLUSTER | _COPIED for number, table in enumerate(tables)}
    return b"".join(_entry(offsets.get(entry, 0)) for entry in range(entries))


def _level_2(table: int, places: Mapping[int, int]) -> bytes:
    numbers = range(table * _TABLE_ENTRIES, (table + 1) * _TABLE_ENTRIES)
    return b"".join(_entry(places[number] | _COPIED if number in places else 0) for number in numbers)


def _entry(value: int) -> bytes:
    return value.to_bytes(8, "big")


def _padded(data: bytes) -> bytes:
    return data.ljust(_clusters(len(data)) * CLUSTER, b"\0")


def _clusters(length: int) -> int:
    return -(-length // CLUSTER)
