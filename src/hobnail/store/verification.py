"""Reading an image's blobs again: are they there, whole, and still what they were when they were imported?"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hobnail.image.model import Image, Module

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModuleOk:
    """A module whose blob has the size and the SHA-256 that it had at import."""

    module: Module


@dataclass(frozen=True, slots=True)
class Problem:
    """A module whose blob has not; `what` says how, `path` is the blob's file."""

    module: Module
    path: Path
    what: str


def verify_image(
    image: Image, blob_path: Callable[[str], Path], progress: Callable[[int], None]
) -> Iterator[ModuleOk | Problem]:
    """Check the kernel and each module in boot order, then the loaders.

    `progress` is told the bytes read since its last call.
    """
    for module in image.files:
        path = blob_path(module.sha256)
        what = _fault(module, path, progress)
        yield ModuleOk(module) if what is None else Problem(module, path, what)


def _fault(module: Module, path: Path, progress: Callable[[int], None]) -> str | None:
    digest = hashlib.sha256()
    try:
        size = path.stat().st_size
        if size != module.size:
            return f"it has {size} bytes, not {module.size}"
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                progress(len(chunk))
    except FileNotFoundError:
        return "it is missing"
    except OSError as error:
        return f"it cannot be read: {error.strerror}"
    found = digest.hexdigest()
    return None if found == module.sha256 else f"its bytes have SHA-256 {found}"
