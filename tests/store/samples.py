"""Small images for the tests of the store, and a look at what stands in its folder."""

import itertools
from pathlib import Path

from hobnail.image.model import Generation, Image, LeftOut, Module, Role
from hobnail.store import Import, Medium, Published, Store


def ticking() -> float:
    """A clock that goes on by a second at each look."""
    return next(_TICKS)


_TICKS = map(float, itertools.count(1_000_000))


def fingerprint(name: str) -> str:
    return name.encode().hex().ljust(64, "0")[:64]


def medium(name: str) -> Medium:
    return Medium(name=name, kind="iso", size=1234, sha256=fingerprint(name))


def stage(running: Import, build: str, contents: list[bytes], origin: str = "image.iso!image.tgz") -> Image:
    """Write the contents as blobs; the image of them, the first as its kernel."""
    modules = []
    for position, content in enumerate(contents):
        with running.blob() as writer:
            writer.write(content[: len(content) // 2])
            writer.write(content[len(content) // 2 :])
            blob = writer.finish()
        role = Role.SYSTEM if position else Role.KERNEL
        modules.append(Module(f"m{position}.tgz", role, blob.size, blob.sha256, origin))
    return Image(
        product="VMware ESXi",
        version="4.0.0",
        build=build,
        generation=Generation.ESXI40,
        architecture="x86_64",
        kernel=modules[0],
        kernel_options="debugLogToSerial=1",
        modules=tuple(modules[1:]),
        left_out=(LeftOut("z.tgz", "only the installer needs it", "a note"), LeftOut("a.tgz", "a twin", "another")),
    )


def publish(store: Store, build: str, *contents: bytes, name: str | None = None) -> Published:
    with store.importing() as running:
        return running.publish(stage(running, build, list(contents)), medium(name or f"{build}.iso"))


def listing(root: Path) -> list[str]:
    """Everything in the store's folder but the database, whose side files come and go."""
    paths = (str(path.relative_to(root)) for path in root.rglob("*"))
    return sorted(path for path in paths if not path.startswith("hobnail.db"))
