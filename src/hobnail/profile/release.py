"""An image's release as numbers, so that 7.0.2 comes before 7.0.10 and after 7.0."""

import re
from functools import lru_cache

from hobnail.image.model import Generation

Release = tuple[int, int, int]
"""Major, minor and update: 7.0 Update 2 is (7, 0, 2)."""


@lru_cache(1024)
def release_of(generation: Generation, version: str) -> Release:
    """Return the release of an image; of the generation's first where its version does not tell."""
    match = re.match(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?", version) or re.match(r"(\d+)(?:\.(\d+))?()", generation.value)
    assert match is not None, "a generation's name is a number"
    major, minor, update = (int(text or 0) for text in match.groups())
    return major, minor, update


def spoken(release: Release) -> str:
    """Return a release as people say it: 4.0, 7.0 Update 2."""
    major, minor, update = release
    if major >= 7 and update:
        return f"{major}.{minor} Update {update}"
    return f"{major}.{minor}" + (f".{update}" if update else "")
