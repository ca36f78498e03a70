"""Loaders judged by content: the release, what is lacking, what does not fit."""

from pathlib import Path

import pytest

from hobnail.boot.loaders import examine
from hobnail.system.loaders import find_loaders
from tests.tools import need_file

ELF = b"\x7fELF" + bytes(20)
COM32R = bytes.fromhex("b8fe4ccd21") + bytes(20)
NEW = {
    "pxelinux.0": b"\x00PXELINUX 6.04 PXE 20200816 \x00",
    "ldlinux.c32": ELF,
    "libcom32.c32": ELF,
    "mboot.c32": ELF,
}


def test_a_whole_set_of_6_04() -> None:
    judged = examine(NEW, "x")
    assert judged.release == "6.04"
    assert judged.lacking == {}


def test_3_86_needs_no_ldlinux() -> None:
    judged = examine({"pxelinux.0": b"PXELINUX 3.86 2010-04-01", "mboot.c32": COM32R}, "x")
    assert judged.release == "3.86"
    assert judged.lacking == {}


@pytest.mark.parametrize("name", sorted(NEW))
def test_each_missing_one_is_named_with_its_package(name: str) -> None:
    judged = examine({n: b for n, b in NEW.items() if n != name}, "/usr/lib/PXELINUX")
    assert name in judged.lacking
    assert "apt-get install" in judged.lacking[name]
    assert "/usr/lib/PXELINUX" in judged.lacking[name]


def test_modules_of_another_release_are_refused() -> None:
    judged = examine(NEW | {"mboot.c32": COM32R}, "x")
    assert "same release as pxelinux.0 (6.04)" in judged.lacking["mboot.c32"]
    old = examine({"pxelinux.0": b"PXELINUX 4.00 2010", "mboot.c32": ELF}, "x")
    assert "same release as pxelinux.0 (4.00)" in old.lacking["mboot.c32"]


def test_debian_s_own_loaders_fit_together() -> None:
    need_file("/usr/lib/PXELINUX/pxelinux.0", "pxelinux")
    need_file("/usr/lib/syslinux/modules/bios/mboot.c32", "syslinux-common")
    found = find_loaders()
    assert found.judged.lacking == {}
    assert found.judged.release is not None
    assert found.judged.release.startswith("6.")
    assert set(found.files) == set(NEW)


def test_a_folder_of_the_person_s_is_the_only_place(tmp_path: Path) -> None:
    (tmp_path / "pxelinux.0").write_bytes(NEW["pxelinux.0"])
    found = find_loaders(tmp_path)
    assert set(found.files) == {"pxelinux.0"}
    assert set(found.judged.lacking) == {"ldlinux.c32", "libcom32.c32", "mboot.c32"}
    assert str(tmp_path) in found.judged.lacking["mboot.c32"]
