from pathlib import Path

import pytest

from hobnail.store import ModuleOk, Problem, Store
from tests.store.samples import publish, ticking


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path, now=ticking)


def test_a_healthy_image(store: Store) -> None:
    image = publish(store, "1", b"kernel", b"vmk" * 1_000_000).stored.image
    read: list[int] = []
    assert list(store.verify(image, read.append)) == [ModuleOk(image.kernel), ModuleOk(image.modules[0])]
    assert sum(read) == image.kernel.size + image.modules[0].size
    assert len(read) > 2, "a large module is reported on the way"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "it is missing"),
        (b"vm", "it has 2 bytes, not 3"),
        (b"vmkernel", "it has 8 bytes, not 3"),
        (b"vml", "its bytes have SHA-256 "),
    ],
)
def test_a_damaged_module(store: Store, content: bytes | None, what: str) -> None:
    image = publish(store, "1", b"kernel", b"vmk", b"sys").stored.image
    path = store.blob_path(image.modules[0].sha256)
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    first, second, third = store.verify(image)
    assert first == ModuleOk(image.kernel)
    assert isinstance(second, Problem)
    assert (second.module, second.path) == (image.modules[0], path)
    assert second.what.startswith(what)
    assert third == ModuleOk(image.modules[1])


def test_a_module_that_cannot_be_read(store: Store) -> None:
    image = publish(store, "1", b"kernel").stored.image
    path = store.blob_path(image.kernel.sha256)
    path.unlink()
    path.symlink_to(path.name)
    (problem,) = store.verify(image)
    assert isinstance(problem, Problem)
    assert problem.what == "it cannot be read: Too many levels of symbolic links"
