"""Handouts: files made for one boot of one host, under a name that nobody can guess and that soon is worthless.

An overlay may hold a password's hash and the host's private keys. A sniffer on the boot network sees them; the aim is
to keep them from other hosts, from replay, and from files that lie about (host-state-and-api, section 6). So they are
made when the host asks for its configuration, are named by a token of 128 bits, are handed to the address that asked,
and end a minute after they were fetched whole, or half an hour after they were named.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from hobnail.boot.content import BytesContent, Missing
from hobnail.boot.shelf import HostPlan

TOKEN = re.compile(r"[0-9a-f]{32}")

LIFE = 1800.0
"""Seconds for which a boot's files can be fetched: a slow machine unpacks for minutes, an installer starts late."""

AFTER_USE = 60.0
"""Seconds in which a file that was fetched whole can be fetched again: loaders read twice, and retry."""

CALL_BACK_LIFE = 6 * 3600.0
"""Seconds in which an installation may report that it is done."""

LIMIT = 4096
"""Boots that are kept; beyond it the oldest is forgotten."""


@dataclass(slots=True)
class _Boot:
    token: str
    mac: str | None
    peer: str
    host_plan: HostPlan
    began: float
    used: dict[str, float] = field(default_factory=dict)  # file -> when it was fetched whole for the first time

    def fresh(self, now: float) -> bool:
        return now - self.began < LIFE and all(now - at < AFTER_USE for at in self.used.values())


class Handouts:
    """`plan` gives a host's plan with its made files under a token's folder ("" names none); it may raise.

    `mac_of` gives the MAC address behind an IPv4 address where it is known; `new_token` 32 random hex digits; `now`
    seconds that only rise.
    """

    def __init__(
        self,
        *,
        plan: Callable[[str | None, str], HostPlan],
        mac_of: Callable[[str], str | None],
        new_token: Callable[[], str],
        now: Callable[[], float],
    ) -> None:
        self._plan = plan
        self._mac_of = mac_of
        self._new_token = new_token
        self._now = now
        self._boots: OrderedDict[str, _Boot] = OrderedDict()  # by token, the oldest first
        self._current: dict[tuple[str | None, str], str] = {}

    def boot(self, mac: str | None, peer: str) -> HostPlan:
        """Return the plan by which a host boots now: the same one as long as it reads its configuration again."""
        standing = self._plan(mac, "")
        if not standing.made:
            return standing
        now = self._now()
        current = self._boots.get(self._current.get((mac, peer), ""))
        if current is not None and current.fresh(now):
            if dict(current.host_plan.made) == dict(self._plan(mac, current.token).made):
                return current.host_plan
            self._forget(current.token)  # its profile has changed
        token = self._new_token()
        boot = _Boot(token, mac, peer, self._plan(mac, token), now)
        self._boots[token] = boot
        self._current[mac, peer] = token
        while len(self._boots) > LIMIT:
            self._forget(next(iter(self._boots)))
        return boot.host_plan

    def find(self, token: str, file: str, peer: str) -> BytesContent | Missing:
        """Return a file that was made for a boot, if the one who asks may have it."""
        boot = self._boots.get(token)
        made = boot.host_plan.made.get(file) if boot is not None else None
        if boot is None or made is None:
            return Missing(f"{file} of another boot: reset the host, so that it reads its configuration again")
        now = self._now()
        if now - boot.began >= LIFE or now - boot.used.get(file, now) >= AFTER_USE:
            return Missing(f"{file} was handed out or its time is over: reset the host", forbidden=True)
        if made.bound and (peer != boot.peer or self._mac_of(peer) not in (None, boot.mac)):
            return Missing(
                f"{file} was made for {boot.mac or boot.peer} and is handed to that host only", forbidden=True
            )
        return BytesContent(made.data)

    def handed_over(self, token: str, file: str) -> None:
        """Note that a file was fetched whole."""
        boot = self._boots.get(token)
        if boot is not None:
            boot.used.setdefault(file, self._now())

    def call_back(self, token: str) -> str | None:
        """Return the MAC address of the host whose boot may call back with this token, once; None for all others."""
        boot = self._boots.get(token)
        if boot is None or boot.mac is None or self._now() - boot.began >= CALL_BACK_LIFE:
            return None
        self._forget(token)
        return boot.mac

    def _forget(self, token: str) -> None:
        boot = self._boots.pop(token)
        if self._current.get((boot.mac, boot.peer)) == token:
            del self._current[boot.mac, boot.peer]
