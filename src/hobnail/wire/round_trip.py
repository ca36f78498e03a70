"""The retransmission timeout of a transfer, from the round trips that were measured.

Source: RFC 6298 (smoothed round trip and its variation, back-off), with limits for a local network: it asks for one
second at least, in which a lost packet would cost more than a whole module.
"""

import math

FIRST_TIMEOUT = 0.25
"""Seconds until the first answer is repeated, before any round trip has been measured."""

SHORTEST_TIMEOUT = 0.010
LONGEST_TIMEOUT = 2.0
"""Limits of the timeout in seconds."""


class RoundTrip:
    """What is known of the way to one host. All times are in seconds."""

    __slots__ = ("_longest", "_variation", "quickest", "smoothed", "timeout")

    def __init__(self, longest: float | None) -> None:
        self.timeout = FIRST_TIMEOUT
        self.smoothed = 0.0
        self.quickest = math.inf
        self._variation = 0.0
        self._longest = min(LONGEST_TIMEOUT, longest or LONGEST_TIMEOUT)

    def measure(self, seconds: float) -> None:
        """Take in the time from a send to its answer. Never for something sent twice (Karn's rule)."""
        if self.quickest == math.inf:
            self.smoothed, self._variation = seconds, seconds / 2
        self.quickest = min(self.quickest, seconds)
        self._variation += (abs(seconds - self.smoothed) - self._variation) / 4
        self.smoothed += (seconds - self.smoothed) / 8
        self.timeout = max(SHORTEST_TIMEOUT, min(self.smoothed + 4 * self._variation, self._longest))

    def back_off(self) -> None:
        """The timeout passed without an answer: wait twice as long from now on, until a round trip is measured."""
        self.timeout = min(2 * self.timeout, self._longest)
