"""What the benchmark prints: one row for each goal, as a ratio of two programs that ran in turn."""

import statistics
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """A limit for a ratio: at least or at most so much."""

    limit: float
    at_least: bool

    def met_by(self, ratio: float) -> bool:
        return ratio >= self.limit if self.at_least else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}×"


def at_least(limit: float) -> Goal:
    return Goal(limit, at_least=True)


def at_most(limit: float) -> Goal:
    return Goal(limit, at_least=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; `ours` and `theirs` are medians, with their unit. A row without a goal is for information."""

    what: str
    ours: str
    peer: str
    theirs: str
    ratio: float
    goal: Goal | None

    @property
    def met(self) -> bool:
        return self.goal is None or self.goal.met_by(self.ratio)


def compare(
    what: str,
    ours: Iterable[float],
    peer: str,
    theirs: Iterable[float],
    goal: Goal | None,
    show: Callable[[float], str],
) -> Row:
    """Make a row of the medians of two series; a peer that got nothing done counts as zero."""
    left, right = statistics.median(ours), statistics.median(theirs)
    return Row(what, show(left), peer, show(right), left / right if right else float("inf"), goal)


HEADINGS = ("what", "ours", "peer", "theirs", "ratio", "goal", "met")


def render(rows: Iterable[Row]) -> str:
    """Return the table as text."""
    cells = [HEADINGS]
    for row in rows:
        met = "" if row.goal is None else "yes" if row.met else "NO"
        goal = "" if row.goal is None else str(row.goal)
        cells.append((row.what, row.ours, row.peer, row.theirs, f"{row.ratio:.2f}×", goal, met))
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
