"""A disk's layout as a file that holds a BTT: the bytes of a persistent-memory namespace in sector mode.

For machines whose system has no driver for it, and for tests: the file is what the raw namespace holds. Staged beside
its place, read back through the BTT, then renamed.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from uuid import UUID

from hobnail.errors import MediumError, SystemFailure
from hobnail.formats.btt.geometry import BttGeometry, Version
from hobnail.formats.btt.info_block import NO_UUID
from hobnail.formats.btt.reader import BttReader
from hobnail.formats.btt.writer import btt_pieces
from hobnail.media.file import FileReader
from hobnail.write.disk import check_target
from hobnail.write.layout import Layout
from hobnail.write.staging import check_room, staged

CHUNK = 4 << 20
"""Bytes that are held at a time."""
Report = Callable[[int, int], None]
"""(bytes done, bytes in all): written, then read back."""


@dataclass(frozen=True, slots=True)
class WrittenBtt:
    """A file that stands whole in its place; sizes in bytes."""

    path: Path
    geometry: BttGeometry
    uuid: UUID  # of the BTT
    parent: UUID  # of the namespace; all zeros: of any
    written: int  # of the disk inside


def geometry_for(disk_size: int, sector_size: int, version: Version) -> BttGeometry:
    """Return the smallest geometry, in whole MiB, whose disk has `disk_size` bytes or more."""
    raw_size = max(16 << 20, disk_size) + version.initial_offset
    while True:
        raw_size = -(-raw_size // (1 << 20)) * (1 << 20)
        geometry = BttGeometry.for_size(raw_size, sector_size, version=version)
        if geometry.size >= disk_size:
            return geometry
        raw_size += disk_size - geometry.size


def write_btt_file(
    layout: Layout,
    geometry: BttGeometry,
    path: Path,
    *,
    parent: UUID = NO_UUID,
    force: bool = False,
    private: bool = False,
    report: Report = lambda done, total: None,
) -> WrittenBtt:
    """Write the file; whatever goes wrong, and at Ctrl-C, nothing is left and a file that was there stays.

    `private`: only its owner may read it, from its first byte on. UserError as `check_target`, when the layout does
    not fit, and when a file has appeared there meanwhile (without `force`); SystemFailure when it cannot be written,
    or is not read back as it was written.
    """
    path = check_target(path, force=force)
    check_room(path.parent, layout.written)
    with staged(path, force=force, private=private) as stage:
        digest = _write(layout, geometry, stage.file, parent, report)
        os.fsync(stage.file.fileno())
        with FileReader(stage.path) as written:
            found = _read_back(layout, written, digest, path, report)
    return WrittenBtt(path, geometry, found.uuid, parent, layout.written)


def _write(layout: Layout, geometry: BttGeometry, file: FileIO, parent: UUID, report: Report) -> bytes:
    """Write all pieces; return the SHA-256 of the layout's bytes."""
    digest = hashlib.sha256()

    def content() -> Iterator[tuple[int, bytes]]:
        done = 0
        for offset, data in layout.pieces(CHUNK):
            digest.update(data)
            yield offset, data
            done += len(data)
            report(done, 2 * layout.written)

    os.truncate(file.fileno(), geometry.raw_size)
    for piece in btt_pieces(geometry, content(), parent):
        data, offset = memoryview(piece.data), piece.offset
        while data:
            count = os.pwrite(file.fileno(), data, offset)
            data, offset = data[count:], offset + count
    return digest.digest()


def _read_back(layout: Layout, written: FileReader, digest: bytes, path: Path, report: Report) -> BttReader:
    """Read what was written through the BTT. SystemFailure when it is not the same."""
    found, done = hashlib.sha256(), layout.written
    try:
        disk = BttReader(written)
        for begin, length in layout.runs():
            for offset in range(begin, begin + length, CHUNK):
                data = disk.read_at(offset, min(CHUNK, begin + length - offset))
                found.update(data)
                done += len(data)
                report(done, 2 * layout.written)
    except MediumError as error:
        raise _changed(path, str(error)) from error
    if found.digest() != digest:
        raise _changed(path, "other bytes")
    return disk


def _changed(path: Path, what: str) -> SystemFailure:
    return SystemFailure(
        f"what was written is not what is read back: {what}",
        where=str(path),
        next_step="check that disk and try again",
    )
