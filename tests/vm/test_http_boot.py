"""UEFI HTTP Boot the other ways: by HTTPS with an authority enrolled in the firmware; a whole ISO as a RAM disk."""

import shutil
import struct
import subprocess
import uuid
from pathlib import Path

import pytest

from hobnail.app.demo.machines import NotBooted
from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import uefi_machine
from hobnail.image.model import Image
from tests.authority import Authority, write_pair
from tests.namespaces import Namespace
from tests.vm.lan import Server, named
from tests.vm.later import assert_has, fill_later_store, name_of, need_uefi, power_on

pytestmark = pytest.mark.vm

FULL = ("--dhcp", "full", "--range", "10.77.0.100-10.77.0.150")
X509 = uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072")
"""EFI_CERT_X509_GUID (UEFI 2.10, 32.4.1)."""
CA = Authority()


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_uefi()
    return build_standin(tmp_path_factory.mktemp("standin"))


@pytest.fixture(scope="module")
def filled(standin: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Image]:
    folder = tmp_path_factory.mktemp("http-boot")
    image = fill_later_store(folder / "8.0", "8.0", {"efi/boot/bootx64.efi": standin.read_bytes()})
    return folder / "8.0" / "store", image


def enrolled(folder: Path, authority: Authority) -> tuple[str, str]:
    """Return QEMU's words for an authority that OVMF is to trust (EDK2, OvmfPkg/Library/TlsAuthConfigLib)."""
    der = authority.der
    signature = uuid.UUID(int=1).bytes_le + der
    head = struct.pack("<16sIII", X509.bytes_le, 28 + len(signature), 0, len(signature))
    database = folder / "cacerts"
    database.write_bytes(head + signature)
    return "-fw_cfg", f"name=etc/edk2/https/cacerts,file={database}"


def secured(folder: Path) -> tuple[str, ...]:
    certificate, key = write_pair(folder / "certificate", CA.sign("10.77.0.1"))
    return *FULL, "--https-certificate", str(certificate), "--https-key", str(key)


def test_by_https_to_the_last_byte(filled: tuple[Path, Image], host: Namespace, tmp_path: Path) -> None:
    machine = uefi_machine(2, "http")
    store, image = filled
    with Server(host, store, *secured(tmp_path)) as server:
        run = power_on(machine, host, *enrolled(tmp_path, CA))
        events = server.stop()
    assert_has(run, machine, image, store, unpacked=False)
    assert any("https://10.77.0.1/" in line for line in run.console), run.console
    assert named(events, "file_failed") == []
    assert not [event for event in events if event["event"] == "file_missing" and not event["expected"]]


def test_firmware_without_the_authority_boots_nothing(
    filled: tuple[Path, Image], host: Namespace, tmp_path: Path
) -> None:
    with Server(host, filled[0], *secured(tmp_path)) as server:
        run = power_on(uefi_machine(2, "http"), host, *enrolled(tmp_path, Authority("Another CA")))
        events = server.stop()
    assert isinstance(run.result, NotBooted)
    assert named(events, "file_started") == []
    assert named(events, "file_sized") == []


def make_iso(folder: Path, program: Path) -> Path:
    """Make an ISO whose El Torito entry for UEFI holds a program."""
    tree, image = folder / "tree", folder / "tree" / "efiboot.img"
    tree.mkdir()
    image.write_bytes(bytes(1440 << 10))
    subprocess.run(["mkfs.fat", image], check=True, capture_output=True)
    loader = folder / "BOOTX64.EFI"
    shutil.copy(program, loader)
    subprocess.run(["mmd", "-i", image, "::/EFI", "::/EFI/BOOT"], check=True)
    subprocess.run(["mcopy", "-i", image, loader, "::/EFI/BOOT/"], check=True)
    iso = folder / "medium.iso"
    entry = ["-e", "efiboot.img", "-no-emul-boot"]
    subprocess.run(["xorriso", "-as", "mkisofs", "-quiet", *entry, "-o", iso, tree], check=True, capture_output=True)
    return iso


def test_a_whole_iso_starts_from_the_firmwares_ram_disk(
    filled: tuple[Path, Image], standin: Path, host: Namespace, tmp_path: Path
) -> None:
    """The ISO's program runs; its RAM disk's device path begins with the URL, so the server is asked first."""
    iso = make_iso(tmp_path, standin)
    with Server(host, filled[0], *FULL, "--http-boot-iso", str(iso)) as server:
        run = power_on(uefi_machine(2, "http"), host)
        events = server.stop()
    assert any("/iso/installer.iso" in line for line in run.console), run.console
    assert "HOBNAIL-PROBE 1" in run.console
    assert isinstance(run.result, NotBooted)
    assert run.result.reason.startswith("the probe says: not served: http://10.77.0.1/iso/boot.cfg")
    (done,) = [event for event in events if event["event"] == "file_done"]
    assert (name_of(done["name"]), done["size"]) == ("installer.iso", iso.stat().st_size)
    assert named(events, "file_failed") == []
    assert not [event for event in events if event["event"] == "file_missing" and not event["expected"]]
