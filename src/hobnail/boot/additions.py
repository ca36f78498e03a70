"""What a host loads besides its image: modules of a person's own, and the overlay, which is always last."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from hobnail.errors import UserError
from hobnail.image.model import Image, Module, Role


@dataclass(frozen=True, slots=True)
class Addition:
    """A module that is not the image's. `before` or `after` name one that is; neither: after all of them."""

    module: Module
    before: str = ""
    after: str = ""


def add(image: Image, kept: Sequence[Module], additions: Iterable[Addition]) -> tuple[Module, ...]:
    """Return the modules with the additions in place: the vendor's order is kept, overlays stand last.

    UserError when an addition is to stand beside a module that is not loaded, or has the name of one that is: a
    kernel knows modules by their name (facts 4.4), so the one or the other would be lost.
    """
    modules = list(kept)
    last: list[Module] = []
    for addition in additions:
        module, beside = addition.module, addition.before or addition.after
        name = PurePosixPath(module.name).name
        taken = {PurePosixPath(one.name).name.lower() for one in (image.kernel, *modules, *last)}
        if name.lower() in taken:
            raise UserError(f"there is a module {name} already", where=image.title, next_step="give it another name")
        if not beside:
            (last if module.role is Role.OVERLAY else modules).append(module)
            continue
        names = [one.name for one in modules]
        if beside not in names:
            raise UserError(
                f"module {name} is to stand beside {beside}, which is not loaded",
                where=image.title,
                next_step=f"`hobnail image show {image.short_id}` lists the modules",
            )
        modules.insert(names.index(beside) + bool(addition.after), module)
    return (*modules, *last)
