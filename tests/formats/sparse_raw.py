"""A raw namespace in memory, of any size, that holds only the pages that were written."""

from collections.abc import Iterable

from hobnail.formats.btt.geometry import BttGeometry
from hobnail.formats.btt.reader import BttReader
from hobnail.formats.btt.writer import Piece, btt_pieces

PAGE = 4096


class SparseRaw:
    """A Reader that can be written; what was never written reads as zeros."""

    name = "raw"

    def __init__(self, size: int) -> None:
        self.size: int | None = size
        self.length = size
        self._pages: dict[int, bytearray] = {}

    def read_at(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.length)
        pieces = []
        while offset < end:
            page, skip = divmod(offset, PAGE)
            take = min(PAGE - skip, end - offset)
            pieces.append(bytes(self._pages[page][skip : skip + take]) if page in self._pages else bytes(take))
            offset += take
        return b"".join(pieces)

    def write_at(self, offset: int, data: bytes) -> None:
        assert 0 <= offset <= offset + len(data) <= self.length, "a write past the end"
        while data:
            page, skip = divmod(offset, PAGE)
            part, data = data[: PAGE - skip], data[PAGE - skip :]
            self._pages.setdefault(page, bytearray(PAGE))[skip : skip + len(part)] = part
            offset += len(part)

    def pieces(self) -> list[tuple[int, bytes]]:
        """Return what was written: offsets and pages, in order, the last one cut at the end."""
        offsets = sorted(page * PAGE for page in self._pages)
        return [(offset, self.read_at(offset, PAGE)) for offset in offsets]

    def flip(self, offset: int) -> None:
        """Damage one byte."""
        self.write_at(offset, bytes([self.read_at(offset, 1)[0] ^ 0xFF]))

    def write_all(self, pieces: Iterable[Piece]) -> "SparseRaw":
        for piece in pieces:
            self.write_at(piece.offset, piece.data)
        return self


def written(geometry: BttGeometry, content: bytes = b"", *more: tuple[int, bytes]) -> SparseRaw:
    """Return a raw namespace with a BTT that holds `content` at its start and `more` where they say."""
    inside = SparseRaw(geometry.size)
    for offset, data in ((0, content), *more):
        inside.write_at(offset, data)
    return SparseRaw(geometry.raw_size).write_all(btt_pieces(geometry, inside.pieces()))


def opened(geometry: BttGeometry, content: bytes = b"") -> BttReader:
    """Return the disk inside a new BTT."""
    return BttReader(written(geometry, content))
