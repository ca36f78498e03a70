"""Endings: which address of a full pool has been free the longest, without looking at every lease."""

from heapq import heapify, heappop, heappush
from ipaddress import IPv4Address


class Endings:
    """When the last lease of each address ends; the first of them in O(log n), amortized.

    A heap in which a changed end stands twice. What is out of date is dropped when it comes to the top, or when it
    is more than half of the heap.
    """

    def __init__(self) -> None:
        """Begin without addresses."""
        self._end_of: dict[IPv4Address, float] = {}
        self._heap: list[tuple[float, IPv4Address]] = []

    def __len__(self) -> int:
        """Return the entries kept, out of date or not."""
        return len(self._heap)

    def put(self, address: IPv4Address, end: float) -> None:
        """Set when the last lease of an address ends (seconds since the epoch)."""
        self._end_of[address] = end
        if len(self._heap) > 2 * len(self._end_of):
            self._heap = [(end, address) for address, end in self._end_of.items()]
            heapify(self._heap)
        else:
            heappush(self._heap, (end, address))

    def first(self, now: float) -> IPv4Address | None:
        """Return the address whose lease ended first, the lowest of several; None when none has ended by `now`."""
        while self._heap:
            end, address = self._heap[0]
            if self._end_of[address] == end:
                return address if end <= now else None
            heappop(self._heap)
        return None
