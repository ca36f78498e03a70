"""The search for blocks in a bzip2 file, from its start on, as far as blocks are asked for."""

from hobnail.formats.bzip2_block import BLOCK_MAGIC, MAX_BLOCK, Segment, find_magic
from hobnail.formats.reader import Reader

READ = 1 << 20
"""Compressed bytes that are read at once."""
FIRST_SEARCH, SEARCH = 1 << 12, 1 << 18
"""Compressed bytes that are searched at once: at first, and at most."""
OVERLAP = 6
"""Bytes searched twice, in which a magic that crosses two searches starts."""
LARGE = 1 << 19
"""Compressed bytes of a block that does not compress. Its neighbours mostly have its size within a few hundred bytes;
a search there only saves a tenth of the time of decoding."""
MARGIN = 1 << 13
"""Bytes before and after the place where a start is guessed."""


class BlockScanner:
    """Reads forward and finds what looks like a block's start; `forget` gives room back. All places are bits."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self._data = bytearray()
        self._base = 0  # byte in the file at which _data starts
        self._ended = False
        self._follows: dict[int, int | None] = {}  # answers of next_start
        self._length = 0  # bytes from one start to the next, when it was last known

    def segment(self, start: int, stop: int | None) -> Segment:
        """Return the bytes from `start` to `stop`, one of its next starts, or as many as a block can have."""
        last = start // 8 + MAX_BLOCK if stop is None else -(-stop // 8)
        self._read_to(last)
        return Segment(start, stop, bytes(self._data[start // 8 - self._base : last - self._base]))

    def next_start(self, start: int) -> int | None:
        """Return the next place where a block may start; None when it is too far away for one block.

        May be a guess that passes over a smaller block: then decoding fails, and `true_next_start` tells better.
        """
        if start not in self._follows:
            found = self._guess(start)
            self._note(start, self._search(start) if found is None else found)
        return self._follows[start]

    def true_next_start(self, start: int) -> int | None:
        """As `next_start`, without guessing."""
        self._note(start, self._search(start))
        return self._follows[start]

    def forget(self, bit: int) -> None:
        """Drop what lies before a place; it is not asked for again."""
        for start in [start for start in self._follows if start < bit]:
            del self._follows[start]
        spare = bit // 8 - self._base
        if spare > 0:
            del self._data[:spare]
            self._base += spare

    def _note(self, start: int, found: int | None) -> None:
        self._follows[start] = found
        if found is not None:
            self._length = (found - start) // 8

    def _guess(self, start: int) -> int | None:
        """Look where the next block starts if it is as large as the last one."""
        if self._length < LARGE:
            return None
        middle = start // 8 + self._length
        return self._first_in(start, middle - MARGIN, middle + MARGIN)

    def _search(self, start: int) -> int | None:
        """Look at everything behind a place, in steps that grow: blocks of zeros have 50 bytes, others a million."""
        begin, step = start // 8, FIRST_SEARCH
        limit = begin + MAX_BLOCK
        while begin < limit:
            found = self._first_in(start, begin, begin + step + OVERLAP)
            begin, step = begin + step, min(step * 2, SEARCH)
            if found is not None or (self._ended and begin >= self._base + len(self._data)):
                return found
        return None

    def _first_in(self, start: int, begin: int, end: int) -> int | None:
        """Return the first magic behind `start` that lies in bytes `begin` to before `end`."""
        self._read_to(end)
        window = self._data[begin - self._base : end - self._base]
        return min((bit for at in find_magic(window, BLOCK_MAGIC) if (bit := begin * 8 + at) > start), default=None)

    def _read_to(self, end: int) -> None:
        """Read on until byte `end`, or the file's."""
        while not self._ended and self._base + len(self._data) < end:
            more = self._inner.read_at(self._base + len(self._data), READ)
            self._data += more
            self._ended = len(more) < READ
