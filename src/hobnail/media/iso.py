"""ISO 9660 images: names and places by pycdlib, file bytes straight from the image.

Names are the best that the image has: Rock Ridge, else Joliet, else the plain ones of ECMA-119. pycdlib reads whole
directory trees and trusts what it reads, so it gets the image through a file object that ends hostile walks.
"""

import io
import struct
from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

import pycdlib

from hobnail.errors import MediumError
from hobnail.formats.extents import Extent, ExtentReader
from hobnail.formats.reader import Reader, read_exactly
from hobnail.media.tree import MAX_FILES, Entry, ListedTree, plain_name

VOLUME_DESCRIPTOR = 32768
"""Offset of the primary volume descriptor; volume size in blocks at 80, block size at 128 (ECMA-119 8.4)."""
MAX_METADATA = 2 << 20
"""Bytes of directories and tables in one image; installer CDs have less than 100 kB."""
MAX_TABLE = 256 << 10
"""Bytes of one directory: pycdlib needs time in the square of its entries, two seconds for this."""


def open_iso(image: Reader) -> ListedTree:
    """Return the files of an ISO 9660 image. MediumError when it is damaged, truncated or hostile."""
    _check_length(image)
    iso: Any = pycdlib.PyCdlib()
    try:
        iso.open_fp(_MetadataFile(image))
        entries = list(_entries(iso, image))
    except MediumError:
        raise
    except Exception as error:  # pycdlib leaks struct.error, IndexError, KeyError … on broken input
        what = f"the ISO's directories cannot be read: {error or type(error).__name__}"
        raise MediumError(what, where=image.name, next_step="the image is damaged: fetch it again") from error
    return ListedTree(image.name, entries)


def _check_length(image: Reader) -> None:
    """MediumError when the image is shorter than its volume says: before pycdlib trips over it."""
    head = read_exactly(image, VOLUME_DESCRIPTOR, 2048)
    (blocks,) = struct.unpack_from("<I", head, 80)
    (block_size,) = struct.unpack_from("<H", head, 128)
    if head[0] == 1:
        _require(image, blocks * block_size, "its volume")


def _require(image: Reader, end: int, what: str) -> None:
    size = image.size
    if size is not None and size < end:
        raise MediumError(
            f"truncated: {end - size} bytes are missing, {what} ends at byte {end}",
            where=image.name,
            offset=size,
            next_step="fetch the image again and compare its checksum with the vendor's",
        )


def _entries(iso: Any, image: Reader) -> Iterator[Entry]:
    """Yield the files of the best name space, folder by folder; `iso` is an opened PyCdlib."""
    naming = _rock_ridge_name if iso.has_rock_ridge() else _joliet_name if iso.has_joliet() else _plain_name
    volume = iso.joliet_vd if naming is _joliet_name else iso.pvd
    folders = deque([("", volume.root_directory_record())])
    seen = 0
    while folders:
        prefix, folder = folders.popleft()
        continuations: set[int] = set()
        for record in folder.children:
            seen += 1
            if seen > MAX_FILES:
                raise MediumError(f"holds more than {MAX_FILES} files and folders", where=image.name)
            if record.data_continuation is not None:
                continuations.add(id(record.data_continuation))
            if record.is_dot() or record.is_dotdot() or record.is_symlink() or id(record) in continuations:
                continue
            path = prefix + naming(record)
            if record.is_dir():
                folders.append((path + "/", record))
            else:
                yield _entry(path, record, iso.logical_block_size, image)


def _entry(path: str, record: Any, block_size: int, image: Reader) -> Entry:
    """Make the entry for a directory record; a file of 4 GiB or more has several records."""
    extents = []
    piece = record
    while piece is not None:
        extent = Extent(piece.extent_location() * block_size, piece.data_length)
        if extent.length:  # the place of an empty file means nothing
            _require(image, extent.end, f"file {path}")
        extents.append(extent)
        piece = piece.data_continuation
    size = sum(extent.length for extent in extents)
    return Entry(path, size, path, partial(ExtentReader, f"{image.name}!{path}", image, extents))


def _rock_ridge_name(record: Any) -> str:
    if record.rock_ridge is None:
        return _plain_name(record)
    name: bytes = record.rock_ridge.name()
    return name.decode("utf-8", "replace") or _plain_name(record)


def _joliet_name(record: Any) -> str:
    identifier: bytes = record.file_identifier()
    return plain_name(identifier.decode("utf-16-be", "replace"))


def _plain_name(record: Any) -> str:
    """Return an ECMA-119 name in lower case when it is all upper case, as VMware's own names are."""
    identifier: bytes = record.file_identifier()
    name = plain_name(identifier.decode("ascii", "replace"))
    return name.lower() if name.isupper() else name


class _MetadataFile(io.RawIOBase):
    """The image as a file for pycdlib, which ends walks that no honest image needs.

    It claims to be far larger than it is: pycdlib silently shortens files that pass the end of the image, and we
    want to say that they do. Reads past the real end raise, and so do too large ones and too many. The system area
    reads as zeros: pycdlib looks there for what isohybrid wrote, and takes an EFI partition without a GPT for damage.
    """

    CLAIMED_SIZE = 1 << 44  # over the largest extent that 32-bit fields can name: 2^32 blocks of 2048 bytes + 4 GiB

    def __init__(self, image: Reader) -> None:
        self._image = image
        self._position = 0
        self._read = 0

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.CLAIMED_SIZE}[whence]
        self._position = max(0, base + offset)
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes for pycdlib; MediumError past the end or when it asks for too much in all."""
        self._read += max(size, 512)
        if not 0 <= size <= MAX_TABLE or self._read > MAX_METADATA:
            limits = f"over {MAX_TABLE} bytes, or {MAX_METADATA} in all"
            raise self._error(f"a directory or table is too large for an installer ({limits})")
        data = self._image.read_at(self._position, size)
        if size and not data:
            raise self._error("a directory or table of the ISO lies past its end")
        if self._position < VOLUME_DESCRIPTOR:
            hidden = min(len(data), VOLUME_DESCRIPTOR - self._position)
            data = bytes(hidden) + data[hidden:]
        self._position += len(data)
        return data

    def _error(self, what: str) -> MediumError:
        next_step = "the image is damaged or truncated: fetch it again"
        return MediumError(what, where=self._image.name, offset=self._position, next_step=next_step)
