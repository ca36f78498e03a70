"""The search for blocks in a bzip2 file, from its start on, as far as blocks are asked for."""

from collections import deque

from hobnail.formats.bzip2_block import BLOCK_MAGIC, MAX_BLOCK, Segment, find_magic
from hobnail.formats.reader import Reader

READ = 1 << 20
"""Compressed bytes that are read and searched at once."""
OVERLAP = 6
"""Bytes searched twice, in which a magic that crosses two reads starts."""


class BlockScanner:
    """Reads forward and finds what looks like a block's start; `forget` gives room back."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self._data = bytearray()
        self._base = 0  # byte in the file at which _data starts
        self._ended = False
        self._starts: deque[int] = deque()  # bits, in order

    def segment(self, start: int, stop: int | None) -> Segment:
        """Return the bytes from bit `start` to `stop`, one of its next starts, or as many as a block can have."""
        last = start // 8 + MAX_BLOCK if stop is None else -(-stop // 8)
        begin = start // 8 - self._base
        return Segment(start, stop, bytes(self._data[begin : last - self._base]))

    def next_start(self, bit: int) -> int | None:
        """Return the next bit after `bit` where a block may start; None when it is too far away for one block."""
        while True:
            found = next((start for start in self._starts if start > bit), None)
            if found is not None:
                return found if found - bit <= MAX_BLOCK * 8 else None
            if self._ended or self._base + len(self._data) >= bit // 8 + MAX_BLOCK:
                return None
            self._read_on()

    def forget(self, bit: int) -> None:
        """Drop what lies before a bit; it is not asked for again."""
        while self._starts and self._starts[0] < bit:
            self._starts.popleft()
        spare = bit // 8 - self._base
        if spare > 0:
            del self._data[:spare]
            self._base += spare

    def _read_on(self) -> None:
        """Read more and note the starts in it."""
        more = self._inner.read_at(self._base + len(self._data), READ)
        begin = max(len(self._data) - OVERLAP, 0)
        known = self._starts[-1] if self._starts else -1
        self._data += more
        self._ended = len(more) < READ
        found = sorted(self._base * 8 + bit for bit in find_magic(self._data, BLOCK_MAGIC, begin))
        self._starts.extend(bit for bit in found if bit > known)
