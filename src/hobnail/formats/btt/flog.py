"""The flog, free list and log in one: what was written last through each of an arena's free blocks.

An entry is 64 bytes with two sets of four numbers; the sequence number tells which set is the newer (UEFI 2.10, BTT
Flog, and Validating the Flog entries at start-up). Early Linux put the second set at byte 32 instead of 16; today's
still reads that (btt.c, log_set_indices).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hobnail.formats.btt.geometry import FLOG_ENTRY_SIZE, Arena

SET = struct.Struct("<IIII")
FIRST_SEQUENCE = 1
NEXT_SEQUENCE = {1: 2, 2: 3, 3: 1}
EMPTY = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class FlogSet:
    """One write: the block of the disk, the internal block that it was in before, and the one it is in now."""

    lba: int
    old_map: int  # as in the map, with its two flag bits
    new_map: int
    sequence: int  # 1, 2, 3, 1 …; 0: never used


class FlogFault(ValueError):  # noqa: N818 - a reason, told on by the reader with the place
    """Why a flog cannot be trusted; the arena is then in the error state (UEFI 2.10, 6.3.5)."""


def initial_flog(arena: Arena) -> bytes:
    """Return the flog of an arena that was never written: the highest internal blocks are free."""
    entries = []
    for number in range(arena.free_blocks):
        free = arena.external_blocks + number
        entries.append(SET.pack(number, free, free, FIRST_SEQUENCE).ljust(FLOG_ENTRY_SIZE, b"\0"))
    return b"".join(entries)


def last_writes(flog: bytes) -> Iterator[FlogSet]:
    """Yield the newer set of each entry that was ever used. FlogFault where a sequence number cannot be."""
    entries = [list(SET.iter_unpack(flog[at : at + FLOG_ENTRY_SIZE])) for at in range(0, len(flog), FLOG_ENTRY_SIZE)]
    second = _second_set(entries)
    for number, entry in enumerate(entries):
        newest = _newer(number, FlogSet(*entry[0]), FlogSet(*entry[second]))
        if newest.old_map != newest.new_map:
            yield newest


def _second_set(entries: Sequence[Sequence[tuple[int, ...]]]) -> int:
    """Return which quarter of the entries holds the second set: 1, or 2 in those of old kernels."""
    used = {quarter for entry in entries for quarter in (1, 2, 3) if entry[quarter] != EMPTY}
    if used <= {1}:
        return 1
    if used == {2}:
        return 2
    raise FlogFault("numbers stand where padding should be")


def _newer(number: int, first: FlogSet, second: FlogSet) -> FlogSet:
    one, other = first.sequence, second.sequence
    if one == other or max(one, other) > 3:
        raise FlogFault(f"entry {number} has the sequence numbers {one} and {other}")
    if not one or not other:
        return first if one else second
    return second if NEXT_SEQUENCE[one] == other else first
