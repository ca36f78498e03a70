"""Images of made-up media with their bytes in memory, and ISOs of them, for the tests of `write iso`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hobnail.boot.additions import Addition
from hobnail.boot.content import BytesContent, Content
from hobnail.boot.plan import BootPlan, PlanOptions, plan_for
from hobnail.image.found import Found, Source
from hobnail.image.model import Image, Module, Role
from hobnail.write.disk import write_image
from hobnail.write.iso import Disc, iso_layout
from hobnail.write.iso_bios import BiosFiles
from hobnail.write.iso_contents import Extras, disc_for, for_cd
from tests.image.later import files_of, found_in

OVERLAY = b"\x1f\x8bthe overlay of the test" * 99
NO_OPTIONS = PlanOptions()
NO_BIOS = BiosFiles({}, "not in this test")
HYBRID_ISOLINUX = bytes(64) + bytes.fromhex("fbc07870") + b"\r\nISOLINUX 3.86 " + bytes(4096)
"""Begins as an isolinux.bin that a disk can start; nothing could run it."""


@dataclass(frozen=True)
class Made:
    """An image and the bytes of all its files, by SHA-256."""

    image: Image
    data: Mapping[str, bytes]

    def content(self, module: Module) -> Content:
        return BytesContent(OVERLAY if module.role is Role.OVERLAY else self.data[module.sha256])

    def bytes_of(self, module: Module) -> bytes:
        found = self.content(module)
        assert isinstance(found, BytesContent)
        return found.data

    def plan(self, options: PlanOptions = NO_OPTIONS) -> BootPlan:
        """Return a host's plan with an overlay, as a CD has it."""
        overlay = Module("hobnail.tgz", Role.OVERLAY, len(OVERLAY), hashlib.sha256(OVERLAY).hexdigest(), "the test")
        return for_cd(plan_for(self.image, "52:54:00:4c:00:01", options, [Addition(overlay)]))

    def disc(self, bios: BiosFiles = NO_BIOS, options: PlanOptions = NO_OPTIONS) -> Disc:
        return disc_for(self.plan(options), self.content, Extras(bios))


def made_of(release: str, extra: Mapping[str, bytes] = {}, without: frozenset[str] = frozenset()) -> Made:
    """Return the image of a release's medium, with other files in it."""
    files = {path: data for path, data in files_of(release).items() if path not in without}
    return made_from(found_in(files | dict(extra)))


def made_from(found: Found) -> Made:
    """Return the image that was found in a medium."""
    data: dict[str, bytes] = {}

    def module(source: Source) -> Module:
        content = source.reader().read_at(0, source.size)
        digest = hashlib.sha256(content).hexdigest()
        data[digest] = content
        return Module(source.name, source.role, len(content), digest, source.origin, source.options)

    image = Image(
        product=found.product,
        version=found.version,
        build=found.build,
        generation=found.generation,
        architecture=found.architecture,
        kernel=module(found.kernel),
        kernel_options=found.kernel_options,
        modules=tuple(map(module, found.modules)),
        left_out=(),
        boot_config=found.boot_config,
        loaders=tuple(map(module, found.loaders)),
    )
    return Made(image, data)


def written(disc: Disc, path: Path) -> Path:
    """Write the ISO."""
    write_image(iso_layout(disc), path, format="raw")
    return path
