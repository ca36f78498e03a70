"""A file of the machine as a Reader: the bottom of every stack of readers."""

import os
import stat
from pathlib import Path
from types import TracebackType

from hobnail.errors import MediumError, UserError


class FileReader:
    """The bytes of a regular file or a block device (a CD in its drive). Any thread may read."""

    def __init__(self, path: Path) -> None:
        """Open for reading. UserError when there is no such file, it may not be read, or has no bytes by its kind."""
        self.name = str(path)
        try:
            # O_NONBLOCK: opening a named pipe must not wait for a writer
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (OSError, ValueError) as error:
            raise UserError(f"cannot be opened: {_words(error)}", where=self.name) from error
        try:
            self._size = self._measure()
        except BaseException:
            self.close()
            raise

    def _measure(self) -> int:
        mode = os.fstat(self._fd).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
            raise UserError("neither a regular file nor a block device", where=self.name)
        return os.lseek(self._fd, 0, os.SEEK_END)

    @property
    def size(self) -> int:
        """Length in bytes when it was opened."""
        return self._size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; MediumError when the disk or CD cannot be read there."""
        pieces: list[bytes] = []
        try:
            while length > 0 and (piece := os.pread(self._fd, length, offset)):
                pieces.append(piece)
                offset += len(piece)
                length -= len(piece)
        except (OSError, OverflowError) as error:
            raise MediumError(f"cannot be read: {_words(error)}", where=self.name, offset=offset) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Close the file; a second time does nothing. Reads fail from then on."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> "FileReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _words(error: Exception) -> str:
    """Return the operating system's words, without the path, which the error names already."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
