"""The demo's refusals, all before anything is done. tests/vm runs it to its end."""

from pathlib import Path

import pytest

from hobnail.app.demo import network, prerequisites, run
from hobnail.errors import SystemFailure, UserError


def silent(text: str) -> None:
    raise AssertionError(f"it began: {text}")


def test_a_folder_that_is_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites, "check", lambda: None)
    (tmp_path / "mine").touch()
    for place in (tmp_path, tmp_path / "mine"):
        with pytest.raises(UserError, match="not an empty folder"):
            run.demo(keep=place, report=silent)


def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(prerequisites, "SYSTEM_FOLDERS", str(tmp_path))
    monkeypatch.setattr(network, "TUN", tmp_path / "tun")
    with pytest.raises(SystemFailure) as caught:
        run.demo(keep=None, report=silent)
    text = str(caught.value)
    for name, package in (
        ("qemu-system-x86_64", "qemu-system-x86"),
        ("mkfs.fat", "dosfstools"),
        ("mcopy", "mtools"),
        ("xorriso", "xorriso"),
        ("ip", "iproute2"),
    ):
        assert f"{name} (package {package})" in text
    (line,) = [line for line in text.splitlines() if "sudo apt-get install -y" in line]
    assert line.count("util-linux") == 2, "once by name, once in the line to run"
    assert f"{tmp_path / 'tun'}: it is missing" in text


def test_missing_firmware_and_loaders_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    qemu = tmp_path / prerequisites.QEMU
    qemu.write_text(f"#!/bin/sh\necho {tmp_path}\n")
    qemu.chmod(0o755)
    (tmp_path / "bios-256k.bin").touch()
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("hobnail.system.loaders.PLACES", (tmp_path,))
    missing = prerequisites.lacking()
    assert {"efi-e1000.rom": "ipxe-qemu", "efi-virtio.rom": "ipxe-qemu"}.items() <= missing.items()
    assert {"pxelinux.0": "pxelinux", "mboot.c32": "syslinux-common"}.items() <= missing.items()
    assert "bios-256k.bin" not in missing
