"""Readers that the format tests read from."""

from pathlib import Path

from hobnail.formats.reader import BytesReader


class FileReader:
    """A file on disk, which may be sparse."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.size = path.stat().st_size
        self._file = path.open("rb")

    def read_at(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        return self._file.read(length)

    def __del__(self) -> None:
        self._file.close()


class CountingReader(BytesReader):
    """Counts the bytes that are read."""

    count = 0

    def read_at(self, offset: int, length: int) -> bytes:
        data = super().read_at(offset, length)
        self.count += len(data)
        return data
