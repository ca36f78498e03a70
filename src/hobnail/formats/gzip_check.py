"""Is a file, arriving piece by piece, one whole gzip member and nothing else? That is what boot loaders unpack.

The other side of gzip.py, whose reader fetches what it needs at any offset and lets be what follows the member: here
the bytes come from a network, once, and it is told exactly what is wrong with them.

Source: RFC 1952, section 2.3 (the trailer: CRC-32 and length modulo 2^32); esx-boot, bootlib/gzip.c: mboot takes the
trailer from the last eight bytes of the file, so whatever follows the member breaks it.
"""

import zlib
from dataclasses import dataclass

from hobnail.formats.gzip import GZIP_WINDOW, MAGIC, PIECE

HEAD = 1 << 20
"""Decoded bytes that are kept: a kernel's headers are in its first few."""
_LEAST = 18
"""Bytes of the shortest member: header 10, trailer 8; gzip of nothing has 20."""


@dataclass(frozen=True, slots=True)
class GzipVerdict:
    """What a file is as gzip. `size` and `head` are of the decoded bytes (of the file itself when it is no gzip).

    `problem` says in words why it cannot be unpacked; empty when it can, or when it is no gzip at all. `damaged` says
    that bytes in it are wrong, and not only that it ends too soon or too late.
    """

    is_gzip: bool
    size: int
    head: bytes
    problem: str = ""
    damaged: bool = False


class GzipCheck:
    """Takes a file in pieces of any size; memory stays below 3 MB however large the file is."""

    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(GZIP_WINDOW)
        self._start = b""
        self._taken = 0  # bytes of the file
        self._decoded = 0
        self._after = 0  # bytes that follow the member
        self._head = bytearray()
        self._problem = ""

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        self._taken += len(data)
        if len(self._start) < len(MAGIC):
            data, self._start = self._start + data, (self._start + data)[: len(MAGIC)]
            if len(self._start) < len(MAGIC):
                return
        if self._start != MAGIC:
            self._keep(data)
        elif self._inflater.eof:
            self._after += len(data)
        elif not self._problem:
            self._inflate(data)

    def verdict(self) -> GzipVerdict:
        """Say what it is, once the last piece was fed."""
        if self._start != MAGIC:
            head = bytes(self._head) or self._start
            return GzipVerdict(False, self._taken, head)
        problem = self._problem
        damaged = bool(problem)
        if not problem and not self._inflater.eof:
            problem = f"the gzip stream breaks off after {self._taken} bytes"
        elif not problem and self._after:
            problem = f"{self._after} bytes follow the gzip member, {self._taken - self._after} bytes long"
        return GzipVerdict(True, self._decoded, bytes(self._head), problem, damaged)

    def _inflate(self, data: bytes) -> None:
        try:
            while data and not self._inflater.eof:
                piece = self._inflater.decompress(data, PIECE)
                self._keep(piece)
                self._decoded += len(piece)
                data = self._inflater.unconsumed_tail
        except zlib.error as error:
            self._problem = f"damaged gzip stream ({error}) within the first {max(self._taken, _LEAST)} bytes"
        self._after = len(self._inflater.unused_data)

    def _keep(self, piece: bytes) -> None:
        if len(self._head) < HEAD:
            self._head += piece[: HEAD - len(self._head)]
