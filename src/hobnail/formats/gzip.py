"""gzip streams (RFC 1952) read at any offset, without a temporary file.

Reading forward inflates; every few megabytes the state of the inflater is kept, so that reading back starts at the
nearest kept state and not at the first byte. Members that follow each other are one stream (RFC 1952, 2.2). What
follows the last member and is none itself (padding, a signature) is ignored, as gzip and the boot loaders do.
zlib checks each member's CRC-32 and length when its end is reached.
"""

import zlib
from bisect import bisect_right
from dataclasses import dataclass, replace

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader

READ = 1 << 16
"""Compressed bytes that are read at once; errors name the byte to this precision."""
PIECE = 1 << 18
"""Decoded bytes that are made at once and kept for the next small read."""
SPACING = 8 << 20
"""Decoded bytes between kept states, at first."""
STATES_KEPT = 128
"""A state takes about 50 kB. When there are more, every second one goes and the spacing doubles."""
MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 31
"""zlib: window of 32 KiB, gzip header and trailer."""


@dataclass(slots=True)
class _State:
    """Where inflating stands."""

    inflater: "zlib._Decompress"  # the type has no public name
    decoded: int = 0  # bytes made so far
    position: int = 0  # next compressed byte to read
    pending: bytes = b""  # read, not yet used
    ended: bool = False


class GzipReader:
    """The decoded bytes of a gzip stream; used by one thread at a time.

    `limit` is the greatest number of decoded bytes allowed: more is a decompression bomb and a MediumError. `single`
    ends with the first member, as esx-boot does. MediumErrors name the compressed stream and its byte.
    """

    def __init__(self, name: str, inner: Reader, *, limit: int | None = None, single: bool = False) -> None:
        self.name = name
        self.end: int | None = None  # byte after the stream's last, in the compressed file; None until it was reached
        self._inner = inner
        self._limit = limit
        self._single = single
        self._size: int | None = None
        self._state = _State(zlib.decompressobj(GZIP_WINDOW))
        self._kept = [_copy(self._state)]
        self._spacing = SPACING
        self._piece = b""  # the last one made; ends at _state.decoded

    @property
    def size(self) -> int | None:
        """Length in bytes, None until the end was reached once."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` decoded bytes from `offset`; MediumError for damage, truncation, or the limit."""
        self._go_near(offset)
        pieces = []
        while length > 0:
            skip = offset - (self._state.decoded - len(self._piece))
            part = self._piece[skip : skip + length]
            pieces.append(part)
            offset, length = offset + len(part), length - len(part)
            if length > 0 and not self._advance():
                break
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _go_near(self, offset: int) -> None:
        """Go back, or forward over what is known, to the best kept state; nothing when we stand well."""
        begin = self._state.decoded - len(self._piece)
        index = bisect_right(self._kept, offset, key=lambda state: state.decoded) - 1
        if begin <= offset and self._kept[index].decoded <= self._state.decoded:
            return
        self._state, self._piece = _copy(self._kept[index]), b""

    def _advance(self) -> bool:
        """Make the next piece; False at the end of the stream."""
        state = self._state
        if state.ended:
            return False
        piece = b""
        while not piece and not state.ended:
            piece = self._inflate(state)
        self._piece = piece
        state.decoded += len(piece)
        if self._limit is not None and state.decoded > self._limit:
            raise self._error(f"expands to more than the {self._limit} bytes that are possible here")
        if state.ended:
            self._size = state.decoded
        elif state.decoded >= self._kept[-1].decoded + self._spacing:
            self._keep(state)
        return bool(piece)

    def _inflate(self, state: _State) -> bytes:
        """Feed the inflater once and return what comes out, which may be nothing."""
        data = state.pending or self._inner.read_at(state.position, READ)
        state.position += 0 if state.pending else len(data)
        state.pending = b""
        try:
            piece = state.inflater.decompress(data, PIECE)
        except zlib.error as error:
            raise self._error(f"damaged gzip stream ({error})", state.position - len(data)) from None
        if state.inflater.eof:
            self._next_member(state, state.inflater.unused_data)
        elif not data and not piece:
            raise self._error("the gzip stream is truncated", state.position, "fetch the file again")
        else:
            state.pending = state.inflater.unconsumed_tail
        return piece

    def _next_member(self, state: _State, rest: bytes) -> None:
        """Begin the next member, or end where none follows."""
        if len(rest) < len(MAGIC):
            more = self._inner.read_at(state.position, READ)
            state.position += len(more)
            rest += more
        state.ended = self._single or not rest.startswith(MAGIC)
        if state.ended:
            self.end = state.position - len(rest)
        state.pending = b"" if state.ended else rest
        state.inflater = zlib.decompressobj(GZIP_WINDOW)

    def _keep(self, state: _State) -> None:
        """Remember this state for reading back."""
        self._kept.append(_copy(state))
        if len(self._kept) > STATES_KEPT:
            self._kept = self._kept[::2]
            self._spacing *= 2

    def _error(self, what: str, offset: int | None = None, next_step: str | None = None) -> MediumError:
        return MediumError(what, where=self._inner.name, offset=offset, next_step=next_step)


def _copy(state: _State) -> _State:
    return replace(state, inflater=state.inflater.copy())
