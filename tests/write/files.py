"""Images, plans and their bytes for tests of writers: as the store would give them."""

from collections.abc import Callable
from pathlib import Path

from hobnail.boot.additions import Addition
from hobnail.boot.content import BytesContent, Content, FileContent
from hobnail.boot.plan import BootPlan, PlanOptions, plan_for
from hobnail.image.model import Image, Module, Role
from hobnail.write.contents import Contents, SyslinuxFiles, contents_of
from tests.images import body, module

NO_OPTIONS = PlanOptions()
OVERLAY = b"\x1f\x8bthe overlay of the test" * 99


def blobs(folder: Path) -> Callable[[Module], Content]:
    """Return a content that has each module in a file, but for the overlay, which is made."""
    folder.mkdir(exist_ok=True)

    def content(wanted: Module) -> Content:
        if wanted.role is Role.OVERLAY:
            return BytesContent(OVERLAY)
        path = folder / wanted.sha256
        path.write_bytes(body(wanted.name))
        return FileContent(path, wanted.size, immutable=True)

    return content


def with_overlay(image: Image, options: PlanOptions = NO_OPTIONS, mac: str | None = None) -> BootPlan:
    return plan_for(image, mac, options, [Addition(module("hobnail.tgz", Role.OVERLAY))])


def contents(image: Image, folder: Path, syslinux: SyslinuxFiles | None = None) -> Contents:
    return contents_of(with_overlay(image), blobs(folder), syslinux)


def files_of(made: Contents) -> dict[str, bytes]:
    """Return every file's bytes by path."""
    return {
        file.path: file.source if isinstance(file.source, bytes) else file.source.read_bytes() for file in made.files
    }
