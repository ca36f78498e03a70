"""Pieces of 8 MiB on their way from a source to a device: read ahead in one thread, hashed in others.

Reading, hashing and writing overlap: the system calls and the hash let other threads run. Buffers come from mmap,
whose pages are aligned as direct I/O wants them, and are used again and again: memory stays at a few of them.
"""

import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hobnail.errors import SystemFailure
from hobnail.formats.reader import Reader
from hobnail.system.raw_device import aligned_buffer

PIECE = 8 << 20
BUFFERS = 3
HASHING = 2
"""Threads that hash, beside the one that reads ahead."""


class PieceHash:
    """A hash under a key that is new for each run, at the speed of memory: AES-GCM's GHASH of associated data.

    Whatever befell a piece of 8 MiB, it goes unseen with a probability below 2^-100 (NIST SP 800-38D, 6.4: a
    polynomial of the piece's blocks over GF(2^128)). SHA-256 takes 1.8 GB/s of a core here and would hold fast disks
    up; this takes 27 GB/s. Good for comparing only: another run has other digests.
    """

    def __init__(self) -> None:
        self._cipher = AESGCM(AESGCM.generate_key(128))

    def digest(self, data: memoryview) -> bytes:
        """Return 16 bytes that are the same for the same data."""
        return self._cipher.encrypt(_NONCE, b"", data)


_NONCE = bytes(12)  # nothing is encrypted: the same for all, so that equal pieces have equal digests


class Source(Protocol):
    """What is to be written: a Layout, or a stream."""

    def fill_each(self, buffers: Iterator[memoryview]) -> Iterator[tuple[int, int]]:
        """Fill the next buffer with each piece, in order; yield its offset on the device and its length."""


@dataclass(frozen=True, slots=True)
class ReaderSource:
    """The bytes of a reader from `start` to `end`, at the same place on the device; a part sector is filled up."""

    reader: Reader
    start: int
    end: int
    sector: int = 512

    def fill_each(self, buffers: Iterator[memoryview]) -> Iterator[tuple[int, int]]:
        """Fill the next buffer with each piece. SystemFailure when the reader ends too early."""
        at = self.start
        while at < self.end:
            buffer = next(buffers)
            end = min(self.end, at - at % len(buffer) + len(buffer))
            data = self.reader.read_at(at, end - at)
            if len(data) != end - at:
                raise SystemFailure(
                    f"ends at byte {at + len(data)}, {self.end} were expected", where=self.reader.name
                )
            padding = -len(data) % self.sector
            buffer[: len(data) + padding] = data + bytes(padding) if padding else data
            yield at, len(data) + padding
            at = end


@dataclass(slots=True)
class Piece:
    """One piece in a buffer; `digest` is its hash, as soon as that is known."""

    offset: int
    length: int
    digest: Future[bytes]


class _StoppedError(Exception):
    """Nobody wants further pieces."""


class Pipeline:
    """The buffers and threads. Use as a context manager: at its end all threads have ended."""

    def __init__(self, hash_: PieceHash) -> None:
        self._hash = hash_
        self._free: queue.Queue[memoryview | None] = queue.Queue()
        for _ in range(BUFFERS):
            self._free.put(aligned_buffer(PIECE))
        self._pool = ThreadPoolExecutor(HASHING, thread_name_prefix="hash")
        self._threads: list[threading.Thread] = []
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped = True
        self._free.put(None)
        for thread in self._threads:
            thread.join()
        self._pool.shutdown(cancel_futures=True)

    def ahead(self, source: Source) -> Iterator[tuple[Piece, memoryview]]:
        """Yield the source's pieces, filled in a thread; the buffer is taken back when the next one is asked for.

        Raises what the source raises, in the caller's thread.
        """
        ready: queue.Queue[tuple[Piece, memoryview, memoryview] | BaseException | None] = queue.Queue()
        thread = threading.Thread(target=self._read_ahead, args=(source, ready), name="read ahead", daemon=True)
        self._threads.append(thread)
        thread.start()
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            piece, view, buffer = item
            yield piece, view
            self._release(piece, buffer)

    def read_back(self, places: list[tuple[int, int]], read: Callable[[memoryview, int], None]) -> Iterator[Piece]:
        """Read each place (offset, length) and yield it at once; its digest comes later."""
        for offset, length in places:
            buffer = self._next_buffer()
            view = buffer[:length]
            read(view, offset)
            piece = Piece(offset, length, self._pool.submit(self._hash.digest, view))
            self._release(piece, buffer)
            yield piece

    def _release(self, piece: Piece, buffer: memoryview) -> None:
        """Give a buffer back as soon as it has been hashed."""
        piece.digest.add_done_callback(lambda _: self._free.put(buffer))

    def _next_buffer(self) -> memoryview:
        buffer = self._free.get()
        if buffer is None or self._stopped:
            raise _StoppedError
        return buffer

    def _read_ahead(
        self, source: Source, ready: "queue.Queue[tuple[Piece, memoryview, memoryview] | BaseException | None]"
    ) -> None:
        """Run in a thread: fill buffers as they get free."""
        taken: list[memoryview] = []

        def buffers() -> Iterator[memoryview]:
            while True:
                taken.append(self._next_buffer())
                yield taken[-1]

        try:
            for offset, length in source.fill_each(buffers()):
                buffer = taken.pop()
                view = buffer[:length]
                ready.put((Piece(offset, length, self._pool.submit(self._hash.digest, view)), view, buffer))
            ready.put(None)
        except _StoppedError:
            ready.put(None)
        except BaseException as error:  # handed to the thread that asks
            ready.put(error)
