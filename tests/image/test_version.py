"""Version and build from the names and texts of a medium, in the order of trust."""

import bz2
import io
import tarfile
from pathlib import Path

import pytest

from hobnail.image.model import Generation
from tests.image.media import bank, disk, find
from tests.media.builders import unpack_to

ESX35, ESXI40 = Generation.ESX35, Generation.ESXI40


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[Generation, bytes]:
    """Return compressed disk images without a boot.cfg, up to where the bank's files end."""
    found = {}
    for generation in (ESX35, ESXI40):
        files = bank(generation)
        files.pop("boot.cfg", None)
        with disk(tmp_path_factory.mktemp("disk"), generation, files).open("rb") as file:
            found[generation] = bz2.compress(file.read(8 << 20), 1)
    return found


def archive(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        info = tarfile.TarInfo(f"usr/lib/vmware/installer/{name}")
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(
    ("generation", "name", "readme", "version", "build"),
    [
        (ESXI40, "VMware-VMvisor-big-4.0.0-208167-x86_64.dd.bz2", b"", "4.0.0", "208167"),
        (ESXI40, "VMware-VMvisor-big-164009-x86_64.dd.bz2", b"About VMware ESXi 4.0\n", "4.0", "164009"),
        (ESXI40, "VMware-VMvisor-big-164009-x86_64.dd.bz2", b"VMware ESXi version 4.0.0", "4.0.0", "164009"),
        (ESXI40, "VMware-VMvisor-big-164009-x86_64.dd.bz2", b"", "4.0", "164009"),
        (ESXI40, "oem-special.dd.bz2", b"VMware ESXi 4.0", "4.0", ""),
        (ESXI40, "oem-special.dd.bz2", b"Release notes", "4.0", ""),
        (ESX35, "VMware-VMvisor-big-3.5.0-67921.i386.dd.bz2", b"", "3.5.0", "67921"),
        (ESX35, "VMware-VMvisor-big-3.5.0_Update_4-153875.i386.dd.bz2", b"", "3.5.0", "153875"),
    ],
)
def test_names_and_readme_tell(
    tmp_path: Path,
    packed: dict[Generation, bytes],
    generation: Generation,
    name: str,
    readme: bytes,
    version: str,
    build: str,
) -> None:
    carrier = "image.tgz" if generation is ESXI40 else "install.tgz"
    files = {carrier: archive(name, packed[generation]), "README.TXT": readme}
    found = find(unpack_to(tmp_path / "cd", files))
    assert (found.generation, found.version, found.build) == (generation, version, build)
    assert not found.warnings


def test_a_version_that_contradicts_the_bank_is_not_believed(tmp_path: Path, packed: dict[Generation, bytes]) -> None:
    files = {"image.tgz": archive("VMware-VMvisor-big-4.1.0-260247-x86_64.dd.bz2", packed[ESXI40])}
    found = find(unpack_to(tmp_path / "cd", files))
    assert (found.version, found.build) == ("4.0", "")
    assert [warning for warning in found.warnings if "says version 4.1.0, its boot bank is that of 4.0" in warning]


def test_the_same_disk_under_another_file_name_is_the_same_image(tmp_path: Path) -> None:
    path = disk(tmp_path, ESXI40, bank(ESXI40))
    first = find(path)
    second = find(path.rename(tmp_path / "VMware-VMvisor-big-4.0.0-999999-x86_64.dd"))
    assert first == second
