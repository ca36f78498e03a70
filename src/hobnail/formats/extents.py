"""Bytes that lie in several places: the pieces of a file on a file system, read as one."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from hobnail.formats.reader import Reader, read_exactly


@dataclass(frozen=True, slots=True)
class Extent:
    """A run of bytes."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The byte after the last."""
        return self.start + self.length


class ExtentReader:
    """The bytes of `extents` of another reader, one after the other."""

    def __init__(self, name: str, inner: Reader, extents: Sequence[Extent]) -> None:
        self.name = name
        self._inner = inner
        self._extents = tuple(extents)
        self._begins = [0, *accumulate(extent.length for extent in extents)]  # the last one is the size

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._begins[-1]

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; MediumError where the inner reader ends too early."""
        end = min(offset + length, self.size)
        pieces = []
        index = bisect_right(self._begins, offset) - 1
        while offset < end:
            extent = self._extents[index]
            skip = offset - self._begins[index]
            piece = read_exactly(self._inner, extent.start + skip, min(extent.length - skip, end - offset))
            pieces.append(piece)
            offset += len(piece)
            index += 1
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
