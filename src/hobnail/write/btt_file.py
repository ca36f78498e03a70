"""A disk's layout as a file that holds a BTT: the bytes of a persistent-memory namespace in sector mode.

For machines whose system has no driver for it, and for tests: the file is what the raw namespace holds. Staged beside
its place, read back through the BTT, then renamed.
"""

import errno
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

CHUNK = 4 << 20
"""Bytes that are held at a time."""
Report = Callable[[int, int], None]
"""(bytes done, bytes in all): written, then read back."""
_NEXT_STEP = {
    errno.ENOSPC: "free space there, or choose another folder",
    errno.EDQUOT: "free space there, or choose another folder",
    errno.EFBIG: "that file system or `ulimit -f` allows no such large file: choose another folder",
}


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

    `private`: only its owner may read it, from its first byte on. UserError as `check_target`, and when the layout
    does not fit; SystemFailure when it cannot be written, or is not read back as it was written.
    """
    path = check_target(path, force=force)
    stage = path.parent / f".{path.name}.hobnail-{os.getpid()}"
    mode = 0o600 if private else 0o666
    try:
        _check_room(layout, path.parent)
        with FileIO(os.open(stage, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "r+") as file:
            digest = _write(layout, geometry, file, parent, report)
            os.fsync(file.fileno())
        with FileReader(stage) as written:
            found = _read_back(layout, written, digest, path, report)
        stage.replace(path)
    except OSError as error:
        raise SystemFailure(
            f"cannot be written: {error.strerror or error}",
            where=str(path),
            next_step=_NEXT_STEP.get(error.errno or 0, "check the folder's owner and its disk"),
        ) from error
    finally:
        stage.unlink(missing_ok=True)
    return WrittenBtt(path, geometry, found.uuid, parent, layout.written)


def _check_room(layout: Layout, folder: Path) -> None:
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    if free < layout.written:
        raise SystemFailure(
            f"{layout.written} bytes are needed, {free} are free",
            where=str(folder),
            next_step=_NEXT_STEP[errno.ENOSPC],
        )


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
