"""Where a medium hides its disk image: archives and compressed files are peeled off by their content."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.bzip2 import Bzip2Reader
from hobnail.formats.gzip import GzipReader
from hobnail.formats.reader import Reader
from hobnail.image.generations import CARRIERS
from hobnail.media.kind import Kind, kind_of
from hobnail.media.tar import open_tar
from hobnail.media.tree import Entry, Tree

MAX_DISK = 8 << 30
"""Bytes of an unpacked disk image. VMware's have 900 MiB; more is a decompression bomb."""
MAX_ARCHIVE = 2 << 30
"""Bytes of an unpacked tar archive."""
MAX_DEPTH = 5
"""Layers around a disk image; a tar in a gzip with a bzip2 file in it are three."""

_CHUNK = 1 << 20
_MEMBER = re.compile(r"\.(dd|img)(\.(bz2|gz))?$|\.bz2$|\.t?gz$|\.tar$", re.IGNORECASE)
_SUM = re.compile(rb"\s*([0-9a-fA-F]{32})\s+\*?(\S+)")


@dataclass(frozen=True, slots=True)
class DiskImage:
    """A disk image, still inside its layers."""

    reader: Reader
    origin: tuple[str, ...]  # the places that lead to it in the medium, outermost first
    names: tuple[str, ...]  # names that its vendor gave it: they tell version and build

    def close(self) -> None:
        """End the threads of the decoder, where the disk image is a bzip2 file."""
        if isinstance(self.reader, Bzip2Reader):
            self.reader.close()


def disk_images(tree: Tree, warn: Callable[[str], None]) -> Iterator[DiskImage]:
    """Yield the disk images in a medium: the vendors' places first, then every file at the root.

    MediumError when one of the vendors' places, or the only file of the medium, is damaged; damage in other files
    is a warning.
    """
    known = [entry for name in CARRIERS if (entry := tree.find(name)) is not None]
    others = [entry for entry in tree.files() if "/" not in entry.path and entry not in known]
    for entry in known:
        yield from _in_file(tree, entry, warn)
    for entry in others:
        try:
            yield from _in_file(tree, entry, warn)
        except MediumError as error:
            if len(others) == 1 and not known:
                raise
            warn(f"not looked into: {error}")


def _in_file(tree: Tree, entry: Entry, warn: Callable[[str], None]) -> Iterator[DiskImage]:
    """Yield the disk images in one file of the medium, its checksum compared first where the medium has one."""
    reader = entry.reader()
    names = _check_sum(tree, entry, reader, warn)
    for image in _peel(reader, (), MAX_DEPTH):
        origin = (entry.origin, *image.origin) if entry.origin else image.origin
        yield DiskImage(image.reader, origin, (*names, *image.names))


def _peel(reader: Reader, origin: tuple[str, ...], depth: int) -> Iterator[DiskImage]:
    """Yield the disk images under the layers of `reader`; nothing when it is no layer and no disk."""
    if depth == 0:
        raise MediumError(f"more than {MAX_DEPTH} layers of archives", where=reader.name)
    match kind_of(reader):
        case Kind.DISK:
            yield DiskImage(reader, origin, ())
        case Kind.BZIP2:
            yield from _in_bzip2(reader, origin)
        case Kind.GZIP:
            yield from _in_gzip(reader, origin, depth)
        case Kind.TAR:
            yield from _in_tar(reader, origin, depth)
        case Kind.ISO | Kind.FOREIGN:
            return


def _in_bzip2(reader: Reader, origin: tuple[str, ...]) -> Iterator[DiskImage]:
    """Vendors compress nothing but the disk image itself so."""
    disk = DiskImage(Bzip2Reader(reader.name, reader, limit=MAX_DISK), origin, ())
    try:
        is_disk = kind_of(disk.reader) is Kind.DISK
    except MediumError:
        disk.close()
        raise
    if is_disk:
        yield disk
    else:
        disk.close()


def _in_gzip(reader: Reader, origin: tuple[str, ...], depth: int) -> Iterator[DiskImage]:
    """Look at the first bytes inside: an archive may unpack to less than a disk image."""
    inner = GzipReader(reader.name, reader, limit=MAX_DISK)
    if kind_of(inner) is Kind.TAR:
        inner = GzipReader(reader.name, reader, limit=MAX_ARCHIVE)
    yield from _peel(inner, origin, depth - 1)


def _in_tar(reader: Reader, origin: tuple[str, ...], depth: int) -> Iterator[DiskImage]:
    """Look into the members that may be disk images, those that are called so first."""
    members = [entry for entry in open_tar(reader).files() if _MEMBER.search(entry.name)]
    members.sort(key=lambda entry: ".dd" not in entry.name.lower())  # stable: the archive's order otherwise
    for entry in members:
        for image in _peel(entry.reader(), (*origin, entry.path), depth - 1):
            yield DiskImage(image.reader, image.origin, (entry.name, *image.names))


def _check_sum(tree: Tree, entry: Entry, reader: Reader, warn: Callable[[str], None]) -> tuple[str, ...]:
    """Compare with the MD5 file beside it (imagedd.md5 for imagedd.bz2); return the name that this one gives."""
    beside = tree.find(entry.path.rpartition(".")[0] + ".md5")
    if beside is None or beside == entry:
        return ()
    match = _SUM.match(beside.reader().read_at(0, 4096))
    if match is None:
        warn(f"{beside.path} holds no MD5 sum: {entry.path} is not checked")
        return ()
    expected, name = match[1].decode("ascii").lower(), match[2].decode("utf-8", "replace")
    found = _md5(reader, entry.size)
    if found != expected:
        what = f"its MD5 sum is {found}, {beside.path} says {expected}"
        raise MediumError(what, where=reader.name, next_step="the medium is damaged: fetch it again")
    return (name,)


def _md5(reader: Reader, size: int) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for offset in range(0, size, _CHUNK):
        digest.update(reader.read_at(offset, _CHUNK))
    return digest.hexdigest()
