"""Stores with images and applied settings, for tests of what each host is served."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hobnail.app.configuration import apply_settings
from hobnail.image.model import Image
from hobnail.store import Store
from tests.images import body, image_40, image_67
from tests.store.samples import medium

OLD, NEW = image_40(), image_67()


def publish(store: Store, image: Image) -> None:
    with store.importing() as running:
        for file in image.files:
            with running.blob() as writer:
                writer.write(body(file.name))
                writer.finish()
        running.publish(image, medium(image.version))


@contextmanager
def store_with(folder: Path, settings: str) -> Iterator[Store]:
    """Give a store with 4.0 and 6.7, 6.7 the default, in which the settings are in force."""
    with Store.open(folder / "store", now=time.time) as store:
        publish(store, OLD)
        publish(store, NEW)
        store.set_default(NEW.id)
        apply(store, folder, settings)
        yield store


def apply(store: Store, folder: Path, settings: str) -> None:
    path = folder / "hobnail.toml"
    path.write_text(settings, encoding="utf-8")
    apply_settings(store, path)
