"""The end of a dry boot in numbers, and the whole of it as a record for programs."""

from dataclasses import dataclass

from hobnail.boot.check.journal import Failed, Finding, Journal, Step

GIGABIT = 1e9 / 8
"""Bytes a second."""
PAYLOAD = 0.94
"""Share of the line that is left for bodies, beside all headers (TFTP: 1468 of about 1560 bytes)."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Bytes and seconds. `at_1g` and `at_10g` are the least that the line needs; firmware's own TFTP is slower."""

    requests: int
    moved: int
    seconds: float
    waits: float
    at_1g: float
    at_10g: float


def summarise(journal: Journal) -> Summary:
    """Add up what a client's requests moved; those that only we make are left out."""
    steps = [step for step in journal.steps if not step.fetch.extra]
    moved = sum(step.moved for step in steps)
    seconds = sum(step.answer.seconds for step in steps)
    least = moved / (GIGABIT * PAYLOAD)
    return Summary(len(steps), moved, seconds, journal.waits, least, least / 10)


def as_record(journal: Journal) -> dict[str, object]:
    """Return everything, as JSON holds it. Times are in seconds, sizes in bytes; `boots` is null when not known."""
    total = summarise(journal)
    first = journal.first_failure
    return {
        "boots": None if first is None and journal.not_followed else first is None,
        "not_checked_further": journal.not_followed,
        "kept_from_us": list(journal.kept_from_us),
        "first_failure": _finding(first) if first else None,
        "findings": [_finding(one) for one in journal.findings],
        "steps": [_step(one) for one in journal.steps],
        "requests": total.requests,
        "bytes": total.moved,
        "seconds": round(total.seconds, 4),
        "loader_waits": total.waits,
        "least_seconds_1gbe": round(total.at_1g, 4),
        "least_seconds_10gbe": round(total.at_10g, 4),
    }


def _finding(one: Finding) -> dict[str, str]:
    return {
        "severity": str(one.severity),
        "where": one.where,
        "cause": one.cause,
        "fix": one.fix,
        "screen": one.screen.text,
        "screen_source": one.screen.source,
    }


def _step(one: Step) -> dict[str, object]:
    answer = one.answer
    return {
        "name": one.fetch.name,
        "what": one.fetch.what,
        "size_only": one.fetch.size_only,
        "extra": one.fetch.extra,
        "result": answer.trouble.value if isinstance(answer, Failed) else "ok",
        "bytes": None if isinstance(answer, Failed) else answer.size,
        "seconds": round(answer.seconds, 6),
    }
