"""Images as they stand in the store: values, and the rows that hold them."""

from dataclasses import dataclass

import sqlalchemy as sa

from hobnail.errors import SystemFailure
from hobnail.image.model import Generation, Image, LeftOut, Module, Role
from hobnail.store import tables


@dataclass(frozen=True, slots=True)
class Medium:
    """What an image was imported from: the file's `name` and `kind` for people, its fingerprint to know it again."""

    name: str
    kind: str
    size: int  # bytes
    sha256: str  # 64 hex digits


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image, the media it came from (oldest import first), and when it was first published (seconds, epoch)."""

    image: Image
    media: tuple[Medium, ...]
    created: float


@dataclass(frozen=True, slots=True)
class Published:
    """What `publish` did: `new` is False when the store had this image already and only learnt a medium."""

    stored: StoredImage
    new: bool


def insert_image(connection: sa.Connection, image: Image, now: float) -> None:
    """Write the rows of an image that is not there yet."""
    identity = image.id
    connection.execute(
        sa.insert(tables.image).values(
            id=identity,
            product=image.product,
            version=image.version,
            build=image.build,
            generation=image.generation.value,
            architecture=image.architecture,
            kernel_options=image.kernel_options,
            boot_config=image.boot_config,
            created=now,
        )
    )
    connection.execute(
        sa.insert(tables.module),
        [
            {
                "image": identity,
                "position": position,
                "name": module.name,
                "role": module.role.value,
                "size": module.size,
                "sha256": module.sha256,
                "origin": module.origin,
                "options": module.options,
            }
            for position, module in enumerate(image.files)
        ],
    )
    left_out = [
        {"image": identity, "position": position, "name": item.name, "reason": item.reason, "source": item.source}
        for position, item in enumerate(image.left_out)
    ]
    if left_out:
        connection.execute(sa.insert(tables.left_out), left_out)


def insert_medium(connection: sa.Connection, medium: Medium, image_id: str, now: float) -> None:
    """Note that this medium holds that image; what was noted of it before is replaced."""
    connection.execute(sa.delete(tables.medium).where(tables.medium.c.sha256 == medium.sha256))
    connection.execute(
        sa.insert(tables.medium).values(
            sha256=medium.sha256, image=image_id, name=medium.name, kind=medium.kind, size=medium.size, imported=now
        )
    )


def load_image(connection: sa.Connection, image_id: str) -> StoredImage | None:
    """Read one image; SystemFailure when its rows do not make the image that they are filed under."""
    row = connection.execute(sa.select(tables.image).where(tables.image.c.id == image_id)).one_or_none()
    if row is None:
        return None
    try:
        kernel, *rest = _modules(connection, image_id)
        image = Image(
            product=row.product,
            version=row.version,
            build=row.build,
            generation=Generation(row.generation),
            architecture=row.architecture,
            kernel=kernel,
            kernel_options=row.kernel_options,
            modules=tuple(module for module in rest if module.role is not Role.LOADER),
            left_out=_left_out(connection, image_id),
            boot_config=row.boot_config,
            loaders=tuple(module for module in rest if module.role is Role.LOADER),
        )
    except ValueError as error:
        raise _damaged(image_id, str(error)) from error
    if image.id != image_id:
        raise _damaged(image_id, f"they make image {image.short_id}")
    return StoredImage(image, _media(connection, image_id), row.created)


def _damaged(image_id: str, why: str) -> SystemFailure:
    short = image_id[:12]
    return SystemFailure(
        f"the rows of image {short} in the store's database were changed or lost: {why}",
        next_step=f"`hobnail image remove {short}` and import its medium again",
    )


def _modules(connection: sa.Connection, image_id: str) -> list[Module]:
    table = tables.module
    rows = connection.execute(sa.select(table).where(table.c.image == image_id).order_by(table.c.position))
    return [Module(row.name, Role(row.role), row.size, row.sha256, row.origin, row.options) for row in rows]


def _left_out(connection: sa.Connection, image_id: str) -> tuple[LeftOut, ...]:
    table = tables.left_out
    rows = connection.execute(sa.select(table).where(table.c.image == image_id).order_by(table.c.position))
    return tuple(LeftOut(row.name, row.reason, row.source) for row in rows)


def _media(connection: sa.Connection, image_id: str) -> tuple[Medium, ...]:
    table = tables.medium
    query = sa.select(table).where(table.c.image == image_id).order_by(table.c.imported, table.c.sha256)
    return tuple(Medium(row.name, row.kind, row.size, row.sha256) for row in connection.execute(query))
