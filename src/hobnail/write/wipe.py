"""What was on a device, made unreadable: no tool and no firmware may find an old file system in the new one's holes.

As wipefs(8) does with -a, on the disk and on each of its partitions: every magic is overwritten with zeros. Besides
these the first and the last MiB of the disk, where partition tables, LVM, RAID and ZFS keep what they are known by.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from hobnail.formats.reader import Reader, SliceReader
from hobnail.formats.signatures import Signature, find_signatures
from hobnail.system.raw_device import aligned_buffer

END = 1 << 20
"""Bytes that are cleared at either end."""
BLOCK = 4096


class Wipeable(Reader, Protocol):
    """A device that can be written in aligned pieces."""

    def write(self, data: memoryview, offset: int) -> None:
        """Write an aligned buffer. OSError as the kernel has it."""


def signatures_of(device: Reader, partitions: Iterable[tuple[int, int]]) -> Iterator[tuple[int, Signature]]:
    """Yield the start of what it belongs to (0: the disk itself) and each signature. Partitions: (start, length)."""
    size = device.size or 0
    for signature in find_signatures(device):
        yield 0, signature
    for start, length in partitions:
        inside = SliceReader(f"{device.name}@{start}", device, start, max(0, min(length, size - start)))
        for signature in find_signatures(inside):
            yield start, signature


def wipe(device: Wipeable, partitions: Iterable[tuple[int, int]]) -> None:
    """Overwrite both ends and every magic. OSError as the kernel has it."""
    size = device.size or 0
    places = [
        (start + signature.offset, len(signature.magic))
        for start, signature in signatures_of(device, partitions)
        if END <= start + signature.offset < size - END
    ]
    zeros = aligned_buffer(END)
    device.write(zeros[: min(END, size)], 0)
    for at in range(max(0, size - END) // BLOCK * BLOCK, size, END):  # a block more where the size is no multiple
        device.write(zeros[: min(END, size - at)], at)
    for offset, length in places:
        _clear(device, offset, length, size)


def _clear(device: Wipeable, offset: int, length: int, size: int) -> None:
    """Put zeros over some bytes and leave their blocks as they are else."""
    first = offset // BLOCK * BLOCK
    end = min(size, -(-(offset + length) // BLOCK) * BLOCK)
    block = aligned_buffer(end - first)
    block[:] = device.read_at(first, end - first)
    block[offset - first : offset - first + length] = bytes(length)
    device.write(block, first)
