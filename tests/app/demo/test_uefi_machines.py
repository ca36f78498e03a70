"""UEFI machines: their commands; tests/vm boots them."""

from pathlib import Path

import pytest

from hobnail.app.demo import uefi_machines
from hobnail.app.demo.uefi_machines import SWITCHES, Transport, find_firmware, uefi_machine
from hobnail.errors import SystemFailure


@pytest.fixture
def firmware(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[Path, Path]:
    code, variables = tmp_path / "code", tmp_path / "variables"
    code.write_bytes(b"")
    variables.write_bytes(b"")
    absent = tmp_path / "absent"
    monkeypatch.setattr(uefi_machines, "FIRMWARE", ((absent, variables), (code, absent), (code, variables)))
    return code, variables


@pytest.mark.parametrize("transport", SWITCHES)
def test_the_command(transport: Transport, firmware: tuple[Path, Path]) -> None:
    command = " ".join(uefi_machine(3, transport).command())
    assert "-machine q35,graphics=off -accel tcg" in command
    assert f"unit=0,readonly=on,file={firmware[0]}" in command
    assert f"unit=1,snapshot=on,file={firmware[1]}" in command, "what the firmware stores is thrown away"
    assert ("IPv4PXESupport,string=n" in command) == (transport == "http")
    assert "IPv6PXESupport,string=n" in command
    assert ("virtio-net-pci.romfile=" in command) == (transport != "ipxe")
    assert "mac=52:54:00:4c:00:03" in command
    assert transport in uefi_machine(3, transport).title


def test_missing_firmware_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uefi_machines, "FIRMWARE", ())
    with pytest.raises(SystemFailure, match=r"no UEFI firmware.*apt-get install ovmf"):
        find_firmware()
