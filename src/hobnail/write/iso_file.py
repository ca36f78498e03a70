"""A layout written into a new file: staged beside it, then renamed, so that the file is whole or not there."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from hobnail.errors import SystemFailure, UserError
from hobnail.write.layout import Layout

CHUNK = 4 << 20
"""Bytes that are in memory at once."""
Report = Callable[[int, int], None]
"""(bytes done, bytes in all)."""


def write_file(layout: Layout, target: Path, *, force: bool, report: Report) -> str:
    """Write the file, holes as holes, and return its SHA-256 as 64 hex digits.

    UserError when there is something already and `force` is not said, or the target is no place for a file;
    SystemFailure when it cannot be written (disk full), or a file of the store is lost or changed. Whatever ends it,
    an interrupt too, leaves what was there before.
    """
    _check(target, force)
    stage = target.parent / f".{target.name}.hobnail-{os.getpid()}"
    try:
        _check_space(layout, target.parent)
        with stage.open("xb") as file:
            digest = _fill(layout, file, report)
            file.flush()
            os.fsync(file.fileno())
        stage.replace(target)
    except OSError as error:
        raise SystemFailure(
            f"cannot be written: {error.strerror or error}",
            where=str(target),
            next_step="check the disk's space and the folder's owner; nothing is left of the new file",
        ) from error
    finally:
        stage.unlink(missing_ok=True)
    return digest


def _check(target: Path, force: bool) -> None:
    if not target.parent.is_dir():
        raise UserError("its folder is not there", where=str(target), next_step=f"mkdir -p {target.parent}")
    if (target.exists() or target.is_symlink()) and not target.is_file():
        raise UserError(
            "is no ordinary file",
            where=str(target),
            next_step="name a new file; for a stick there is `hobnail write usb DEVICE`",
        )
    if target.exists() and not force:
        raise UserError("is there already", where=str(target), next_step="name another file, or add --force")


def _check_space(layout: Layout, folder: Path) -> None:
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    if free < layout.written:
        raise SystemFailure(
            f"{layout.written} bytes are needed, {free} are free", where=str(folder), next_step="make room there"
        )


def _fill(layout: Layout, file: BinaryIO, report: Report) -> str:
    """Write the pieces; what lies between them is zeros to the digest, and nothing on the disk."""
    digest = hashlib.sha256()
    zeros = bytes(1 << 20)
    file.truncate(layout.size)
    buffer = memoryview(bytearray(CHUNK))
    at = done = 0
    for offset, length in layout.fill(buffer):
        _hash_zeros(digest, zeros, offset - at)
        file.seek(offset)
        file.write(buffer[:length])
        digest.update(buffer[:length])
        at, done = offset + length, done + length
        report(done, layout.written)
    _hash_zeros(digest, zeros, layout.size - at)
    return digest.hexdigest()


def _hash_zeros(digest: "hashlib._Hash", zeros: bytes, count: int) -> None:
    for _ in range(count // len(zeros)):
        digest.update(zeros)
    digest.update(zeros[: count % len(zeros)])
