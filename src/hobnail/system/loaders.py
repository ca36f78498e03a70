"""Where this machine has its loaders: the distribution's packages, or a folder that the person names."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hobnail.boot.loaders import HEAD, Candidate, Known, recognise
from hobnail.errors import SystemFailure, UserError

PLACES = (
    Path("/usr/lib/PXELINUX"),  # Debian and Ubuntu, package pxelinux
    Path("/usr/lib/syslinux/modules/bios"),  # Debian and Ubuntu, package syslinux-common
    Path("/usr/lib/syslinux/bios"),  # Arch
    Path("/usr/share/syslinux"),  # Fedora, openSUSE, Alpine
)
MOST_FILES = 20_000
"""Files that a search looks into before it gives up: somebody named `/`."""


def installed(folder: Path | None = None) -> Iterator[Candidate]:
    """Yield the loaders in `folder`, and nowhere else when it is given; otherwise those of the distribution."""
    for place in PLACES if folder is None else (folder,):
        if place.is_dir():
            yield from candidates(sorted(place.iterdir()), str(place))


def searched(folder: Path | None = None) -> str:
    """Return the places of `installed` in words."""
    return " or ".join(str(place) for place in (PLACES if folder is None else (folder,)))


def candidates(paths: Iterable[Path], place: str) -> Iterator[Candidate]:
    """Yield those files that are loaders, by content. Files that cannot be read are passed over."""
    for path in paths:
        try:
            known = known_file(path)
            if known is not None:
                yield Candidate(path.name, path.resolve(), path.stat().st_size, known, place)
        except OSError:
            continue


def known_file(path: Path, name: str | None = None) -> Known | None:
    """Tell a loader by content; None when it is none. OSError passes."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return recognise(name or path.name, file.read(HEAD))


def search(folders: Sequence[Path]) -> Iterator[Candidate]:
    """Yield every loader below the folders, links not followed. UserError when one is none or holds too much."""
    seen = 0
    for folder in folders:
        if not folder.is_dir():
            raise UserError("is not a folder", where=str(folder))
        try:
            for path in sorted(folder.rglob("*")):
                seen += 1
                if seen > MOST_FILES:
                    raise UserError(
                        f"holds more than {MOST_FILES} files", where=str(folder), next_step="name a smaller folder"
                    )
                if not path.is_symlink():
                    yield from candidates([path], str(path.parent))
        except OSError as error:
            raise SystemFailure(f"cannot be read: {error.strerror}", where=str(folder)) from error
