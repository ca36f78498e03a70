"""An unpacked medium: a directory with the CD's files."""

import os
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from hobnail.errors import MediumError, UserError
from hobnail.formats.reader import Reader
from hobnail.media.file import FileReader
from hobnail.media.tree import Entry, ListedTree, lookup_key


class DirectoryTree(ListedTree):
    """The regular files under a directory. Files are opened when they are read, and closed with the tree.

    Links to folders are not followed. Links to files are, as long as they stay under the directory; one that leads
    out of it is no part of the tree, and finding it by name raises MediumError.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._open: dict[Path, FileReader] = {}
        self._outside: dict[str, Path] = {}  # lookup key of a link -> where it leads
        super().__init__(str(root), self._list())

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(entry.size for entry in self.files())

    def find(self, name: str) -> Entry | None:
        """Return the file at a path; MediumError when it is a link that leads out of the directory."""
        target = self._outside.get(lookup_key(name))
        if target is not None:
            next_step = "copy the file there instead of linking it"
            raise MediumError(
                f"a link to {target}, out of the directory", where=str(self._root / name), next_step=next_step
            )
        return super().find(name)

    def _list(self) -> Iterator[Entry]:
        for folder, folders, names in os.walk(self._root, onerror=_refuse):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                relative = path.relative_to(self._root).as_posix()
                try:
                    target, status = path.resolve(strict=True), path.stat()
                except (OSError, RuntimeError):
                    continue  # a link that leads nowhere, or to itself
                if not target.is_relative_to(self._root):
                    self._outside[lookup_key(relative)] = target
                elif stat.S_ISREG(status.st_mode):
                    yield Entry(relative, status.st_size, relative, partial(self._reader, path))

    def _reader(self, path: Path) -> Reader:
        if path not in self._open:
            self._open[path] = FileReader(path)
        return self._open[path]

    def close(self) -> None:
        """Close the files that were read."""
        for reader in self._open.values():
            reader.close()
        self._open.clear()


def _refuse(error: OSError) -> None:
    raise UserError(f"cannot be listed: {error.strerror}", where=error.filename) from error
