"""Handouts: files made for one boot of one host, under a name that nobody can guess and that soon is worthless.

An overlay may hold a password's hash and the host's private keys. A sniffer on the boot network sees them; the aim is
to keep them from other hosts, from replay, and from files that lie about (host-state-and-api, section 6). So they are
made when the host asks for its configuration, are named by a token of 128 bits, are handed to the address that asked,
and end ten minutes after they were fetched whole, or half an hour after they were named. Who is known to be another
machine is told a name that opens nothing.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from hobnail.boot.content import ONLY_THAT_HOST, BytesContent, Missing
from hobnail.boot.shelf import HostPlan

TOKEN = re.compile(r"[0-9a-f]{32}")
SEALED = "0" * 32
"""The token that is told to other machines than the host itself."""

LIFE = 1800.0
"""Seconds for which a boot's files can be fetched: a slow machine unpacks for minutes, an installer starts late."""

AFTER_USE = 600.0
"""Seconds in which a file that was fetched whole can be fetched again: under iPXE mboot reads all modules twice."""

CALL_BACK_LIFE = 6 * 3600.0
"""Seconds in which an installation may report that it is done."""

LIMIT = 4096
"""Boots that are kept; beyond it the oldest is forgotten, those that install last of all."""

LIMIT_OF_PEER = 8
"""Boots of one address: more are asked for by nobody who boots."""


class Pending(Protocol):
    """Installations under way, as they outlive the server: token -> the MAC address that it was told to."""

    def begin(self, token: str, mac: str) -> None:
        """Remember one for `CALL_BACK_LIFE`. May raise HobnailError."""

    def begun(self, token: str) -> str | None:
        """Return the MAC address that a token was told to, None for one that is over or never was."""


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

    `mac_of` gives the MAC address behind an IPv4 address where it is known; `akin` tells whether two MAC addresses
    are cards of one host; `new_token` gives 32 random hex digits; `now` seconds that only rise.
    """

    def __init__(
        self,
        *,
        plan: Callable[[str | None, str], HostPlan],
        mac_of: Callable[[str], str | None],
        akin: Callable[[str, str], bool],
        new_token: Callable[[], str],
        now: Callable[[], float],
        pending: Pending,
    ) -> None:
        self._plan = plan
        self._mac_of = mac_of
        self._akin = akin
        self._new_token = new_token
        self._now = now
        self._pending = pending
        self._boots: OrderedDict[str, _Boot] = OrderedDict()  # by token, the oldest first
        self._under_way: OrderedDict[tuple[str | None, str], tuple[float, HostPlan]] = OrderedDict()
        self._current: dict[tuple[str | None, str], str] = {}

    def boot(self, mac: str | None, peer: str) -> HostPlan:
        """Return the plan by which a host boots now: the same one as long as it reads its configuration again."""
        host_plan = self._boot(mac, peer)
        self._under_way[mac, peer] = self._now(), host_plan
        self._under_way.move_to_end((mac, peer))
        if len(self._under_way) > LIMIT:
            self._under_way.popitem(last=False)
        return host_plan

    def under_way(self, mac: str | None, peer: str) -> HostPlan | None:
        """Return the plan by which a host has begun to boot not long ago, whatever was applied since."""
        began, host_plan = self._under_way.get((mac, peer), (0.0, None))
        return host_plan if host_plan is not None and self._now() - began < LIFE else None

    def find(self, token: str, file: str, peer: str) -> BytesContent | Missing:
        """Return a file that was made for a boot, if the one who asks may have it."""
        if token == SEALED:
            return Missing(f"{file} was made for another machine and {ONLY_THAT_HOST}", forbidden=True)
        boot = self._boots.get(token) or self._revived(token, peer)
        made = boot.host_plan.made.get(file) if boot is not None else None
        if boot is None or made is None:
            return Missing(f"{file} of another boot: reset the host, so that it reads its configuration again")
        now = self._now()
        if now - boot.began >= LIFE or now - boot.used.get(file, now) >= AFTER_USE:
            return Missing(f"{file} was handed out or its time is over: reset the host", forbidden=True)
        if made.bound and (peer != boot.peer or self._is_another(peer, boot.mac)):
            reason = f"{file} was made for {boot.mac or boot.peer} and {ONLY_THAT_HOST}"
            return Missing(reason, forbidden=True)
        return BytesContent(made.data, private=True)

    def handed_over(self, token: str, file: str) -> None:
        """Note that a file was fetched whole."""
        boot = self._boots.get(token)
        if boot is not None:
            boot.used.setdefault(file, self._now())

    def _boot(self, mac: str | None, peer: str) -> HostPlan:
        standing = self._plan(mac, "")
        if not standing.made:
            return standing
        if self._is_another(peer, mac):
            return self._plan(mac, SEALED)
        now = self._now()
        current = self._boots.get(self._current.get((mac, peer), ""))
        if current is not None and current.fresh(now):
            if dict(current.host_plan.made) == dict(self._plan(mac, current.token).made):
                return current.host_plan
            self._forget(current.token)  # its profile has changed
        boot = _Boot(self._new_token(), mac, peer, standing, now)
        boot.host_plan = self._plan(mac, boot.token)
        if boot.host_plan.installs and mac is not None:
            self._pending.begin(boot.token, mac)
        self._keep(boot)
        return boot.host_plan

    def _revived(self, token: str, peer: str) -> _Boot | None:
        """Return the boot of an installation that was begun before this server was started."""
        mac = self._pending.begun(token)
        if mac is None:
            return None
        boot = _Boot(token, mac, peer, self._plan(mac, token), self._now())
        self._keep(boot)
        return boot

    def _is_another(self, peer: str, mac: str | None) -> bool:
        """Tell whether an address is known to be another machine's than the host that it asks for."""
        real = self._mac_of(peer)
        return real is not None and mac is not None and real != mac and not self._akin(real, mac)

    def _keep(self, boot: _Boot) -> None:
        of_peer = [one.token for one in self._boots.values() if one.peer == boot.peer]
        for token in of_peer[: max(0, len(of_peer) - LIMIT_OF_PEER + 1)]:
            self._forget(token)
        self._boots[boot.token] = boot
        self._current[boot.mac, boot.peer] = boot.token
        while len(self._boots) > LIMIT:
            oldest = next((one.token for one in self._boots.values() if not one.host_plan.installs), None)
            self._forget(oldest or next(iter(self._boots)))

    def _forget(self, token: str) -> None:
        boot = self._boots.pop(token)
        if self._current.get((boot.mac, boot.peer)) == token:
            del self._current[boot.mac, boot.peer]
