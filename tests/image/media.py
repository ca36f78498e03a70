"""Synthetic media of the generations with a disk image (3.5 to 4.1), with random module bodies."""

import gzip
import random
from collections.abc import Iterable
from pathlib import Path

from hobnail.app.demo.medium import MediumSpec, bank_for, make_disk
from hobnail.app.demo.packing import Names
from hobnail.image.find import find_image
from hobnail.image.found import Found, Source
from hobnail.image.model import Generation
from hobnail.media.open import open_medium

VERSIONS: dict[Generation, tuple[str, str]] = {
    Generation.ESX35: ("3.5.0", "153875"),
    Generation.ESXI40: ("4.0.0", "208167"),
    Generation.ESXI41: ("4.1.0", "260247"),
}
NAMES: dict[Generation, Names] = {
    Generation.ESX35: "plain",
    Generation.ESXI40: "rockridge",
    Generation.ESXI41: "joliet",
}
ORDER = {
    Generation.ESX35: "vmkernel.gz binmod.tgz environ.tgz cim.tgz oem.tgz license.tgz",
    Generation.ESXI40: "vmkboot.gz vmk.gz sys.vgz cim.vgz oem.tgz license.tgz mod.tgz cimstg.tgz",
    Generation.ESXI41: "b.z k.z s.z c.z oem.tgz license.tgz m.z",
}
"""Kernel and modules in the vendor's order."""


def body(name: str, size: int = 70_000) -> bytes:
    """Return a gzip'd body that is always the same for a name and does not compress."""
    return gzip.compress(random.Random(name).randbytes(size), mtime=0)


def bank(generation: Generation) -> dict[str, bytes]:
    """Return the files of a boot bank."""
    version, build = VERSIONS[generation]
    kernel = gzip.compress(b"\x7fELF" + random.Random("kernel").randbytes(20_000), mtime=0)
    return bank_for(generation, kernel, version=version, build=build, filler=body)


def spec(generation: Generation, files: dict[str, bytes] | None = None) -> MediumSpec:
    """Return the shape of a medium with these files in its boot bank."""
    version, build = VERSIONS[generation]
    return MediumSpec(
        generation, version, build, bank(generation) if files is None else files, names=NAMES[generation]
    )


def disk(tmp_path: Path, generation: Generation, files: dict[str, bytes]) -> Path:
    """Write a bare disk image: quick, it is sparse and not compressed."""
    path = tmp_path / "stick.dd"
    make_disk(spec(generation, files), path, tmp_path)
    return path


def find(path: Path) -> Found:
    """Find the image of a medium that stays open until the test process ends."""
    return find_image(open_medium(path))


def names(found: Found) -> list[str]:
    """Return what is loaded, kernel first."""
    return [found.kernel.name, *(module.name for module in found.modules)]


def contents(sources: Iterable[Source]) -> dict[str, bytes]:
    """Read sources in disk order, in pieces, as an import does."""
    read = {}
    for source in sorted(sources, key=lambda source: source.disk_offset):
        reader = source.reader()
        read[source.name] = b"".join(reader.read_at(at, 10_000) for at in range(0, source.size, 10_000))
        assert len(read[source.name]) == source.size
    return read
