"""Every shape of a medium gives the same image, byte for byte what was put into its boot bank."""

import gzip
import shutil
from pathlib import Path
from typing import get_args

import pytest

from hobnail.app.demo.packing import Names, write_iso
from hobnail.image.model import Generation, Role
from hobnail.media.open import open_medium
from tests.image.media import ORDER, VERSIONS, bank, contents, disk, find, names

CARRIER = {
    Generation.ESX35: "install.tgz",
    Generation.ESXI40: "image.tgz",
    Generation.ESXI41: "imagedd.bz2",
}
INSTALLER_ONLY = {
    Generation.ESX35: {"install.tgz", "ienviron.tgz"},
    Generation.ESXI40: {"image.tgz", "install.tgz", "ienviron.tgz", "boot.cfg", "pkgdb.tgz"},
    Generation.ESXI41: {"install.vgz", "ienviron.vgz", "boot.cfg", "state.tgz"},
}


@pytest.fixture(scope="session")
def folders(isos: dict[Generation, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[Generation, Path]:
    """Return the files of each CD, unpacked by our own reader."""
    found = {}
    for generation, iso in isos.items():
        found[generation] = tmp_path_factory.mktemp(generation.name)
        with open_medium(iso) as medium:
            for entry in medium.files():
                (found[generation] / entry.path).write_bytes(entry.reader().read_at(0, entry.size))
    return found


def check(path: Path, generation: Generation, *, version: bool = True) -> None:
    """The medium holds the test bank, whole and in the vendor's order."""
    found = find(path)
    assert found.generation is generation
    assert names(found) == ORDER[generation].split()
    put_in = bank(generation)
    assert contents((found.kernel, *found.modules)) == {name: put_in[name] for name in names(found)}
    assert not found.warnings
    if version:
        assert (found.version, found.build) == VERSIONS[generation]
    found.close()


@pytest.mark.parametrize("generation", VERSIONS)
def test_an_iso_gives_what_was_put_in(isos: dict[Generation, Path], generation: Generation) -> None:
    check(isos[generation], generation)


@pytest.mark.parametrize("generation", VERSIONS)
@pytest.mark.parametrize("kind", get_args(Names))
def test_the_names_on_the_iso_do_not_matter(
    folders: dict[Generation, Path], tmp_path: Path, generation: Generation, kind: Names
) -> None:
    source = tmp_path / "cd"
    shutil.copytree(folders[generation], source)
    iso = tmp_path / "Ubuntu-9.04.txt"
    write_iso(source, iso, "MISNAMED", kind)
    found = find(iso)
    assert (found.generation, found.version, found.build) == (generation, *VERSIONS[generation])
    assert names(found) == ORDER[generation].split()


@pytest.mark.parametrize("generation", VERSIONS)
def test_an_unpacked_directory(folders: dict[Generation, Path], generation: Generation) -> None:
    check(folders[generation], generation)


@pytest.mark.parametrize("generation", VERSIONS)
def test_the_archive_or_disk_image_alone_under_any_name(
    folders: dict[Generation, Path], tmp_path: Path, generation: Generation
) -> None:
    path = tmp_path / "download(1)"
    shutil.copy(folders[generation] / CARRIER[generation], path)
    check(path, generation)


@pytest.mark.parametrize("generation", VERSIONS)
def test_a_bare_disk_image(tmp_path: Path, generation: Generation) -> None:
    check(disk(tmp_path, generation, bank(generation)), generation, version=generation is not Generation.ESX35)


def test_a_gzipped_disk_image(tmp_path: Path) -> None:
    path = disk(tmp_path, Generation.ESXI41, bank(Generation.ESXI41))
    packed = tmp_path / "stick"
    with path.open("rb") as source, gzip.open(packed, "wb", compresslevel=1) as target:
        target.write(source.read(64 << 20))  # up to well behind the bank's files
    check(packed, Generation.ESXI41)


@pytest.mark.parametrize("generation", VERSIONS)
def test_what_only_the_installer_needs_is_left_out_with_a_reason(
    isos: dict[Generation, Path], generation: Generation
) -> None:
    found = find(isos[generation])
    assert {fact.name for fact in found.left_out} == INSTALLER_ONLY[generation]
    assert all(fact.reason and fact.source for fact in found.left_out)


INSTALLER = "usr/lib/vmware/installer"
PLACES = {
    Generation.ESX35: ("install.tgz", f"{INSTALLER}/VMware-VMvisor-big-3.5.0-153875.i386.dd.bz2", "vmkernel.gz"),
    Generation.ESXI40: ("image.tgz", f"{INSTALLER}/VMware-VMvisor-big-4.0.0-208167-x86_64.dd.bz2", "vmkboot.gz"),
    Generation.ESXI41: ("imagedd.bz2", "b.z"),
}


@pytest.mark.parametrize("generation", VERSIONS)
def test_origins_tell_where_a_file_stood(isos: dict[Generation, Path], generation: Generation) -> None:
    *layers, name = PLACES[generation]
    assert find(isos[generation]).kernel.origin == "!".join((*layers, "partition 5", name))


def test_product_architecture_and_roles(tmp_path: Path) -> None:
    found = find(disk(tmp_path, Generation.ESX35, bank(Generation.ESX35)))
    assert (found.product, found.architecture) == ("VMware ESX Server 3i", "i386")
    assert [source.role for source in (found.kernel, *found.modules)] == [
        Role.KERNEL,
        Role.SYSTEM,
        Role.ENVIRON,
        Role.CIM,
        Role.OEM,
        Role.LICENSE,
    ]
    newer = find(disk(tmp_path, Generation.ESXI41, bank(Generation.ESXI41)))
    assert (newer.product, newer.architecture) == ("VMware ESXi", "x86_64")


def test_disk_offsets_lie_in_partition_5_which_starts_at_4210688(tmp_path: Path) -> None:
    found = find(disk(tmp_path, Generation.ESXI40, bank(Generation.ESXI40)))
    sources = (found.kernel, *found.modules)
    assert all(4210688 < source.disk_offset < 520192 * 512 for source in sources)
    with (tmp_path / "stick.dd").open("rb") as image:
        for source in sources:
            image.seek(source.disk_offset)
            assert image.read(40) == bank(Generation.ESXI40)[source.name][:40]
