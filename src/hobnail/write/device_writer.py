"""Writing a device: wiped, written, flushed, read back and compared, and made bootable last of all.

The first and the last MiB, where both partition tables are, are kept back until every other byte was read back as it
was written, and the first block until the rest of them was too: a device that was pulled out, failed or lied in
between has no partition table, and boots nothing. Holes are not written. What went wrong ends in one SystemFailure
that says what the device is now.
"""

import contextlib
import errno
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Literal, Protocol

from hobnail.errors import HobnailError, SystemFailure
from hobnail.system.interrupts import FirstInterrupt
from hobnail.system.raw_device import aligned_buffer
from hobnail.write.held_back import HeldBack, tail_start
from hobnail.write.pieces import PIECE, Piece, PieceHash, Pipeline, Source
from hobnail.write.wipe import Wipeable, wipe

HEAD = 1 << 20
"""Bytes at the start that make a device bootable: partition tables, boot code, an ISO's volume descriptors."""
FIRST = 4096
"""Bytes of the very last write: a sector that holds the (protective) MBR, on any disk."""
_GPT = b"EFI PART"
_FLUSH_EVERY = 64 << 20
"""Bytes between flushes where the page cache is in the way, so that progress is the device's and not the cache's."""
_GONE = frozenset({errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM})

Phase = Literal["wiping", "writing", "verifying"]


@dataclass(frozen=True, slots=True)
class Step:
    """How far it is, in bytes; wiping is not counted."""

    phase: Phase
    done: int
    total: int | None


class Target(Wipeable, Protocol):
    """A device that is open for us alone; system/raw_device has the real one."""

    direct: bool

    def read_into(self, data: memoryview, offset: int) -> None:
        """Fill an aligned buffer. OSError as the kernel has it."""

    def flush(self) -> None:
        """Wait until all that was written is on the device."""

    def drop_cache(self) -> None:
        """Make later reads come from the device."""

    def read_partition_table(self) -> bool:
        """Have the kernel look at the partition table again."""

    def is_there(self) -> bool:
        """Whether the device was not pulled out."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be written: `head` lies before byte HEAD, `body` behind; `total` bytes in both."""

    head: Source
    body: Source
    total: int


@dataclass(frozen=True, slots=True)
class Written:
    """What was written and read back. `partitions_seen`: the kernel has read the new partition table."""

    bytes: int
    direct: bool
    partitions_seen: bool


class _MismatchError(Exception):
    """A piece that was read back is not what was written."""


def write_device(
    target: Target, job: Job, partitions: Sequence[tuple[int, int]], report: Callable[[Step], None]
) -> Written:
    """Write a job to a device and verify it. `partitions`: (start, length) of the old ones, whose magics go too.

    SystemFailure, with what the device is now, when it was pulled out, is full, fails, or reads back otherwise, when
    the source cannot be read, for Ctrl-C, and whatever else ends it.
    """
    progress = _Progress(job.total, report)
    with FirstInterrupt() as interrupts:
        try:
            _write(target, job, partitions, progress)
            interrupts.no_more()
        except BaseException as error:  # the state is said whatever it was
            interrupts.no_more()
            raise _ended(target, error, progress) from error
        return Written(job.total, target.direct, target.read_partition_table())


def write_body(
    target: Target, source: Source, hash_: PieceHash, report: Callable[[int], None]
) -> list[tuple[int, int, bytes]]:
    """Write a source's pieces in order and flush; return offset, length and digest of each."""
    written = []
    unflushed = 0
    with Pipeline(hash_) as pipeline:
        for piece, view in pipeline.ahead(source):
            target.write(view, piece.offset)
            written.append(piece)
            unflushed += piece.length
            if unflushed >= _FLUSH_EVERY and not target.direct:
                target.flush()
                unflushed = 0
            report(piece.length)
        target.flush()
        return [(piece.offset, piece.length, piece.digest.result()) for piece in written]


def verify(
    target: Target, pieces: Sequence[tuple[int, int, bytes]], hash_: PieceHash, report: Callable[[int], None]
) -> None:
    """Read all pieces back from the device itself. `_MismatchError`, an OSError where it cannot be read."""
    target.drop_cache()
    digests = {offset: digest for offset, _, digest in pieces}
    with Pipeline(hash_) as pipeline:
        waiting: deque[Piece] = deque()
        for piece in pipeline.read_back([(offset, length) for offset, length, _ in pieces], target.read_into):
            waiting.append(piece)
            while waiting and waiting[0].digest.done():
                _compare(waiting.popleft(), digests)
            report(piece.length)
        for piece in waiting:
            _compare(piece, digests)


def _compare(piece: Piece, digests: Mapping[int, bytes]) -> None:
    if piece.digest.result() != digests[piece.offset]:
        raise _mismatch(piece.offset, piece.length)


def _mismatch(offset: int, length: int) -> _MismatchError:
    return _MismatchError(f"the {length} bytes from byte {offset} on read back otherwise than they were written")


