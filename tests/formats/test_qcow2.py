"""qcow2 images: what qemu-img says of them stands in tests/write/test_disk.py; here the tables themselves."""

import struct

import pytest

from hobnail.formats.qcow2 import CLUSTER, qcow2


def walk(head: bytes, size: int) -> dict[int, int]:
    """Follow the tables as the specification says: header, first table, second tables."""
    l1_size, l1_offset = struct.unpack_from(">IQ", head, 36)
    found: dict[int, int] = {}
    for number, entry in enumerate(struct.unpack_from(f">{l1_size}Q", head, l1_offset)):
        if entry:
            table = struct.unpack_from(f">{CLUSTER // 8}Q", head, entry & ~(1 << 63))
            found |= {number * CLUSTER // 8 + at: to & ~(1 << 63) for at, to in enumerate(table) if to}
    assert l1_size * (CLUSTER // 8) * CLUSTER >= size
    return found


@pytest.mark.parametrize(
    ("size", "used"),
    [
        pytest.param(CLUSTER, [], id="nothing"),
        pytest.param(CLUSTER * 3 + 512, [0, 3], id="a part of a cluster at the end"),
        pytest.param(1 << 40, [0, 1, 8191, 8192, 100_000, (1 << 24) - 1], id="1 TiB"),
    ],
)
def test_each_kept_cluster_has_its_place(size: int, used: list[int]) -> None:
    image = qcow2(size, reversed(used))
    assert walk(image.head, size) == image.places
    assert sorted(image.places) == used
    assert [image.places[one] for one in used] == sorted(image.places.values())
    assert len(image.head) % CLUSTER == 0
    assert image.length == len(image.head) + len(used) * CLUSTER
    assert all(place >= len(image.head) for place in image.places.values())


def test_all_clusters_of_the_file_are_counted_once() -> None:
    """More than one block of counts: 2 GiB of data."""
    image = qcow2(4 << 30, range(33_000))
    offset, clusters = struct.unpack_from(">QI", image.head, 48)
    blocks = [entry for entry in struct.unpack_from(f">{clusters * CLUSTER // 8}Q", image.head, offset) if entry]
    counts = b"".join(image.head[block : block + CLUSTER] for block in blocks)
    total = image.length // CLUSTER
    assert counts == (b"\0\1" * total).ljust(len(blocks) * CLUSTER, b"\0")
