"""A network with a hobnail server and virtual machines on it, for the tests that boot through real firmware."""

import gzip
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hobnail.app.demo.comparison import compare, expected_of
from hobnail.app.demo.machines import Booted, Machine, NotBooted, boot
from hobnail.app.demo.medium import MediumSpec, bank_for, make_disk
from hobnail.app.import_image import import_medium
from hobnail.boot.plan import plan_for
from hobnail.image.model import Generation, Image
from hobnail.store import Store
from hobnail.system.processes import Process
from tests.namespaces import Namespace

VERSIONS = {
    Generation.ESX35: ("3.5.0", "153875"),
    Generation.ESXI40: ("4.0.0", "208167"),
    Generation.ESXI41: ("4.1.0", "260247"),
}
BOOT_SECONDS = 60.0
LOADERS = ["pxelinux.0", "ldlinux.c32", "mboot.c32", "libcom32.c32"]

Event = dict[str, Any]


def fill_store(folder: Path, generation: Generation, kernel: Path) -> Image:
    """Make a store with an image of the generation, imported from a bare disk image: quicker than from a CD."""
    version, build = VERSIONS[generation]
    packed = gzip.compress(kernel.read_bytes(), mtime=0)
    bank = bank_for(generation, packed, version=version, build=build, filler=_body)
    folder.mkdir()
    make_disk(MediumSpec(generation, version, build, bank), folder / "stick.dd", folder)
    with Store.open(folder / "store", now=time.time) as store:
        image = import_medium(folder / "stick.dd", store, lambda _: None).stored.image
        store.set_default(image.id)
    return image


def _body(name: str) -> bytes:
    """Return a module of an odd size that is the name's own; one of each medium unpacks to a single byte."""
    noise = random.Random(name)
    size = 1 if name == "license.tgz" else noise.randrange(100_001, 900_001, 2)
    return gzip.compress(noise.randbytes(size), 1, mtime=0)


class Server:
    """`hobnail serve` on a test machine's bridge; leaving the `with` block stops it."""

    def __init__(self, machine: Namespace, store: Path, *options: str) -> None:
        command = [sys.executable, "-m", "hobnail", "--store", str(store), "serve", "--interface", "br0"]
        self._process = Process(machine.command(*command, *options, "--log-format", "json"))
        self.events: list[Event] = []

    def __enter__(self) -> "Server":
        for line in self._process.lines(20):
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == "started":
                return self
        self._process.stop()
        raise AssertionError(f"the server did not start: {self.events}")

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> list[Event]:
        """Stop it, and return all that it told."""
        self._process.stop()
        self.events += [json.loads(line) for line in self._process.lines()]
        return self.events


def named(events: Sequence[Event], kind: str) -> list[str]:
    """Return the names of the files that events of this kind are about, in order."""
    return [event["name"] for event in events if event["event"] == kind]


def power_on(machine: Machine, host: Namespace) -> Booted | NotBooted:
    """Run a machine on this test machine's taps until it told what it was handed."""
    return boot(host.command(*machine.command()), BOOT_SECONDS)


def assert_handed_over(result: Booted | NotBooted, machine: Machine, image: Image, store_folder: Path) -> None:
    """Assert that the machine has exactly the image, with its own card in BOOTIF."""
    assert isinstance(result, Booted), result
    with Store.open(store_folder, now=time.time) as store:
        expected = expected_of(
            plan_for(image, machine.mac), lambda module: store.blob_path(module.sha256).read_bytes(), unpacked=True
        )
    rows = compare(expected, machine.mac, result.report)
    assert [row for row in rows if not row.right] == []
    assert len(rows) == 1 + len(image.modules)
    assert result.report.loader.startswith("PXELINUX ")
