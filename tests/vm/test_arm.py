"""Arm64 machines boot from `hobnail serve`: real firmware by PXE and by HTTP Boot, every module to the last byte."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import make_later_medium, spec_for
from hobnail.app.demo.machines import Booted
from hobnail.app.demo.uefi_machines import Transport
from hobnail.app.import_image import import_medium
from hobnail.image.model import Image
from hobnail.store import Store
from tests.namespaces import Namespace
from tests.vm.arm.machine import ArmMachine, build_arm_standin, need_arm
from tests.vm.lan import Server, named
from tests.vm.later import assert_has, need_uefi, power_on

pytestmark = pytest.mark.vm

FULL = ("--dhcp", "full", "--range", "10.77.0.100-10.77.0.150")
Filled = tuple[Path, Image]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A store with 8.0 for Arm64, whose mboot.efi is the stand-in."""
    need_uefi()
    need_arm()
    folder = tmp_path_factory.mktemp("arm")
    loader = {"efi/boot/bootaa64.efi": build_arm_standin(folder)}
    spec = replace(spec_for("8.0"), architecture="aarch64", extra=loader, names="plain")
    make_later_medium(spec, folder / "installer.iso", folder)
    with Store.open(folder / "store", now=time.time) as store:
        image = import_medium(folder / "installer.iso", store, lambda _: None).stored.image
        store.set_default(image.id)
    assert image.architecture == "arm64"
    return folder / "store", image


@pytest.mark.parametrize(("transport", "title"), [("pxe", "TFTP"), ("http", "HTTP")])
def test_to_the_last_byte(transport: Transport, title: str, filled: Filled, host: Namespace) -> None:
    machine = ArmMachine(1, "q35", "virtio-net-pci", transport)
    with Server(host, filled[0], *FULL) as server:
        run = power_on(machine, host)
        events = server.stop()
    assert_has(run, machine, filled[1], filled[0], unpacked=False)
    assert isinstance(run.result, Booted)
    assert run.result.report.loader.endswith(title)
    assert named(events, "file_failed") == []
    assert any("Arm64" in event["client"] for event in events if event["event"] == "dhcp")
