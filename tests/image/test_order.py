"""Boot order and what is left out, on bare disk images: odd boot banks, as OEMs and people make them."""

import gzip
from pathlib import Path

import pytest

from hobnail.errors import MediumError
from hobnail.image.model import Generation, Role
from tests.image.media import ORDER, VERSIONS, bank, body, disk, find, names

ESX35, ESXI40, ESXI41 = Generation.ESX35, Generation.ESXI40, Generation.ESXI41


@pytest.mark.parametrize("generation", VERSIONS)
def test_without_boot_cfg_the_order_is_the_tables(tmp_path: Path, generation: Generation) -> None:
    files = dict(sorted(bank(generation).items(), reverse=True))
    files.pop("boot.cfg", None)
    assert names(find(disk(tmp_path, generation, files))) == ORDER[generation].split()


def test_boot_cfg_gives_the_order_and_what_it_lacks_follows(tmp_path: Path) -> None:
    config = b"kernel=b.z\r\nkernelopt=noACPI  quiet\r\nmodules=s.z --- k.z---oem.tgz --- state.tgz\r\n"
    found = find(disk(tmp_path, ESXI41, bank(ESXI41) | {"boot.cfg": config}))
    assert names(found) == ["b.z", "s.z", "k.z", "oem.tgz", "c.z", "license.tgz", "m.z"]
    assert found.kernel_options == "noACPI quiet"
    assert not found.warnings


def test_names_in_boot_cfg_may_have_folders_and_capitals(tmp_path: Path) -> None:
    config = b"kernel=/B.Z\nmodules=/k.z --- S.Z --- k.z\n"
    found = find(disk(tmp_path, ESXI41, bank(ESXI41) | {"boot.cfg": config}))
    assert names(found)[:3] == ["b.z", "k.z", "s.z"]
    assert len(set(names(found))) == len(names(found))


def test_a_missing_module_of_boot_cfg_is_named(tmp_path: Path) -> None:
    config = b"kernel=b.z\nmodules=k.z --- gone.tgz\n"
    with pytest.raises(MediumError, match=r"stick\.dd!p5: gone\.tgz is missing, which boot\.cfg names"):
        find(disk(tmp_path, ESXI41, bank(ESXI41) | {"boot.cfg": config}))


def test_a_missing_kernel_of_boot_cfg_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediumError, match=r"other\.z is missing, the kernel"):
        find(disk(tmp_path, ESXI41, bank(ESXI41) | {"boot.cfg": b"kernel=other.z\n"}))


def test_options_of_a_module_are_told(tmp_path: Path) -> None:
    config = b"kernel=b.z\nmodules=k.z debug --- s.z\n"
    found = find(disk(tmp_path, ESXI41, bank(ESXI41) | {"boot.cfg": config}))
    assert [w for w in found.warnings if "'debug' of module k.z" in w]


def test_extra_modules_come_last_by_content_not_by_suffix(tmp_path: Path) -> None:
    extra = {"HPACU.V00": body("hpacu"), "lsi-provider.vgz": body("lsi"), "notes.tgz": b"not gzip'd", "none.gz": b""}
    found = find(disk(tmp_path, ESXI40, extra | bank(ESXI40)))
    assert names(found) == [*ORDER[ESXI40].split(), "hpacu.v00", "lsi-provider.vgz"]
    assert [module.role for module in found.modules[-2:]] == [Role.EXTRA, Role.EXTRA]
    assert len(found.warnings) == 2
    reasons = {fact.name: fact.reason for fact in found.left_out}
    assert "gzip" in reasons["notes.tgz"]
    assert "empty" in reasons["none.gz"]


def test_an_extra_module_of_boot_cfg_keeps_its_place(tmp_path: Path) -> None:
    config = b"kernel=b.z\nmodules=k.z --- s.z --- vcl.tgz --- c.z\n"
    found = find(disk(tmp_path, ESXI41, bank(ESXI41) | {"vcl.tgz": body("vcl"), "boot.cfg": config}))
    assert names(found)[:5] == ["b.z", "k.z", "s.z", "vcl.tgz", "c.z"]
    assert found.modules[2].role is Role.EXTRA


