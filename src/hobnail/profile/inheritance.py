"""Inheritance of profiles: in which order their settings are laid over each other, and what cannot be."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from hobnail.profile.problems import Problem

Bases = Mapping[str, tuple[str, ...]]
"""Profile -> the profiles it inherits, in the order they were written."""


def ordered(profiles: Iterable[str], bases: Bases) -> tuple[str, ...]:
    """Return the profiles and all that they build on, the lowest first.

    A base stands before what inherits it, a later profile of a list after an earlier one. One that is reached twice
    counts where it is first needed, so that a shared base does not undo what was built on it.
    """
    order: dict[str, None] = {}
    for name in profiles:
        _add(name, bases, order, ())
    return tuple(order)


def _add(name: str, bases: Bases, order: dict[str, None], above: tuple[str, ...]) -> None:
    if name in order or name in above or name not in bases:
        return
    for base in bases[name]:
        _add(base, bases, order, (*above, name))
    order[name] = None


def unknown(path: tuple[str, ...], named: Iterable[str], bases: Bases) -> list[Problem]:
    """Return a problem for each named profile that does not exist."""
    problems = []
    for name in named:
        if name not in bases:
            near = get_close_matches(name, bases, 1)
            choice = ", ".join(sorted(bases)[:_LISTED]) or "none"
            step = f"did you mean {near[0]}?" if near else f"there are: {choice}"
            problems.append(Problem(path, f'there is no profile "{name}"', step))
    return problems


_LISTED = 10


def cycles(bases: Bases) -> list[Problem]:
    """Return a problem for each circle in which profiles inherit each other."""
    done: set[str] = set()
    problems = []
    for start in bases:
        trail: list[str] = []
        stack = [(start, iter(bases[start]))] if start not in done else []
        while stack:
            name, rest = stack[-1]
            if len(trail) < len(stack):
                trail.append(name)
            base = next((one for one in rest if one in bases and one not in done), None)
            if base is None:
                done.add(name)
                trail.pop()
                stack.pop()
            elif base in trail:
                circle = " -> ".join([*trail[trail.index(base) :], base])
                step = "take one of them out"
                problems.append(
                    Problem(("profiles", name, "inherits"), f"profiles inherit in a circle: {circle}", step)
                )
            else:
                stack.append((base, iter(bases[base])))
    return problems
