"""Looking into one file of an image: what it is, and what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hobnail.errors import UserError
from hobnail.formats.module_content import ModuleContent, describe_module
from hobnail.formats.reader import SliceReader
from hobnail.image.model import Image, Module
from hobnail.media.file import FileReader
from hobnail.store import Store, StoredImage


@dataclass(frozen=True, slots=True)
class ModuleLook:
    """A file of an image and its content, which can be read inside of `look_into`."""

    module: Module
    content: ModuleContent


@contextmanager
def look_into(store: Store, stored: StoredImage, name: str) -> Iterator[ModuleLook]:
    """Describe the file called so. UserError when the image has none, MediumError when the file is damaged."""
    module = _named(stored.image, name)
    with FileReader(store.blob_path(module.sha256)) as file:
        yield ModuleLook(module, describe_module(SliceReader(module.name, file, 0, module.size)))


def _named(image: Image, name: str) -> Module:
    """Return the file with this name, in the case in which it is written before others."""
    for fits in (name.__eq__, lambda other: other.lower() == name.lower()):
        for module in image.files:
            if fits(module.name):
                return module
    next_step = f"`hobnail image show {image.short_id}` lists them"
    raise UserError(f"image {image.short_id} has no module {name}", next_step=next_step)