@pytest.mark.parametrize("name", ["state.tgz", "local.tgz", "pkgdb.tgz", "install.tgz", "ienviron.tgz", "image.tgz"])
def test_what_is_no_module_of_a_stateless_host_is_left_out(tmp_path: Path, name: str) -> None:
    found = find(disk(tmp_path, ESXI40, bank(ESXI40) | {name: body(name)}))
    assert name not in names(found)
    assert [fact.reason for fact in found.left_out if fact.name == name]


@pytest.mark.parametrize("name", ["oem.tgz", "cim.tgz", "license.tgz"])
def test_an_optional_module_may_be_missing(tmp_path: Path, name: str) -> None:
    files = bank(ESX35)
    del files[name]
    expected = [other for other in ORDER[ESX35].split() if other != name]
    assert names(find(disk(tmp_path, ESX35, files))) == expected


@pytest.mark.parametrize(("generation", "name"), [(ESX35, "environ.tgz"), (ESXI40, "sys.vgz"), (ESXI41, "s.z")])
def test_an_essential_module_may_not(tmp_path: Path, generation: Generation, name: str) -> None:
    files = bank(generation)
    del files[name]
    files.pop("boot.cfg", None)
    with pytest.raises(MediumError, match=rf"{name} is missing, without which VMware ESX"):
        find(disk(tmp_path, generation, files))


@pytest.mark.parametrize("name", ["b.z", "s.z", "oem.tgz"])
def test_an_empty_module_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediumError, match=rf"{name} is empty"):
        find(disk(tmp_path, ESXI41, bank(ESXI41) | {name: b""}))


def test_an_empty_mod_tgz_that_nothing_names_is_left_out(tmp_path: Path) -> None:
    files = bank(ESXI40) | {"mod.tgz": b""}
    del files["boot.cfg"]
    found = find(disk(tmp_path, ESXI40, files))
    assert "mod.tgz" not in names(found)
    assert "mod.tgz" in {fact.name for fact in found.left_out}


@pytest.mark.parametrize(
    "hollow", [gzip.compress(b"", mtime=0), b"\x1f\x8b\x08\x08" + bytes(6) + b"oem.tgz\0\3\0" + bytes(8)]
)
def test_a_module_that_unpacks_to_nothing_is_left_out(tmp_path: Path, hollow: bytes) -> None:
    assert gzip.decompress(hollow) == b""
    found = find(disk(tmp_path, ESXI40, bank(ESXI40) | {"oem.tgz": hollow}))
    assert names(found) == [name for name in ORDER[ESXI40].split() if name != "oem.tgz"]
    (reason,) = [fact.reason for fact in found.left_out if fact.name == "oem.tgz"]
    assert "resets the machine" in reason


def test_an_odd_kernel_is_a_warning(tmp_path: Path) -> None:
    found = find(disk(tmp_path, ESXI41, bank(ESXI41) | {"b.z": b"odd kernel"}))
    assert [warning for warning in found.warnings if "neither gzip nor ELF" in warning]


@pytest.mark.parametrize(
    ("config", "text", "version", "build"),
    [
        (b"build=4.1.0-260247\n", b"", "4.1.0", "260247"),
        (b"", b"VMware ESX 4.1.0 [Releasebuild-348481 x86_64]", "4.1.0", "348481"),
        (b"build=\n", b"VMware ESX 4.1.0 [Releasebuild-348481 x86_64]", "4.1.0", "348481"),
        (b"", b"", "4.1", ""),
        (b"build=5.0.0-1\n", b"", "4.1", ""),
    ],
)
def test_version_and_build_of_a_bare_disk(
    tmp_path: Path, config: bytes, text: bytes, version: str, build: str
) -> None:
    filling = bytes(3 << 20)
    files = bank(ESXI41) | {"boot.cfg": config, "k.z": gzip.compress(filling + text + filling, mtime=0)}
    found = find(disk(tmp_path, ESXI41, files))
    assert (found.version, found.build) == (version, build)
