"""One host's boot: how far it has come, what it fetches, how fast, and what is wrong.

The order of the stages is that of the requests measured in boot-traces.md, section 4.
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from hobnail.boot.shelf import Named

_WINDOW = 5.0
"""Seconds over which the rate is taken."""

_SPACING = 0.25
"""Seconds between two points of the rate: bounds what is kept of a host."""


class BootStage(IntEnum):
    """The ladder that each boot climbs. HANDED_OVER: the host has its last module; from here its kernel runs.

    SIZE_PASS: mboot.efi asks for the size of every file before it loads the first (facts 4.3); other loaders do not.
    """

    DISCOVERED = 1
    OFFERED = 2
    LOADER = 3
    MENU = 4
    SIZE_PASS = 5
    KERNEL = 6
    MODULES = 7
    HANDED_OVER = 8

    @property
    def label(self) -> str:
        """The stage in words, for the screen."""
        return self.name.lower().replace("_", " ")


_STAGES = {
    "loader": BootStage.LOADER,
    "config": BootStage.MENU,
    "kernel": BootStage.KERNEL,
    "module": BootStage.MODULES,
    "other": BootStage.DISCOVERED,
}


@dataclass(frozen=True, slots=True)
class HostProgress:
    """A host on the screen. At least one of `mac` and `address` is known; times are seconds since the epoch."""

    mac: str | None
    address: str | None
    client: str  # the firmware, as DhcpDecided.client; "" when it was not told
    stage: BootStage
    trouble: str | None  # what is wrong, with file, host and next step; None while all is well
    module: int  # the module that it fetches or fetched last; 0 before the first
    modules: int  # how many there are; 0 while not known
    bytes: int  # fetched in this boot
    rate: float  # bytes a second, over the last seconds
    file: str | None  # what it fetches now, as it wrote the name
    seen: float
    boots: int  # how many boots of it were seen, with this one
    sized: int = 0  # kernel and modules whose size it asked for, of `modules` + 1

    @property
    def stage_text(self) -> str:
        """The stage in words, with how far it is."""
        match self.stage:
            case BootStage.SIZE_PASS:
                return f"size pass {self.sized} of {self.modules + 1}"
            case BootStage.MODULES:
                return f"module {self.module} of {self.modules}"
            case BootStage.MENU if "UEFI" in self.client:
                return "boot.cfg"
            case _:
                return self.stage.label


@dataclass(slots=True)
class _Fetch:
    name: str
    named: Named
    sent: int = 0


class HostBoot:
    """What is known of one host. Stages only rise within a boot; late and repeated events change nothing."""

    def __init__(self, mac: str | None, number: int, at: float) -> None:
        """Begin the first boot of a host; `number` is its line on the screen."""
        self.mac = mac
        self.address: str | None = None
        self.client = ""
        self.number = number
        self.seen = at
        self._boots = 1
        self._begin(at)

    def _begin(self, at: float) -> None:
        self._reached = BootStage.DISCOVERED
        self._module = 0
        self._modules = 0
        self._sized: set[int] = set()  # positions
        self._fetched = 0
        self._fetch: _Fetch | None = None
        self._ended = ("", 0.0)
        self._trouble: str | None = None
        self._troubled = ""  # the name of the file that the trouble is about
        self._points: deque[tuple[float, float]] = deque([(at, 0)])
        self._fresh = True  # nothing was asked for since it looked for a server

    def _begin_again(self, at: float) -> None:
        self._boots += 1
        self._begin(at)

    @property
    def label(self) -> str:
        """What people call the host: its MAC address, or its IPv4 address while that is all we have."""
        return self.mac or self.address or "a host"

    @property
    def stage(self) -> BootStage:
        """The highest stage of what it has and what it fetches now."""
        return max(self._reached, _STAGES[self._fetch.named.station]) if self._fetch else self._reached

    def discover(self, at: float, client: str) -> None:
        """See it look for a server: a new boot, unless it repeats itself or its loader is an iPXE that looks anew."""
        chained = "iPXE" in client and "iPXE" not in self.client and self.stage is BootStage.LOADER
        if at >= self.seen:
            if not self._fresh and not chained:
                self._begin_again(at)
            self._fresh = True
            self.client = client

    def answer(self) -> None:
        """See it answered: an offer or an acknowledgement."""
        self._reach(BootStage.OFFERED)
        if not self._troubled:
            self._trouble = None

    def refuse(self, reason: str) -> None:
        """See it refused."""
        self._trouble = f"{self.label} ({self.client}) was refused: {reason}"
        self._troubled = ""

    def start(self, at: float, name: str, named: Named) -> None:
        """See it ask for a file. One that asks for its loader after its kernel was reset, though nobody saw DHCP."""
        if name == self._ended[0] and at < self._ended[1]:
            return
        if named.station == "loader" and self.stage >= BootStage.KERNEL and at >= self.seen:
            self._begin_again(at)
        self._point(at)
        self._fresh = False
        self._fetch = _Fetch(name, named)
        self._modules = max(self._modules, named.total)

    def finish(self, at: float, name: str, named: Named, size: int) -> None:
        """See it have a whole file. With the last module it is handed over."""
        if (name, at) == self._ended:
            return
        self._end(at, name)
        self._fetched += size
        self._fresh = False
        self._reach(_STAGES[named.station])
        self._module = max(self._module, named.position)
        self._modules = max(self._modules, named.total)
        if named.station in ("kernel", "module") and named.position == named.total:
            self._reach(BootStage.HANDED_OVER)
        if self._reached is BootStage.HANDED_OVER or self._troubled == name:
            self._trouble, self._troubled = None, ""
        self._point(at)

    def size_only(self, at: float, name: str, named: Named) -> None:
        """See it ask how large a file is. That is no fetch: mboot.efi asks so for all files before the first.

        It asks again before it loads each of them by TFTP, which then changes nothing.
        """
        self._end(at, name)
        if named.station in ("kernel", "module") and self.stage <= BootStage.SIZE_PASS:
            self._fresh = False
            self._sized.add(named.position)
            self._modules = max(self._modules, named.total)
            self._reach(BootStage.SIZE_PASS)
        self._reach(min(_STAGES[named.station], BootStage.LOADER))

    def miss(self, name: str, reason: str) -> None:
        """See it ask for what is not there, against expectation."""
        self._fresh = False
        self._trouble = f"{self.label} asked for {name}, which is missing: {reason}"
        self._troubled = name

    def miss_expected(self, named: Named) -> None:
        """See it ask for what healthy boots ask for in vain: whoever looks for a configuration has its loader."""
        if named.station == "config":
            self._reach(BootStage.LOADER)

    def fail(self, at: float, name: str, sent: int, size: int, reason: str) -> None:
        """See a transfer break off."""
        if (name, at) == self._ended:
            return
        self._end(at, name)
        self._fetched += sent
        self._point(at)
        self._trouble = (
            f"{self.label} got {sent} of {size} bytes of {name}: {reason}; "
            "if it does not ask again, look at its screen and its link, then reset it"
        )
        self._troubled = name

    def flow(self, at: float, name: str, sent: int) -> None:
        """See how far the transfer under way is, in bytes."""
        if self._fetch is not None and self._fetch.name == name:
            self._fetch.sent = max(self._fetch.sent, sent)
            self._point(at)

    def become(self, mac: str, known: "HostBoot | None") -> None:
        """Learn the MAC address of a host that was known by its IPv4 address only, and what DHCP said of that MAC."""
        self.mac = mac
        if known is not None:
            self.client, self.number, self._boots = known.client, known.number, known._boots
            self.seen = max(self.seen, known.seen)
            self._reach(known.stage)

    def progress(self, now: float) -> HostProgress:
        """Return what the screen shows at the time `now`."""
        fetch = self._fetch
        return HostProgress(
            mac=self.mac,
            address=self.address,
            client=self.client,
            stage=self.stage,
            trouble=self._trouble,
            module=max(self._module, fetch.named.position) if fetch else self._module,
            modules=self._modules,
            bytes=self._total(),
            rate=self._rate(now),
            file=fetch.name if fetch else None,
            seen=self.seen,
            boots=self._boots,
            sized=len(self._sized),
        )

    def _reach(self, stage: BootStage) -> None:
        self._reached = max(self._reached, stage)

    def _end(self, at: float, name: str) -> None:
        self._ended = (name, at)
        if self._fetch is not None and self._fetch.name == name:
            self._fetch = None

    def _total(self) -> int:
        return self._fetched + (self._fetch.sent if self._fetch else 0)

    def _point(self, at: float) -> None:
        """Note the bytes so far; points closer together than the spacing become one."""
        points = self._points
        at = max(at, points[-1][0])
        if len(points) > 1 and at - points[-2][0] < _SPACING:
            points.pop()
        points.append((at, self._total()))
        while len(points) > 2 and points[1][0] <= at - _WINDOW:
            points.popleft()

    def _rate(self, now: float) -> float:
        """Bytes in the window that ends now; between two points they are taken to have come evenly."""
        total = self._total()
        start = now - _WINDOW
        since, before = self._points[0]
        for at, fetched in (*self._points, (now, total)):
            if at > start:
                if since < start:
                    before += (fetched - before) * (start - since) / (at - since)
                    since = start
                break
            since, before = at, fetched
        return max(0.0, (total - before) / (now - since)) if now > since else 0.0
