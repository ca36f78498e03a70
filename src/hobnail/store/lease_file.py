"""The lease file: a journal of text lines, on disk before the host is told that it has its address.

    hobnail leases 1
    10.77.0.100 52:54:00:4c:00:01 bound 1795370000 58ff32d2

One line a change: address, hardware address, state, end (seconds since the epoch), and the CRC-32 of all that. The
last line of an address counts. A last line without line feed was being written when the machine stopped, and the
host was not answered: it is dropped. Any other damaged line is refused, because a lease forgotten silently gives
one address to two hosts.
"""

import math
import os
import zlib
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

from hobnail.errors import MediumError, SystemFailure
from hobnail.host.leases import Lease, LeaseState
from hobnail.store.disk import lock_file, sync_folder, telling
from hobnail.wire.dhcp import HardwareAddress

HEADER = b"hobnail leases 1\n"


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
        try:
            self.leases = _read(path)
            self._size = self._compact()
        except BaseException:
            self.close()
            raise

    def write(self, changes: Iterable[Lease]) -> None:
        """Append changes and wait until they are on the disk. SystemFailure leaves the file as it was before."""
        data = b"".join(_line(lease) for lease in changes)
        if not data:
            return
        with telling(self.path.parent, "write the lease file"):
            try:
                _write_all(self._journal, data)
                os.fsync(self._journal)
            except OSError:
                os.ftruncate(self._journal, self._size)
                raise
            self._size += len(data)

    def close(self) -> None:
        """Let another server have the file."""
        for descriptor in (self._journal, self._lock):
            if descriptor >= 0:
                os.close(descriptor)
        self._journal = self._lock = -1

    def _compact(self) -> int:
        """Write the leases anew, one line each, beside the old file and then in its place; return the size."""
        data = HEADER + b"".join(_line(lease) for lease in self.leases)
        staged = self.path.with_name(self.path.name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
        with telling(self.path.parent, "write the lease file"):
            self._journal = os.open(staged, flags, 0o644)
            _write_all(self._journal, data)
            os.fsync(self._journal)
            staged.replace(self.path)
            sync_folder(self.path.parent)
        return len(data)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write every byte: a disk that fills up takes a part first and fails at the next write."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _line(lease: Lease) -> bytes:
    text = f"{lease.address} {lease.hardware} {lease.state} {math.ceil(lease.expires)}".encode("ascii")
    return b"%b %08x\n" % (text, zlib.crc32(text))


def _read(path: Path) -> tuple[Lease, ...]:
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
    return tuple(leases.values())


def _parse(line: bytes) -> Lease:
    """Read one line; ValueError says what is wrong with it."""
    text, _, checksum = line.rpartition(b" ")
    if checksum != b"%08x" % zlib.crc32(text):
        raise ValueError(f"{line[:80].decode('ascii', 'backslashreplace')!r} does not match its checksum")
    address, hardware, state, expires = text.decode("ascii").split(" ")
    return Lease(IPv4Address(address), HardwareAddress.parse(hardware), LeaseState(state), float(int(expires)))
