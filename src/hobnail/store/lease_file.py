"""The lease file: a journal of text lines, on disk before the host is told that it has its address.

    hobnail leases 1
    10.77.0.100 52:54:00:4c:00:01 bound 1795370000 58ff32d2

One line a change: address, hardware address, state, end (seconds since the epoch), and the CRC-32 of all that. The
last line of an address counts. A last line without line feed was being written when the machine stopped, and the
host was not answered: it is dropped. Any other damaged line is refused, because a lease forgotten silently gives
one address to two hosts.

A renewal is a line too, so the file is written anew, one line an address, when it has grown to some times that.
"""

import math
import os
import zlib
from collections.abc import Sequence
from ipaddress import IPv4Address
from pathlib import Path

from hobnail.errors import MediumError, SystemFailure
from hobnail.host.leases import Lease, LeaseState
from hobnail.store.disk import lock_file, sync_folder, telling
from hobnail.wire.dhcp import HardwareAddress

HEADER = b"hobnail leases 1\n"
COMPACT_BYTES = 64 << 10
"""Bytes up to which the file is never compacted while serving: some 1200 renewals."""
COMPACT_FACTOR = 4
"""The file is compacted when it is so many times what its leases need: rewriting stays a fraction of appending."""


class LeaseFile:
    """One server's lease file, locked against any other server until it is closed."""

    def __init__(self, path: Path) -> None:
        """Open, read and compact. MediumError for a damaged line, SystemFailure when it cannot be used."""
        self.path = path
        with telling(path.parent, "open the lease file"):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = lock_file(path.with_name(path.name + ".lock"), wait=False)
        if lock is None:
            raise SystemFailure(
                "another hobnail gives addresses from this lease file",
                where=str(path),
                next_step="stop it, or name another file",
            )
        self._lock = lock
        self._journal = -1
        self._size = self._limit = 0  # bytes: of the file, and those from which it is compacted
        try:
            self._last = _read(path)
            self._compact()
        except BaseException:
            self.close()
            raise

    @property
    def leases(self) -> tuple[Lease, ...]:
        """The last lease of each address."""
        return tuple(self._last.values())

    def write(self, changes: Sequence[Lease]) -> None:
        """Append changes and wait until they are on the disk.

        SystemFailure when they may not be there; the file then still holds all that was written before.
        """
        if not changes:
            return
        data = b"".join(_line(lease) for lease in changes)
        with telling(self.path.parent, "write the lease file"):
            try:
                _write_all(self._journal, data)
                os.fsync(self._journal)
            except OSError:
                os.ftruncate(self._journal, self._size)
                raise
        self._size += len(data)
        self._last.update((lease.address, lease) for lease in changes)
        if self._size > self._limit:
            self._compact_if_possible()

    def close(self) -> None:
        """Let another server have the file."""
        for descriptor in (self._journal, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._journal = self._lock = -1

    def _compact_if_possible(self) -> None:
        """Compact; where that cannot be, the leases are on the disk all the same: go on, and try again later."""
        try:
            self._compact()
        except SystemFailure:
            if not self._limit:
                raise
            self._limit = COMPACT_FACTOR * self._size

    def _compact(self) -> None:
        """Write the leases anew, one line each, beside the old file and then in its place.

        SystemFailure with `_limit` 0 when the new file is in place but its name may not be on the disk: lines
        appended to it could be lost with it. The next write tries again.
        """
        data = HEADER + b"".join(map(_line, self.leases))
        staged = self.path.with_name(self.path.name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        with telling(self.path.parent, "write the lease file"):
            journal = os.open(staged, flags, 0o644)
            try:
                _write_all(journal, data)
                os.fsync(journal)
                staged.replace(self.path)
            except OSError:
                os.close(journal)
                staged.unlink(missing_ok=True)
                raise
            if self._journal >= 0:
                os.close(self._journal)
            self._journal, self._size, self._limit = journal, len(data), 0
            sync_folder(self.path.parent)
        self._limit = max(COMPACT_BYTES, COMPACT_FACTOR * len(data))


def _write_all(descriptor: int, data: bytes) -> None:
    """Write every byte: a disk that fills up takes a part first and fails at the next write."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _line(lease: Lease) -> bytes:
    text = f"{lease.address} {lease.hardware} {lease.state} {math.ceil(lease.expires)}".encode("ascii")
    return b"%b %08x\n" % (text, zlib.crc32(text))


def _read(path: Path) -> dict[IPv4Address, Lease]:
    with telling(path.parent, "read the lease file"):
        data = path.read_bytes() if path.exists() else b""
    if data and not data.startswith(HEADER):
        raise MediumError("does not begin as a lease file", where=str(path), next_step="name another file")
    leases: dict[IPv4Address, Lease] = {}
    offset = len(HEADER)
    for line in data[offset:].split(b"\n")[:-1]:
        try:
            lease = _parse(line)
        except ValueError as error:
            raise MediumError(
                f"damaged line: {error}",
                where=str(path),
                offset=offset,
                next_step="delete that line; its host asks for its address again when it boots",
            ) from error
        leases[lease.address] = lease
        offset += len(line) + 1
    return leases


def _parse(line: bytes) -> Lease:
    """Read one line; ValueError says what is wrong with it."""
    text, _, checksum = line.rpartition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        raise ValueError(f"{line[:80].decode('ascii', 'backslashreplace')!r} does not match its checksum")
    address, hardware, state, expires = text.decode("ascii").split(" ")
    return Lease(IPv4Address(address), HardwareAddress.parse(hardware), LeaseState(state), float(int(expires)))
