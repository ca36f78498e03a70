"""bzip2 streams read at any offset, blocks decoded in parallel, without a temporary file.

The blocks of a stream are independent, only nobody says where they start: their magic is searched, each is decoded
as a stream of its own in a thread (bz2 lets other threads run), and the results are taken in order. Where each block
lies is remembered, so that reading back decodes one block only. Reading ahead goes a few blocks further than what was
asked and stops when no more is asked. CRCs are checked: each block's, and each stream's where its end is reached.
"""

from bisect import bisect_right
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from hobnail.errors import MediumError
from hobnail.formats.bzip2_block import (
    BLOCK_MAGIC,
    CRC_BITS,
    END_BITS,
    END_MAGIC,
    MAGIC_BITS,
    MAX_BLOCK,
    MAX_TRIES,
    Block,
    Segment,
    decode_exactly,
    decode_segment,
    find_magic,
)
from hobnail.formats.bzip2_scan import BlockScanner
from hobnail.formats.reader import Reader

CACHE = 32 << 20
"""Bytes of memory for decoded blocks."""
SPARE = 2
"""Blocks read ahead beyond one for each thread, so that none waits for the reader."""
HEADER = 4
"""Bytes of `BZh9`."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block lies in the compressed file (bits) and among the decoded bytes."""

    start: int
    end: int
    offset: int