def _write(target: Target, job: Job, partitions: Sequence[tuple[int, int]], progress: "_Progress") -> None:
    progress.enter("wiping")
    wipe(target, partitions)
    target.flush()
    progress.enter("writing")
    hash_ = PieceHash()
    body = HeldBack(job.body, tail_start(target.size or 0, HEAD))
    pieces = write_body(target, body, hash_, progress.moved)
    progress.enter("verifying")
    verify(target, pieces, hash_, progress.moved)
    _write_ends(target, body.kept, job.head, progress)


def _write_ends(target: Target, tail: Sequence[tuple[int, bytes]], source: Source, progress: "_Progress") -> None:
    """Write the last MiB, then the first, its first block last of all, and verify each part."""
    whole, buffer = aligned_buffer(PIECE), aligned_buffer(PIECE)
    for begin, data in tail:
        whole[: len(data)] = data
        _write_part(target, begin, whole[: len(data)], buffer, progress)
    runs = []
    for offset, length in source.fill_each(repeat(buffer)):
        whole[offset : offset + length] = buffer[:length]
        runs.append((offset, offset + length))
    parts = [(max(begin, FIRST), end) for begin, end in runs if end > FIRST]
    parts += [(begin, min(end, FIRST)) for begin, end in runs if begin < FIRST]
    for begin, end in parts:
        _write_part(target, begin, whole[begin:end], buffer, progress)


def _write_part(target: Target, begin: int, data: memoryview, buffer: memoryview, progress: "_Progress") -> None:
    progress.bootable |= begin < FIRST or _GPT in bytes(data)
    target.write(data, begin)
    target.flush()
    target.drop_cache()
    target.read_into(buffer[: len(data)], begin)
    if buffer[: len(data)] != data:
        raise _mismatch(begin, len(data))
    progress.moved(len(data))


class _Progress:
    """Counts for the person, and for what is said at a bad end."""

    def __init__(self, total: int, report: Callable[[Step], None]) -> None:
        self.phase: Phase | None = None
        self.done = 0
        self.total = total
        self.bootable = False  # what firmware starts from was being written: the first block, a GPT
        self._report = report

    def enter(self, phase: Phase) -> None:
        """Begin a phase."""
        self.phase, self.done = phase, 0
        self._report(Step(phase, 0, None if phase == "wiping" else self.total))

    def moved(self, count: int) -> None:
        """Count bytes."""
        self.done = min(self.total, self.done + count)
        if self.phase is not None:
            self._report(Step(self.phase, self.done, self.total))


def _ended(target: Target, error: BaseException, progress: _Progress) -> SystemFailure:
    """Say what happened and what the device is now, both of its ends blanked where that can be done."""
    there = target.is_there()
    harmless = _blanked(target) if there else progress.phase != "wiping" and not progress.bootable
    if there:
        target.read_partition_table()
    if harmless:
        state = "it boots nothing now, and what was on it is lost"
    elif progress.phase == "wiping":
        state = "what was on it is lost in part"
    else:
        state = "what was on it is lost, and whether it boots now is not known: do not use it"
    counted = progress.phase is not None and progress.phase != "wiping"
    at = f"{progress.phase}, {progress.done} of {progress.total} bytes" if counted else progress.phase or "beginning"
    what, next_step = _cause(error, there)
    return SystemFailure(f"{what} ({at}); NOT finished: {state}", where=target.name, next_step=next_step)


def _blanked(target: Target) -> bool:
    """Blank both ends, written to or not: fake sticks begin again there. Whether there is nothing to boot from now.

    The first block on its own, and first: it may still be one that can be written.
    """
    size = target.size or 0
    tail = tail_start(size, min(HEAD, size))
    blank = [_is_blanked(target, begin, end) for begin, end in ((0, FIRST), (FIRST, HEAD), (tail, size))]
    return all(blank)


def _is_blanked(target: Target, begin: int, end: int) -> bool:
    """Write zeros from `begin` to `end`, as far as there is a device; whether no table or boot code is there now."""
    length = min(end, target.size or 0) - begin
    if length <= 0:
        return True
    with contextlib.suppress(OSError):
        target.write(aligned_buffer(length), begin)
        target.flush()
        return True
    with contextlib.suppress(OSError, HobnailError):
        data = target.read_at(begin, length)
        return _GPT not in data if begin >= HEAD else not any(data)
    return False


def _cause(error: BaseException, there: bool) -> tuple[str, str]:
    """Return what happened, in words, and what to do."""
    again = "write it again"
    match error:
        case KeyboardInterrupt():
            return "interrupted", again
        case _MismatchError():
            return str(error), "it is worn out, or smaller than it says: take another one"
        case HobnailError():
            return str(error), f"mend that, then {again}"
        case OSError(errno=code) if not there or code in _GONE:
            return "it was pulled out, or has failed altogether", f"plug it in and {again}"
        case OSError(errno=errno.ENOSPC | errno.ENODATA):
            return "it is full: it ends sooner than it said", "it is smaller than it says: take another one"
        case OSError(errno=errno.EIO):
            return "the device reports an input/output error", "it is worn out or badly plugged in: take another one"
        case OSError():
            return f"cannot be written: {error.strerror or error}", again
        case _:
            return f"{type(error).__name__}: {error}", again
