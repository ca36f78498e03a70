"""The way in: a path on this machine -> the tree of a medium, told by content and never by name."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from hobnail.errors import MediumError
from hobnail.formats.el_torito import boot_firmware
from hobnail.formats.reader import Reader
from hobnail.media.directory import DirectoryTree
from hobnail.media.file import FileReader
from hobnail.media.hybrid import hybrid_words
from hobnail.media.iso import open_iso
from hobnail.media.kind import Kind, appearance, kind_of
from hobnail.media.tree import Entry, ListedTree

EXPECTED = "an installer ISO of ESX(i), its unpacked directory, or a .dd, .dd.bz2 or .tgz from it is expected"


class Opened:
    """An open medium: a tree, and the file or directory that it stands on. Close it when the last byte has been read.

    `kind` is what it is, in words ("ISO 9660 image, hybrid for BIOS and UEFI", "directory"); `size` its bytes, in a
    directory of all files; `firmware` what an ISO can be booted by, None for other media.
    """

    def __init__(self, tree: ListedTree, source: FileReader | DirectoryTree, kind: str) -> None:
        self.name = tree.name
        self.kind = kind
        self.size = source.size
        self.firmware = (
            boot_firmware(source) if isinstance(source, FileReader) and kind.startswith(Kind.ISO) else None
        )
        self._tree = tree
        self._source = source

    def parts(self) -> Iterator[tuple[str, Reader]]:
        """Yield what a fingerprint is made of, in an order that never changes: the file, or each file by its path."""
        if isinstance(self._source, FileReader):
            yield "", self._source
        else:
            for entry in sorted(self._source.files(), key=lambda entry: entry.path):
                yield entry.path, entry.reader()

    def files(self) -> Iterator[Entry]:
        """Yield the files in the medium's order. A bare disk image or archive is the only file of its medium."""
        return self._tree.files()

    def find(self, name: str) -> Entry | None:
        """Return the file at a path, without regard to case, version suffix and trailing dots."""
        return self._tree.find(name)

    def close(self) -> None:
        """Close what was opened."""
        self._source.close()

    def __enter__(self) -> "Opened":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_medium(path: Path) -> Opened:
    """Open an ISO, a directory, or a bare disk image or archive (gzip, bzip2, tar, MBR disk).

    UserError when there is nothing to open; MediumError when it is foreign or its outermost layer is damaged.
    """
    if path.is_dir():
        directory = DirectoryTree(path)
        return Opened(directory, directory, "directory")
    file = FileReader(path)
    try:
        kind = kind_of(file)
        hybrid = hybrid_words(file) if kind is Kind.ISO else ""
        return Opened(_tree(file, path.name, kind), file, kind.value + hybrid)
    except BaseException:
        file.close()
        raise


def _tree(file: FileReader, name: str, kind: Kind) -> ListedTree:
    match kind:
        case Kind.ISO:
            return open_iso(file)
        case Kind.FOREIGN:
            raise MediumError(f"looks like {appearance(file)}", where=file.name, next_step=EXPECTED)
        case Kind.GZIP | Kind.BZIP2 | Kind.TAR | Kind.DISK:
            return ListedTree(file.name, [Entry(name, file.size, "", lambda: file)])
