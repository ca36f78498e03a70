"""UEFI machines boot from `hobnail serve`: OVMF, the stand-in for mboot.efi off the medium, every module."""

from pathlib import Path

import pytest

from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import find_firmware, uefi_machine
from hobnail.boot.plan import plan_for
from hobnail.image.model import Image
from tests.namespaces import Namespace
from tests.tools import need_file, need_tool
from tests.vm.lan import Server, named
from tests.vm.later import assert_has, fill_later_store, power_on

pytestmark = pytest.mark.vm

FULL = ("--dhcp", "full", "--range", "10.77.0.100-10.77.0.150")
Filled = tuple[Path, Image]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    need_tool("gcc", "objcopy", "xorriso")
    need_file("/usr/lib/crt0-efi-x86_64.o", "gnu-efi")
    need_file(str(find_firmware()[0]), "ovmf")
    folder = tmp_path_factory.mktemp("uefi")
    standin = build_standin(folder).read_bytes()
    image = fill_later_store(folder / "8.0", "8.0", {"efi/boot/bootx64.efi": standin})
    return folder / "8.0" / "store", image


def test_by_tftp_to_the_last_byte(filled: Filled, host: Namespace) -> None:
    store, image = filled
    machine = uefi_machine(1, "pxe")
    with Server(host, store, *FULL) as server:
        run = power_on(machine, host)
        events = server.stop()
    assert_has(run, machine, image, store, unpacked=False)
    assert run.loaded[image.kernel.name] == image.kernel.sha256
    (crypto,) = [loader for loader in image.loaders if loader.name == "crypto64.efi"]
    assert run.loaded["crypto64.efi"] == crypto.sha256
    plan = plan_for(image, machine.mac)
    done = [name.rpartition("/")[2] for name in named(events, "file_done")]
    modules = [image.kernel.name, *(module.name for module in plan.modules)]
    assert done[-len(modules) - 1 :] == ["crypto64.efi", *modules]
    assert named(events, "file_failed") == []
    assert not [event for event in events if event["event"] == "file_missing" and not event["expected"]]
