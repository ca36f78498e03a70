"""Layout: which bytes stand where on a device or in a disk image, without holding them.

Between the extents are holes: nothing needs to be written there, and what is read back is whatever was there before;
a file has zeros. Bytes are read from where they are (the store's blobs) while they are written; nothing is staged.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from itertools import repeat
from pathlib import Path

from hobnail.errors import SystemFailure

HASH_CHUNK = 8 << 20


@dataclass(frozen=True, slots=True)
class FilePart:
    """`length` bytes of a file from `start` on. With `sha256`, 64 hex digits, of the part as it must be."""

    path: Path
    start: int
    length: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Extent:
    """`length` bytes from `offset` on: those of the content, then zeros up to the length. b"" is zeros only."""

    offset: int
    length: int
    content: bytes | FilePart

    @property
    def end(self) -> int:
        """The byte after the last."""
        return self.offset + self.length

    @property
    def content_length(self) -> int:
        """Bytes of the content; the others are zeros."""
        return self.content.length if isinstance(self.content, FilePart) else len(self.content)

    def split(self, at: int) -> tuple["Extent", ...]:
        """Return the extent, or the two parts that it has before byte `at` and from there on.

        The hash of a file's part cannot be parted: neither half has one.
        """
        if not self.offset < at < self.end:
            return (self,)
        count = at - self.offset
        inside = min(count, self.content_length)
        if isinstance(self.content, bytes):
            halves: tuple[bytes | FilePart, ...] = (self.content[:inside], self.content[inside:])
        else:
            path, start, length = self.content.path, self.content.start, self.content.length
            halves = (FilePart(path, start, inside), FilePart(path, start + inside, length - inside))
        return Extent(self.offset, count, halves[0]), Extent(at, self.length - count, halves[1])


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole device or image of `size` bytes. Extents are sorted and do not overlap; ours lie on sectors."""

    size: int
    extents: tuple[Extent, ...]

    def __post_init__(self) -> None:
        at = 0
        for extent in self.extents:
            if extent.offset < at or extent.content_length > extent.length:
                raise ValueError(f"extent at {extent.offset} overlaps what is before it, or has too much content")
            at = extent.end
        if at > self.size:
            raise ValueError(f"the last extent ends at {at}, the layout at {self.size}")

    @property
    def written(self) -> int:
        """Bytes that are to be written; the others are holes."""
        return sum(extent.length for extent in self.extents)

    def runs(self) -> Iterator[tuple[int, int]]:
        """Yield offset and length of what is to be written, in order; extents without a hole between are one run."""
        begin = end = 0
        for extent in self.extents:
            if extent.offset != end:
                if end > begin:
                    yield begin, end - begin
                begin = extent.offset
            end = extent.end
        if end > begin:
            yield begin, end - begin

    def pieces(self, chunk: int) -> Iterator[tuple[int, bytes]]:
        """Yield what is to be written, in order: offset and bytes, cut at the multiples of `chunk`."""
        buffer = bytearray(chunk)
        for offset, length in self.fill(memoryview(buffer)):
            yield offset, bytes(memoryview(buffer)[:length])

    def fill(self, buffer: memoryview) -> Iterator[tuple[int, int]]:
        """Fill `buffer` with one piece after the other, and yield each one's offset and length.

        Pieces are cut at the multiples of the buffer's size. For direct I/O the buffer is the caller's, aligned.
        SystemFailure when a file is lost, cut or changed.
        """
        return self.fill_each(repeat(buffer))

    def fill_each(self, buffers: Iterator[memoryview]) -> Iterator[tuple[int, int]]:
        """Fill the next of `buffers`, all of one size, with each piece: for writing one while the next is read."""
        content = _Contents(self.extents)
        try:
            for begin, length in self.runs():
                at = begin
                while at < begin + length:
                    buffer = next(buffers)
                    end = min(begin + length, at - at % len(buffer) + len(buffer))
                    content.read_into(buffer[: end - at])
                    yield at, end - at
                    at = end
        finally:
            content.close()

    def split(self, at: int) -> tuple["Layout", "Layout"]:
        """Return what is before byte `at`, and what is from there on."""
        parts = [piece for extent in self.extents for piece in extent.split(at)]
        first = tuple(part for part in parts if part.offset < at)
        return Layout(self.size, first), Layout(self.size, tuple(part for part in parts if part.offset >= at))

    def sha256(self) -> str:
        """Return the SHA-256 of all that is to be written, in order, as 64 hex digits: for reading it back."""
        digest = hashlib.sha256()
        buffer = memoryview(bytearray(HASH_CHUNK))
        for _, length in self.fill(buffer):
            digest.update(buffer[:length])
        return digest.hexdigest()


class _Contents:
    """The bytes of extents, one after the other, without the holes."""

    def __init__(self, extents: tuple[Extent, ...]) -> None:
        self._waiting = iter(extents)
        self._source: _Source = _Source(Extent(0, 0, b""))
        self._left = 0  # bytes of the extent at hand

    def read_into(self, view: memoryview) -> None:
        """Fill the whole view with what follows."""
        while view:
            if self._left == 0:
                extent = next(self._waiting)
                self._source, self._left = _Source(extent), extent.length
            count = min(len(view), self._left)
            self._source.read_into(view[:count])
            self._left -= count
            view = view[count:]

    def close(self) -> None:
        """Close the file at hand."""
        self._source.close()


class _Source:
    """One extent's bytes."""

    def __init__(self, extent: Extent) -> None:
        self._content = extent.content
        self._left = extent.content_length
        self._file: FileIO | None = None
        self._digest = hashlib.sha256()
        if isinstance(extent.content, FilePart):
            try:
                self._file = FileIO(extent.content.path)
                self._file.seek(extent.content.start)
            except OSError as error:
                raise _lost(extent.content.path, error.strerror or str(error)) from error

    def read_into(self, view: memoryview) -> None:
        """Fill the view: with content as far as there is any, then with zeros."""
        content = view[: min(len(view), self._left)]
        if isinstance(self._content, bytes):
            at = len(self._content) - self._left
            content[:] = self._content[at : at + len(content)]
        elif content:
            self._read_file(content)
        self._left -= len(content)
        view[len(content) :] = bytes(len(view) - len(content))

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def _read_file(self, view: memoryview) -> None:
        assert self._file is not None
        assert isinstance(self._content, FilePart)
        path, at = self._content.path, 0
        while at < len(view):
            try:
                got = self._file.readinto(view[at:])
            except OSError as error:
                raise _lost(path, error.strerror or str(error)) from error
            if not got:
                raise _lost(path, f"{self._left - at} bytes are missing at its end")
            at += got
        if self._content.sha256:
            self._digest.update(view)
        if len(view) == self._left:
            self.close()
            if self._content.sha256 not in ("", self._digest.hexdigest()):
                raise _lost(path, "its bytes have changed")


def _lost(path: Path, what: str) -> SystemFailure:
    return SystemFailure(
        f"a file to be written cannot be read: {what}",
        where=str(path),
        next_step="`hobnail image verify` tells which image it belongs to",
    )
