"""Import: a medium becomes an image in the store, in one pass over what is in it, hashed as a whole meanwhile."""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader
from hobnail.image.find import find_image
from hobnail.image.found import Found
from hobnail.image.model import Image, Module
from hobnail.media.open import Opened, open_medium
from hobnail.store import Import, Medium, Store, StoredImage

_CHUNK = 64 << 10
"""Bytes read at once. From 128 KiB on malloc takes fresh pages for each read (M_MMAP_THRESHOLD), which the kernel has
to clear: that took longer than hashing."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far an import is: `done` of `total` bytes of its phase; `name` is the file at hand."""

    phase: Literal["reading", "copying"]
    name: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import. `new` is False when the store had the image already."""

    stored: StoredImage
    new: bool
    same_medium: bool  # this very medium was imported before: nothing was done
    warnings: tuple[str, ...]


Report = Callable[[Step], None]


def import_medium(path: Path, store: Store, report: Report) -> Imported:
    """Import a medium: an ISO, a disk image (also bzip2'd or gzip'd), an installer's .tgz, or an unpacked directory.

    MediumError when the medium is damaged or foreign, SystemFailure when the store cannot take it; either leaves
    nothing in the store.
    """
    with open_medium(path) as opened, closing(find_image(opened, opened.firmware)) as found:  # foreign: not hashed
        if _may_be_known(opened, store):
            medium = _identify(path, opened, report)
            known = store.find_medium(medium.sha256)
            if known is not None:
                return Imported(known, new=False, same_medium=True, warnings=())
            return _import(found, store, report, lambda: medium)
        with _beside(lambda go_on: _identify(path, opened, go_on)) as identity:
            return _import(found, store, report, identity.result)


def _may_be_known(opened: Opened, store: Store) -> bool:
    """Whether a medium of this size was imported before: then it is hashed first, else while it is copied."""
    return any(medium.size == opened.size for stored in store.images() for medium in stored.media)


def _import(found: Found, store: Store, report: Report, identity: Callable[[], Medium]) -> Imported:
    with store.importing() as importing:
        modules = _copy(found, importing, report)
        published = importing.publish(_image(found, modules), identity())
        return Imported(published.stored, published.new, same_medium=False, warnings=found.warnings)


@contextmanager
def _beside(work: Callable[[Report], Medium]) -> Iterator[Future[Medium]]:
    """Do the work in a thread (hashing lets others run); when this is left with it unfinished, it is given up."""
    given_up = Event()

    def go_on(_: Step) -> None:
        if given_up.is_set():
            raise CancelledError

    with ThreadPoolExecutor(1, thread_name_prefix="hash") as pool:
        try:
            yield pool.submit(work, go_on)
        finally:
            given_up.set()


def _identify(path: Path, opened: Opened, report: Report) -> Medium:
    """Hash the medium, so that it is known when it comes again. A directory is hashed file by file."""
    done = 0
    sums: list[tuple[str, str]] = []
    for name, reader in opened.parts():
        digest = hashlib.sha256()
        for chunk in _chunks(reader, reader.size or 0):
            digest.update(chunk)
            done += len(chunk)
            report(Step("reading", name or path.name, done, opened.size))
        sums.append((name, digest.hexdigest()))
    if [name for name, _ in sums] == [""]:
        fingerprint = sums[0][1]
    else:
        listing = "".join(f"{name}\0{digest}\n" for name, digest in sums)
        fingerprint = hashlib.sha256(listing.encode("utf-8", "surrogateescape")).hexdigest()
    return Medium(_printable(path.resolve().name), opened.kind, opened.size, fingerprint)


def _copy(found: Found, importing: Import, report: Report) -> list[Module]:
    """Copy every source into the store, in disk order: a bzip2 stream below is then decoded once, forwards.

    Returns the modules in the order of the sources.
    """
    sources = found.sources
    total = sum(source.size for source in sources)
    done = 0
    modules: dict[int, Module] = {}
    for number, source in sorted(enumerate(sources), key=lambda each: each[1].disk_offset):
        with importing.blob() as writer:
            for chunk in _chunks(source.reader(), source.size):
                writer.write(chunk)
                done += len(chunk)
                report(Step("copying", source.name, done, total))
            blob = writer.finish()
        modules[number] = Module(source.name, source.role, blob.size, blob.sha256, source.origin, source.options)
    return [modules[number] for number in range(len(sources))]


def _image(found: Found, modules: list[Module]) -> Image:
    """Put the image together; `modules` are its files: kernel, modules, loaders."""
    kernel, *rest = modules
    count = len(found.modules)
    return Image(
        product=found.product,
        version=found.version,
        build=found.build,
        generation=found.generation,
        architecture=found.architecture,
        kernel=kernel,
        kernel_options=found.kernel_options,
        modules=tuple(rest[:count]),
        left_out=found.left_out,
        boot_config=found.boot_config,
        loaders=tuple(rest[count:]),
    )


def _chunks(reader: Reader, size: int) -> Iterator[bytes]:
    """Yield `size` bytes from the start; MediumError where they end too early."""
    done = 0
    while done < size:
        chunk = reader.read_at(done, min(_CHUNK, size - done))
        if not chunk:
            raise MediumError(
                f"ends after {done} of {size} bytes",
                where=reader.name,
                offset=done,
                next_step="the medium is truncated: fetch it again",
            )
        yield chunk
        done += len(chunk)


def _printable(name: str) -> str:
    """Return a file's name as text that can be stored: bytes that are no UTF-8 become `\\xff`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
