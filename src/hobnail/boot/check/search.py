"""Look around for a file that is not there: the same name in other case, or beside the loader."""

import dataclasses
from collections.abc import Generator

from hobnail.boot.check.journal import Answer, Failed, Fetch, Fetched, Journal, Trouble

LARGEST_SEARCH = 8
"""Files that are looked around for: after that many the pattern is clear."""


def look_around(journal: Journal, sizing: Fetch, failed: Failed, written: str = "") -> Generator[Fetch, Answer, str]:
    """Ask for likely other names of a file, by size only; return a hint, "" when nothing turns up.

    `sizing` is a request for the size of the missing file, `written` its name as a configuration has it.
    """
    done = {step.fetch.what for step in journal.steps if step.fetch.extra}
    if failed.trouble is not Trouble.NOT_FOUND or len(done) >= LARGEST_SEARCH:
        return ""
    for name, hint in _candidates(sizing.name, written):
        fetch = dataclasses.replace(sizing, name=name, what=f"looking for {sizing.name}", optional=True, extra=True)
        answer = yield from journal.ask(fetch)
        if isinstance(answer, Fetched) or answer.trouble is Trouble.NO_SIZE:
            return f"{hint}: the server has {name}"
    return ""


def _candidates(name: str, written: str) -> list[tuple[str, str]]:
    folder, slash, base = name.rpartition("/")
    found = [
        (folder + slash + base.lower(), "upper and lower case differ, rename it"),
        (folder + slash + base.upper(), "upper and lower case differ, rename it to lower case"),
    ]
    if written.startswith("/"):
        found.append((written.lstrip("/"), "take the leading slash away"))
    return [(other, hint) for other, hint in dict(found).items() if other != name]
