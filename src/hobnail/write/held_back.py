"""The end of a device, held back while all before it is written: it may hold the second GPT, which firmware takes."""

from collections.abc import Iterator

from hobnail.write.pieces import Source

TAIL = 1 << 20
"""Bytes at the end, and up to a block more, that are written after all but the start."""
BLOCK = 4096


def tail_start(size: int, least: int) -> int:
    """Return where the tail of a device of `size` bytes begins: at a block, and at `least` or behind."""
    return max(least, (size - TAIL) // BLOCK * BLOCK)


class HeldBack:
    """A source without what lies at `start` or behind; that is in `kept`, as (offset, bytes), after all was read."""

    def __init__(self, source: Source, start: int) -> None:
        self.kept: list[tuple[int, bytes]] = []
        self._source = source
        self._start = start

    def fill_each(self, buffers: Iterator[memoryview]) -> Iterator[tuple[int, int]]:
        """Fill the next buffer with each piece, in order; yield its offset on the device and its length."""
        lent: list[memoryview] = []
        free = False  # whether the last buffer was not handed on, and may be filled again

        def lend() -> Iterator[memoryview]:
            while True:
                if not free:
                    lent[:] = [next(buffers)]
                yield lent[0]

        for offset, length in self._source.fill_each(lend()):
            free = offset >= self._start
            if offset + length > self._start:
                begin = max(offset, self._start)
                self.kept.append((begin, bytes(lent[0][begin - offset : length])))
            if not free:
                yield offset, min(length, self._start - offset)
