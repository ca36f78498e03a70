"""The probe, a store for each generation, and a network: made once for all boots."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hobnail.app.demo.machines import fleet
from hobnail.app.demo.prerequisites import lacking
from hobnail.app.demo.probe import build_probe
from hobnail.app.demo.router import Router
from hobnail.image.model import Generation, Image
from tests.namespaces import Namespace, Namespaces
from tests.tools import need_root, need_tool
from tests.vm.lan import fill_store

TWO = fleet(2)
StoreOf = Callable[[Generation], tuple[Path, Image]]


@pytest.fixture(scope="session", autouse=True)
def _prerequisites() -> None:
    need_root()
    need_tool("qemu-system-x86_64", "gcc", "mkfs.fat", "mcopy", "ip", "dnsmasq")
    need_tool(*lacking())  # firmware and loaders too


@pytest.fixture(scope="session")
def store_of(tmp_path_factory: pytest.TempPathFactory, _prerequisites: None) -> StoreOf:
    """Return a store of a generation and its only image."""
    folder = tmp_path_factory.mktemp("stores")
    kernel = build_probe(folder)
    made: dict[Generation, tuple[Path, Image]] = {}

    def make(generation: Generation) -> tuple[Path, Image]:
        if generation not in made:
            place = folder / generation.name
            image = fill_store(place, generation, kernel)
            made[generation] = place / "store", image
        return made[generation]

    return make


@pytest.fixture
def lan() -> Iterator[Namespaces]:
    with Namespaces() as namespaces:
        yield namespaces


@pytest.fixture
def host(lan: Namespaces) -> Iterator[Namespace]:
    """Return a test machine with the bridge br0, 10.77.0.1 on it, and taps for two virtual machines."""
    machine = lan.add("server")
    machine.add_bridge("br0")
    for virtual in TWO:
        machine.add_tap(virtual.tap, "br0")
    machine.set_address("br0", "10.77.0.1/24")
    machine.ip("address", "add", "fe80::1/64", "dev", "br0", "nodad")
    with machine.entered():
        router = Router("br0")
    with router:
        yield machine
