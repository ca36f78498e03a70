"""The one shape in which nested bytes are read: an ISO's file, a gzip'd file in it, a partition in that …

Readers are read-only and seekable by offset, so that layers stack without temporary files. A reader is used by
one thread at a time unless its class says otherwise.
"""

from typing import Protocol

from hobnail.errors import MediumError


class Reader(Protocol):
    """Bytes that can be read at any offset."""

    @property
    def name(self) -> str:
        """Where these bytes are, for messages; nested places are joined by `!`."""

    @property
    def size(self) -> int | None:
        """Length in bytes, or None while it is not known (a compressed stream not yet read to its end)."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset`; fewer only where the bytes end. Raises MediumError when damaged."""


def read_exactly(reader: Reader, offset: int, length: int) -> bytes:
    """Return exactly `length` bytes; MediumError names the place where they end too early."""
    data = reader.read_at(offset, length)
    if len(data) != length:
        raise MediumError(
            f"ends after {offset + len(data)} bytes, {offset + length} are needed",
            where=reader.name,
            offset=offset + len(data),
            next_step="the file is truncated: fetch it again",
        )
    return data


class BytesReader:
    """Bytes in memory."""

    def __init__(self, name: str, data: bytes) -> None:
        self.name = name
        self._data = data

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self._data)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        return self._data[offset : offset + length]


class SliceReader:
    """`length` bytes of another reader, from `start` on: a partition, a file in an ISO."""

    def __init__(self, name: str, inner: Reader, start: int, length: int) -> None:
        self.name = name
        self.start = start
        self._inner = inner
        self._length = length

    @property
    def size(self) -> int:
        """Length in bytes, as declared; the inner reader may end sooner."""
        return self._length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`, never past the slice's end."""
        if offset >= self._length:
            return b""
        return self._inner.read_at(self.start + offset, min(length, self._length - offset))
