"""A layout as a file: a sparse raw image, or a qcow2 image. It appears whole or not at all."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Literal

from hobnail.errors import UserError
from hobnail.formats.qcow2 import CLUSTER, qcow2
from hobnail.write.layout import Layout
from hobnail.write.staging import check_room, staged

Format = Literal["raw", "qcow2"]
CHUNK = 64 * CLUSTER
"""Bytes that are written at a time, at most."""
_ZEROS = bytes(CLUSTER)


@dataclass(frozen=True, slots=True)
class WrittenImage:
    """A disk image that stands whole in its place; sizes in bytes."""

    path: Path
    disk: int  # of the disk that it is
    written: int  # that stand in the file; the rest are holes
    sha256: str = ""  # 64 hex digits of the whole file, where they were asked for


def check_target(path: Path, *, force: bool) -> Path:
    """Return the file's whole path; UserError for a folder, a device, or a file that is there and not to be lost."""
    path = path.resolve()
    if path.is_dir():
        raise UserError("is a folder, a file is to be written", where=str(path), next_step="add the file's name")
    if path.exists() and not path.is_file():
        raise UserError(
            "is no regular file", where=str(path), next_step="for a stick there is `hobnail write usb DEVICE`"
        )
    if path.exists() and not force:
        raise UserError("is there already", where=str(path), next_step="choose another name, or add --force")
    if not path.parent.is_dir():
        raise UserError("there is no such folder", where=str(path.parent), next_step="make it first")
    return path


def write_image(
    layout: Layout,
    path: Path,
    *,
    format: Format,  # noqa: A002 - what people call it
    force: bool = False,
    private: bool = False,
    hashed: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> WrittenImage:
    """Write a disk image; whatever goes wrong, and at Ctrl-C, nothing is left and a file that was there stays.

    `private`: only its owner may read it, from its first byte on. `hashed`: its SHA-256 is wanted, and is taken
    before it appears. `progress` is told bytes done and in all. UserError as `check_target`, and when a file has
    appeared there meanwhile (without `force`); SystemFailure when it cannot be written.
    """
    path = check_target(path, force=force)
    check_room(path.parent, sum(extent.content_length for extent in layout.extents))
    digest = ""
    with staged(path, force=force, private=private) as stage:
        written = _write(layout, stage.file, format, progress)
        if hashed:
            stage.file.seek(0)
            digest = hashlib.file_digest(stage.file, "sha256").hexdigest()
    return WrittenImage(path, layout.size, written, digest)


def _write(layout: Layout, file: FileIO, format_: Format, progress: Callable[[int, int], None]) -> int:
    """Write what is not zeros; return how many bytes that was."""
    place: Callable[[int], int] = int
    if format_ == "qcow2":
        image = qcow2(layout.size, _clusters(layout))
        file.truncate(image.length)
        _write_at(file, 0, memoryview(image.head))
        place = lambda offset: image.places[offset // CLUSTER] + offset % CLUSTER  # noqa: E731
        done = len(image.head)
    else:
        file.truncate(layout.size)
        done = 0
    read, total = 0, layout.written
    buffer = memoryview(bytearray(CHUNK))
    for offset, length in layout.fill(buffer):
        for at, block in _blocks(offset, buffer[:length]):
            if block != _ZEROS[: len(block)]:
                _write_at(file, place(at), block)
                done += len(block)
        read += length
        progress(read, total)
    return done


def _blocks(offset: int, data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Cut a piece at the multiples of a cluster."""
    at = 0
    while at < len(data):
        end = min(len(data), at + CLUSTER - (offset + at) % CLUSTER)
        yield offset + at, data[at:end]
        at = end


def _clusters(layout: Layout) -> Iterator[int]:
    """Yield the clusters that hold content; the others are zeros."""
    for extent in layout.extents:
        if extent.content_length:
            yield from range(extent.offset // CLUSTER, (extent.offset + extent.content_length - 1) // CLUSTER + 1)


def _write_at(file: FileIO, offset: int, data: memoryview) -> None:
    file.seek(offset)
    while data:
        data = data[file.write(data) :]
