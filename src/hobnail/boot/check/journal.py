"""The words of a dry boot: what a ladder asks for, what it gets, and what it writes down.

A ladder is a generator: it yields `Fetch` and is sent `Fetched` or `Failed`, so that the same one runs over TFTP and
HTTP, and in a test over a dict.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from enum import Enum, StrEnum

from hobnail.boot.check.body import Body
from hobnail.boot.check.screens import UNKNOWN, Screen
from hobnail.boot.content import ONLY_THAT_HOST
from hobnail.wire.tftp import Options

NO_OPTIONS = Options()


@dataclass(frozen=True, slots=True)
class Fetch:
    """One request. `name` is a URL, or what stands in a TFTP request, character by character.

    `options` are those of the TFTP request, `agent` is HTTP's User-Agent. `size_only`: HEAD, or an RRQ with tsize
    that is broken off. `optional`: the client goes on without it. `extra`: no client asks for this, only we do.
    """

    name: str
    what: str
    options: Options = NO_OPTIONS
    agent: str = ""
    size_only: bool = False
    optional: bool = False
    extra: bool = False

    @property
    def is_http(self) -> bool:
        """Say whether the name is a URL for HTTP or HTTPS."""
        return self.name.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. `body` is None when only the size was wanted; `remarks` are things that the server does oddly."""

    size: int
    seconds: float
    body: Body | None = None
    remarks: tuple[str, ...] = ()


class Trouble(Enum):
    """Why nothing came."""

    NOT_FOUND = "not found"
    REFUSED = "refused"
    SILENT = "no answer"
    NO_SIZE = "no size"
    CHUNKED = "chunked"
    BROKEN = "broken off"
    UNTRUSTED = "not trusted"


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing came, or not all; `text` is for people."""

    trouble: Trouble
    text: str
    seconds: float

    @property
    def for_its_host(self) -> bool:
        """Say whether a hobnail keeps it for the host that it was made for: right, and not to be had from here."""
        return self.trouble is Trouble.REFUSED and ONLY_THAT_HOST in self.text


Answer = Fetched | Failed


class Severity(StrEnum):
    """Whether the boot stops there."""

    FAILS = "fails"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong: where, why, what the person sees on the screen (when known), and what to do."""

    severity: Severity
    where: str
    cause: str
    fix: str
    screen: Screen = UNKNOWN


@dataclass(frozen=True, slots=True)
class Step:
    """One request and what became of it."""

    fetch: Fetch
    answer: Answer

    @property
    def moved(self) -> int:
        """Bytes that crossed the wire for it; a size query has none."""
        return self.answer.size if isinstance(self.answer, Fetched) and not self.fetch.size_only else 0


Ladder = Generator[Fetch, Answer, None]
SLOW_NO = 1.0
"""Seconds after which a "not found" is slow: a client asks for several names in vain at each boot."""


class Journal:
    """Everything that a dry boot saw, in order; `tell` hears of each piece as it comes."""

    def __init__(self, tell: Callable[[Step | Finding | str], None] = lambda _: None) -> None:
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.waits = 0.0  # seconds that the client waits by its own will, such as boot.cfg's timeout=
        self.kept_from_us: list[str] = []  # names of files that only the host itself is handed
        self.reached = "the kernel's start"  # how far the client has come when nothing fails
        self.not_followed = ""  # why the check ends before the client does, and what to do; "" when it does not
        self._tell = tell

    def ask(self, fetch: Fetch) -> Generator[Fetch, Answer, Answer]:
        """Yield a request, write down its answer and return it."""
        answer = yield fetch
        step = Step(fetch, answer)
        self.steps.append(step)
        self._tell(step)
        if isinstance(answer, Failed) and answer.trouble is Trouble.NOT_FOUND and answer.seconds >= SLOW_NO:
            self.warns(
                fetch.name,
                f"the server takes {answer.seconds:.1f} s to say that this is not there",
                "make it answer at once: clients ask for several names in vain at each boot",
            )
        if isinstance(answer, Fetched):
            for remark in answer.remarks:
                self.warns(fetch.name, remark, "serve HTTP/1.1 with keep-alive")
        return answer

    def says(self, line: str) -> None:
        """Write down what is neither request nor finding: which way the boot takes."""
        self._tell(line)

    def fails(self, where: str, cause: str, fix: str, screen: Screen = UNKNOWN) -> None:
        """Write down what stops the boot."""
        self._add(Finding(Severity.FAILS, where, cause, fix, screen))

    def warns(self, where: str, cause: str, fix: str) -> None:
        """Write down what is not right and does not stop the boot."""
        self._add(Finding(Severity.WARNING, where, cause, fix))

    def keeps_for_its_host(self, where: str, failed: Failed) -> None:
        """Write down that a file could not be checked, because the server rightly keeps it for its host."""
        self.kept_from_us.append(where)
        fix = "nothing is wrong with it; to have it checked too, run this on that host, with its MAC and address"
        self.warns(where, f"could not be checked from here: {failed.text}", fix)

    def ends_early(self, why: str, next_step: str) -> None:
        """Write down that the client would go on where this check does not follow."""
        self.not_followed = f"{why}; {next_step}"
        self._tell(f"not checked further: {self.not_followed}")

    def _add(self, finding: Finding) -> None:
        same = (finding.severity, finding.cause) if finding.severity is Severity.WARNING else None
        if any(same == (old.severity, old.cause) for old in self.findings):
            return
        self.findings.append(finding)
        self._tell(finding)

    @property
    def first_failure(self) -> Finding | None:
        """What the client would stop at."""
        return next((one for one in self.findings if one.severity is Severity.FAILS), None)
