"""Loaders: which there are, which an image's BIOS hosts get, and adding one to the store."""

from collections.abc import Iterator
from pathlib import Path

from hobnail.boot.loaders import FIRST_LOADER, Candidate, Kind, Known, LoaderSet, choose
from hobnail.errors import UserError
from hobnail.image.model import Image
from hobnail.store import Store, StoredLoader
from hobnail.system.loaders import installed, known_file, searched

IN_THE_STORE = "the store"
LARGEST = 64 << 20
"""Bytes of a loader, at most: the largest iPXE is 1 MB."""


def added(store: Store) -> Iterator[Candidate]:
    """Yield the loaders that were added to the store."""
    for loader in store.loaders():
        path = store.blob_path(loader.sha256)
        known = known_file(path, loader.name)
        if known is not None:
            yield Candidate(loader.name, path, loader.size, known, IN_THE_STORE)


def loaders_for(store: Store, image: Image, folder: Path | None) -> LoaderSet:
    """Choose what an image's BIOS hosts get: from `folder` alone when given, else the store, then the machine."""
    own_mboot = bool(image.boot_config)
    if folder is not None:
        return choose(installed(folder), searched(folder), own_mboot=own_mboot)
    return choose([*added(store), *installed()], f"{IN_THE_STORE} or {searched()}", own_mboot=own_mboot)


def add_loader(store: Store, path: Path) -> tuple[StoredLoader, Known]:
    """Keep a loader in the store. UserError when the file is none, or none that hosts could be served."""
    try:
        known = known_file(path)
        if known is None or path.stat().st_size > LARGEST:
            raise UserError(
                "is no boot loader that is known here",
                where=str(path),
                next_step="PXELINUX (pxelinux.0), syslinux modules (.c32) and UEFI programs (.efi) are",
            )
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(path)) from error
    name = FIRST_LOADER if known.kind is Kind.PXELINUX else path.name.lower()
    with store.importing() as importing:
        with importing.blob() as writer:
            writer.write(data)
            blob = writer.finish()
        return importing.keep_loader(name, blob, str(path.resolve())), known
