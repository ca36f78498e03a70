"""Media of 5.0 and later as trees in memory: the media maker's files, changed by a test."""

from collections.abc import Mapping
from functools import cache

from hobnail.app.demo.later_medium import LaterSpec, later_files, spec_for
from hobnail.formats.el_torito import Firmware
from hobnail.formats.reader import BytesReader
from hobnail.image.find import find_image
from hobnail.image.found import Found
from hobnail.media.tree import Entry, ListedTree

BOTH = frozenset(Firmware)


def tree_of(files: Mapping[str, bytes]) -> ListedTree:
    """Return a tree of these files."""
    return ListedTree("medium", [_entry(path, data) for path, data in files.items()])


def _entry(path: str, data: bytes) -> Entry:
    return Entry(path, len(data), path, lambda: BytesReader(f"medium!{path}", data))


def files_of(release: str = "7.0") -> dict[str, bytes]:
    """Return the files of a release's medium."""
    return dict(_made(release))


@cache
def _made(release: str) -> Mapping[str, bytes]:
    return later_files(spec_for(release))


def found_in(files: Mapping[str, bytes] | LaterSpec, firmware: frozenset[Firmware] | None = BOTH) -> Found:
    """Find the image in files."""
    return find_image(tree_of(later_files(files) if isinstance(files, LaterSpec) else files), firmware)


def config(**values: str) -> bytes:
    """Return a boot.cfg with these keys; by default it lists three modules."""
    lines = {"kernel": "/b.b00", "kernelopt": "runweasel", "modules": "/k.b00 --- /s.v00 --- /tools.t00"} | values
    return "".join(f"{key}={value}\n" for key, value in lines.items()).encode("latin-1")


def small(config_text: bytes = config(), extra: Mapping[str, bytes] = {}) -> dict[str, bytes]:
    """Return a medium of 7.0 with three modules."""
    wanted = {"b.b00", "k.b00", "s.v00", "tools.t00", ".discinfo", "mboot.c32", "efi/boot/bootx64.efi"}
    files = {path: data for path, data in files_of().items() if path in wanted}
    return files | {"boot.cfg": config_text} | dict(extra)
