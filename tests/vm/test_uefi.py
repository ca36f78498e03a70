"""UEFI machines boot from `hobnail serve`: OVMF, the stand-in for mboot.efi off the medium, every module."""

from pathlib import Path

import pytest

from hobnail.app.demo.machines import Booted, Machine
from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import uefi_machine
from hobnail.boot.plan import plan_for
from hobnail.image.model import Image
from tests.namespaces import Namespace
from tests.vm.lan import Event, Server, named
from tests.vm.later import Run, assert_has, fill_later_store, name_of, need_uefi, power_on

pytestmark = pytest.mark.vm

FULL = ("--dhcp", "full", "--range", "10.77.0.100-10.77.0.150")
Filled = tuple[Path, Image]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    need_uefi()
    folder = tmp_path_factory.mktemp("uefi")
    standin = build_standin(folder).read_bytes()
    image = fill_later_store(folder / "8.0", "8.0", {"efi/boot/bootx64.efi": standin})
    return folder / "8.0" / "store", image


def serve(filled: Filled, host: Namespace, machine: Machine) -> tuple[Run, list[Event]]:
    with Server(host, filled[0], *FULL) as server:
        run = power_on(machine, host)
        return run, server.stop()


def assert_whole(run: Run, events: list[Event], machine: Machine, filled: Filled) -> None:
    """Assert that it has its plan's files, and that the server saw all of them leave, in order, without a failure."""
    store, image = filled
    assert_has(run, machine, image, store, unpacked=False)
    assert run.loaded[image.kernel.name] == image.kernel.sha256
    (crypto,) = [loader for loader in image.loaders if loader.name == "crypto64.efi"]
    assert run.loaded["crypto64.efi"] == crypto.sha256
    done = [name_of(name) for name in named(events, "file_done")]
    modules = [image.kernel.name, *(module.name for module in plan_for(image, machine.mac).modules)]
    assert done[-len(modules) - 1 :] == ["crypto64.efi", *modules]
    assert named(events, "file_failed") == []
    assert not [event for event in events if event["event"] == "file_missing" and not event["expected"]]


def test_by_tftp_to_the_last_byte(filled: Filled, host: Namespace) -> None:
    machine = uefi_machine(1, "pxe")
    run, events = serve(filled, host, machine)
    assert_whole(run, events, machine, filled)
    assert isinstance(run.result, Booted)
    assert run.result.report.loader.endswith("TFTP")


def test_by_http_boot_to_the_last_byte(filled: Filled, host: Namespace) -> None:
    machine = uefi_machine(2, "http")
    run, events = serve(filled, host, machine)
    assert_whole(run, events, machine, filled)
    assert isinstance(run.result, Booted)
    assert run.result.report.loader.endswith("HTTP")


def test_through_ipxe_to_the_last_byte(filled: Filled, host: Namespace) -> None:
    """The card's own iPXE, of 2019: the script that asks for the host's, that, then mboot.efi -c URL, all by HTTP."""
    machine = uefi_machine(1, "ipxe")
    run, events = serve(filled, host, machine)
    assert_whole(run, events, machine, filled)
    assert isinstance(run.result, Booted)
    assert run.result.report.loader.endswith("iPXE")
    (identified,) = [event for event in events if event["event"] == "host_identified"]
    assert (identified["mac"], identified["uuid"]) == (machine.mac, machine.uuid)
    assert (identified["manufacturer"], identified["product"][:11]) == ("QEMU", "Standard PC")
