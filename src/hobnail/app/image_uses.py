"""Which settings name an image: what would be left without it."""

from collections.abc import Mapping

from hobnail.app.configuration import find_image
from hobnail.image.model import Image
from hobnail.store import Store

_SECTIONS = {"profiles": "profile", "hosts": "host"}


def uses_of(store: Store, image: Image) -> list[str]:
    """Return who names the image in the settings in force: "the defaults", "profile lab", "host esx1" … in order.

    Read from the tables as they were applied: ten thousand hosts need not be resolved for it.
    """
    applied = store.configurations.load()
    tables = applied.tables if applied is not None else {}
    known: dict[object, bool] = {}

    def names(table: object) -> bool:
        reference = table.get("image") if isinstance(table, Mapping) else None
        if reference not in known:
            found = find_image(store, reference) if isinstance(reference, str) and reference else None
            known[reference] = found is not None and found.id == image.id
        return known[reference]

    found = ["the defaults"] if names(tables.get("defaults")) else []
    for section, word in _SECTIONS.items():
        entries = tables.get(section)
        if isinstance(entries, Mapping):
            found += [f"{word} {name}" for name in sorted(entries) if names(entries[name])]
    return found