class Bzip2Reader:
    """The decoded bytes of a bzip2 file; used by one thread at a time, `close` (or `with`) ends its own threads.

    Streams that follow each other are one; what follows the last and is none is ignored, as bunzip2 does.
    `limit` is the greatest number of decoded bytes allowed: more is a decompression bomb and a MediumError.
    `threads` is how many blocks are decoded at once: the number of cores, more is slower (each works on 4 MB).
    MediumErrors name the compressed file and its byte.
    """

    def __init__(self, name: str, inner: Reader, *, limit: int | None = None, threads: int = 2) -> None:
        self.name = name
        self._inner = inner
        self._limit = limit
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None
        self._scanner = BlockScanner(inner)
        self._ahead: dict[int, Future[Block | None]] = {}  # by the block's first bit
        self._places: list[_Place] = []
        self._cache: OrderedDict[int, Block] = OrderedDict()
        self._cached = 0
        self._decoded = 0  # bytes in all blocks of _places
        self._combined = 0  # CRC of the stream so far
        self._next: int | None = None  # first bit of the next block; None before the start and at the end
        self._began = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the threads; what is known stays readable."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None
        self._ahead.clear()

    @property
    def size(self) -> int | None:
        """Length in bytes, None until the end was reached once."""
        return self._decoded if self._began and self._next is None else None

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` decoded bytes from `offset`; MediumError for damage, truncation, or the limit."""
        if not self._began:
            self._begin_stream(0)
            self._began = True
        parts = []
        while length > 0:
            while offset >= self._decoded and self._next is not None:
                self._go_on(self._next)
            if offset >= self._decoded:
                break
            index = bisect_right(self._places, offset, key=lambda place: place.offset) - 1
            part = self._block(index).read(offset - self._places[index].offset, length)
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _block(self, index: int) -> Block:
        """Return a known block, decoded again when it fell out of the cache."""
        block = self._cache.get(index)
        if block is not None:
            self._cache.move_to_end(index)
            return block
        place = self._places[index]
        first, last = place.start // 8, -(-place.end // 8)
        segment = Segment(place.start, place.end, self._inner.read_at(first, last - first))
        block = decode_exactly(segment, place.end, is_last=False)
        if block is None:
            raise self._error("the file changed while it was read", first)
        self._remember(index, block)
        return block

    def _remember(self, index: int, block: Block) -> None:
        """Put a block into the cache, and the ones not used for longest out of it."""
        self._cache[index] = block
        self._cached += block.cost
        while self._cached > CACHE and len(self._cache) > 1:
            _, oldest = self._cache.popitem(last=False)
            self._cached -= oldest.cost

    def _go_on(self, start: int) -> None:
        """Take the next block, which starts at a bit, into what is known."""
        self._read_ahead(start)
        block = self._ahead.pop(start).result() or self._decode_again(start)
        if block is None:
            raise self._undecodable(start)
        if self._limit is not None and self._decoded + block.size > self._limit:
            raise self._error(f"expands to more than the {self._limit} bytes that are possible here", start // 8)
        self._combined = (self._combined << 1 & 0xFFFFFFFF | self._combined >> 31) ^ block.crc
        self._places.append(_Place(start, block.end, self._decoded))
        self._remember(len(self._places) - 1, block)
        self._decoded += block.size
        if block.is_last:
            self._end_stream(block.end)
        else:
            self._next = block.end
        self._forget(self._next)

    def _read_ahead(self, start: int) -> None:
        """Have the block at a bit decoded, and those behind it; a file's first alone, it may be all that is read."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="bzip2")
        wanted = self._threads + SPARE if self._places else 1
        bit: int | None = start
        while bit is not None and wanted > 0:
            if bit not in self._ahead:
                self._ahead[bit] = self._pool.submit(
                    decode_segment, self._scanner.segment(bit, self._scanner.next_start(bit))
                )
            bit = self._scanner.next_start(bit)
            wanted -= 1

    def _decode_again(self, start: int) -> Block | None:
        """Decode a block whose end was guessed wrong, or in which a magic stands by chance: its end comes later."""
        stop = self._scanner.true_next_start(start)
        for _ in range(MAX_TRIES):
            block = decode_segment(self._scanner.segment(start, stop))
            if block is not None or stop is None or stop - start > MAX_BLOCK * 8:
                return block
            stop = self._scanner.true_next_start(stop)
        return None

    def _forget(self, bit: int | None) -> None:
        """Drop what was read ahead for blocks that turned out to be none, and compressed bytes that are done."""
        for start in [start for start in self._ahead if bit is None or start < bit]:
            self._ahead.pop(start).cancel()
        if bit is not None:
            self._scanner.forget(bit)

    def _begin_stream(self, offset: int) -> None:
        """Read the headers from a byte on, until a stream has a block or none follows."""
        while True:
            header = self._inner.read_at(offset, HEADER)
            if not (len(header) == HEADER and header[:3] == b"BZh" and header[3:] in b"123456789"):
                if offset == 0:
                    raise self._error(f"no bzip2 file: starts with {header.hex(' ') or 'no bytes'}", offset)
                self._next = None
                return
            self._combined = 0
            bit = (offset + HEADER) * 8
            magic = self._bits(bit, MAGIC_BITS)
            if magic == BLOCK_MAGIC:
                self._next = bit
                return
            if magic != END_MAGIC:
                raise self._error(f"damaged bzip2 file: {magic:012x} where a block should start", bit // 8)
            self._check_combined(bit)
            offset = bit // 8 + END_BITS // 8

    def _end_stream(self, bit: int) -> None:
        """Check the end mark at a bit and look for another stream behind it."""
        self._check_combined(bit)
        self._begin_stream(-(-(bit + END_BITS) // 8))

    def _check_combined(self, bit: int) -> None:
        crc = self._bits(bit + MAGIC_BITS, CRC_BITS)
        if crc != self._combined:
            what = f"damaged bzip2 file: the stream's CRC is {self._combined:08x}, its end says {crc:08x}"
            raise self._error(what, (bit + MAGIC_BITS) // 8)

    def _bits(self, bit: int, count: int) -> int:
        """Read a few bits; MediumError when the file ends in them."""
        first, last = bit // 8, -(-(bit + count) // 8)
        data = self._inner.read_at(first, last - first)
        if len(data) < last - first:
            raise self._truncated(first + len(data))
        return int.from_bytes(data, "big") >> (last * 8 - bit - count) & (1 << count) - 1

    def _undecodable(self, start: int) -> MediumError:
        """Tell a file that ends in a block from a damaged block."""
        segment = self._scanner.segment(start, self._scanner.true_next_start(start))
        ends = next(find_magic(segment.data, END_MAGIC), None) is not None
        if segment.stop is None and not ends and len(segment.data) < MAX_BLOCK:
            return self._truncated(start // 8 + len(segment.data))
        return self._error("damaged bzip2 block", start // 8)

    def _truncated(self, offset: int) -> MediumError:
        return self._error("the bzip2 file is truncated", offset)

    def _error(self, what: str, offset: int) -> MediumError:
        next_step = "check the medium's checksum and fetch it again"
        return MediumError(what, where=self._inner.name, offset=offset, next_step=next_step)
