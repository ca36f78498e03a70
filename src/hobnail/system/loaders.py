"""Where this machine has its loaders: Debian's pxelinux and syslinux-common, or a folder that the person names."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hobnail.boot.content import FileContent
from hobnail.boot.loaders import HEAD, PACKAGES, LoaderSet, examine

PLACES = (
    Path("/usr/lib/PXELINUX"),  # Debian and Ubuntu, package pxelinux
    Path("/usr/lib/syslinux/modules/bios"),  # Debian and Ubuntu, package syslinux-common
    Path("/usr/lib/syslinux/bios"),  # Arch
    Path("/usr/share/syslinux"),  # Fedora, openSUSE, Alpine
)


@dataclass(frozen=True, slots=True)
class InstalledLoaders:
    """The loaders found, ready to be served, and what is said about them."""

    files: dict[str, FileContent]
    judged: LoaderSet


def find_loaders(folder: Path | None = None) -> InstalledLoaders:
    """Find the loaders in `folder`, and nowhere else when it is given; otherwise in the distributions' places."""
    places: Sequence[Path] = PLACES if folder is None else (folder,)
    paths: dict[str, Path] = {}
    for name in PACKAGES:
        path = next((place / name for place in places if (place / name).is_file()), None)
        if path is not None:
            paths[name] = path.resolve()
    heads = {}
    for name, path in paths.items():
        with path.open("rb") as file:
            heads[name] = file.read(HEAD)
    judged = examine(heads, " or ".join(str(place) for place in places))
    files = {n: FileContent(p, p.stat().st_size) for n, p in paths.items() if n not in judged.lacking}
    return InstalledLoaders(files, judged)
