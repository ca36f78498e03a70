"""xz and LZMA-alone streams read at any offset, without a temporary file.

Reading forward decodes; reading back starts again at the first byte, because Python's decoder cannot be copied. That
suits archives whose headers stand in front. Only the first stream is read: what follows it (a signature) is left
alone, as `xz --single-stream` does. Formats: .xz 1.1.0; the .lzma file of LZMA Utils. Blocks' sums are checked.
"""

import lzma

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader

MAGIC = b"\xfd7zXZ\x00"
READ = 1 << 16
"""Compressed bytes that are read at once; errors name the byte to this precision."""
PIECE = 1 << 18
"""Decoded bytes that are made at once and kept for the next small read."""
MEMORY = 96 << 20
"""Bytes that the decoder may take; VMware's modules have a dictionary of 2 MiB, `xz -9` one of 64."""


class XzReader:
    """The decoded bytes of an .xz or .lzma stream; used by one thread at a time.

    `limit` is the greatest number of decoded bytes allowed: more is a decompression bomb and a MediumError.
    """

    def __init__(self, name: str, inner: Reader, *, limit: int | None = None) -> None:
        self.name = name
        self._inner = inner
        self._limit = limit
        self._size: int | None = None
        self._restart()

    @property
    def size(self) -> int | None:
        """Length in bytes, None until the end was reached once."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` decoded bytes from `offset`; MediumError for damage, truncation, or the limit."""
        if offset < self._decoded - len(self._piece):
            self._restart()
        pieces = []
        while length > 0:
            skip = offset - (self._decoded - len(self._piece))
            part = self._piece[skip : skip + length]
            pieces.append(part)
            offset, length = offset + len(part), length - len(part)
            if length > 0 and not self._advance():
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _restart(self) -> None:
        self._decoder = lzma.LZMADecompressor(lzma.FORMAT_AUTO, memlimit=MEMORY)
        self._position = 0  # next compressed byte to read
        self._decoded = 0
        self._piece = b""  # the last one made; ends at _decoded

    def _advance(self) -> bool:
        """Make the next piece; False at the end of the stream."""
        piece = b""
        while not piece and not self._decoder.eof:
            data = self._inner.read_at(self._position, READ) if self._decoder.needs_input else b""
            try:
                piece = self._decoder.decompress(data, PIECE)
            except (lzma.LZMAError, MemoryError) as error:
                raise self._error(f"damaged xz stream ({error})", self._position) from None
            self._position += len(data)
            if not (data or piece or self._decoder.eof) and self._decoder.needs_input:
                raise self._error("the xz stream is truncated", self._position, "fetch the file again")
        self._piece = piece
        self._decoded += len(piece)
        if self._limit is not None and self._decoded > self._limit:
            raise self._error(f"expands to more than the {self._limit} bytes that are possible here")
        if self._decoder.eof:
            self._size = self._decoded
        return bool(piece)

    def _error(self, what: str, offset: int | None = None, next_step: str | None = None) -> MediumError:
        return MediumError(what, where=self._inner.name, offset=offset, next_step=next_step)
