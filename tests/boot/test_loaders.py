"""Loaders known by content: the release, what is lacking, what does not fit."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.boot.loaders import Abi, Candidate, Kind, Known, LoaderSet, choose, recognise
from hobnail.errors import UserError
from hobnail.system.loaders import installed, search, searched
from tests.tools import need_file

ELF = b"\x7fELF" + bytes(20)
COM32R = bytes.fromhex("b8fe4ccd21") + bytes(20)
NEW = {
    "pxelinux.0": b"\x00PXELINUX 6.04 PXE 20200816 \x00",
    "ldlinux.c32": ELF,
    "libcom32.c32": ELF,
    "mboot.c32": ELF,
}
OLD = {"pxelinux.0": b"\xeb\x1cPXELINUX 3.86 2010-04-01", "mboot.c32": COM32R}


def program(machine: int) -> bytes:
    head = bytearray(0x80)
    head[:2] = b"MZ"
    head[0x3C] = 0x80
    return bytes(head) + b"PE\0\0" + machine.to_bytes(2, "little") + bytes(50)


def candidates(files: dict[str, bytes]) -> list[Candidate]:
    found = []
    for name, head in files.items():
        known = recognise(name, head)
        assert known is not None, name
        found.append(Candidate(name, Path("/x") / name, len(head), known, "/x"))
    return found


def judge(*sets: dict[str, bytes], own_mboot: bool = False) -> LoaderSet:
    return choose([one for files in sets for one in candidates(files)], "/x", own_mboot=own_mboot)


@pytest.mark.parametrize(
    ("name", "head", "known"),
    [
        ("pxelinux.0", NEW["pxelinux.0"], Known(Kind.PXELINUX, "6.04", Abi.ELF)),
        ("any.bin", OLD["pxelinux.0"], Known(Kind.PXELINUX, "3.86", Abi.COM32R)),
        ("mboot.c32", COM32R, Known(Kind.MODULE, abi=Abi.COM32R)),
        ("MBOOT.C32", ELF, Known(Kind.MODULE, abi=Abi.ELF)),
        ("a.out", ELF, None),
        ("mboot.efi", program(0x8664), Known(Kind.EFI, architecture="x86_64")),
        ("bootaa64.efi", program(0xAA64), Known(Kind.EFI, architecture="arm64")),
        ("dos.exe", b"MZ" + bytes(200), None),
        ("text", b"a file that speaks of mboot.c32", None),
        ("empty", b"", None),
    ],
)
def test_a_loader_is_known_by_its_content(name: str, head: bytes, known: Known | None) -> None:
    assert recognise(name, head) == known


@given(st.text(), st.binary(max_size=300))
def test_no_bytes_upset_it(name: str, head: bytes) -> None:
    recognise(name, head)
    recognise(name, b"MZ" + head)


def test_a_whole_set_of_6_04() -> None:
    judged = judge(NEW)
    assert judged.release == "6.04"
    assert set(judged.chosen) == set(NEW)
    assert judged.lacking == {}


def test_3_86_needs_no_ldlinux() -> None:
    judged = judge(OLD)
    assert judged.release == "3.86"
    assert set(judged.chosen) == {"pxelinux.0", "mboot.c32"}
    assert judged.lacking == {}


@pytest.mark.parametrize("name", sorted(NEW))
def test_each_missing_one_is_named_with_its_package(name: str) -> None:
    judged = judge({n: b for n, b in NEW.items() if n != name})
    assert name in judged.lacking
    assert "apt-get install" in judged.lacking[name]
    assert "/x" in judged.lacking[name]


def test_modules_of_another_release_are_refused_unless_fitting_ones_are_there_too() -> None:
    judged = judge(NEW | {"mboot.c32": COM32R})
    assert "same release as pxelinux.0 (6.04)" in judged.lacking["mboot.c32"]
    old = judge({"pxelinux.0": b"PXELINUX 4.00 2010", "mboot.c32": ELF})
    assert "same release as pxelinux.0 (4.00)" in old.lacking["mboot.c32"]
    both = judge({"mboot.c32": COM32R}, NEW)
    assert both.lacking == {}
    assert both.chosen["mboot.c32"].known.abi is Abi.ELF


def test_from_5_0_on_pxelinux_must_be_old() -> None:
    judged = judge(NEW, own_mboot=True)
    assert judged.chosen == {}
    assert "PXELINUX 6.04 cannot load the medium's mboot.c32" in judged.lacking["pxelinux.0"]
    assert "hobnail loader add" in judged.lacking["pxelinux.0"]
    assert "is not in /x" in judge({}, own_mboot=True).lacking["pxelinux.0"]


def test_from_5_0_on_3_86_is_preferred_wherever_it_is_found() -> None:
    judged = judge(NEW, {"pxelinux.0": b"PXELINUX 4.05 2011"}, OLD, own_mboot=True)
    assert judged.release == "3.86"
    assert set(judged.chosen) == {"pxelinux.0"}
    assert judged.lacking == {}
    assert judge({"pxelinux.0": b"PXELINUX 4.05 2011"}, own_mboot=True).release == "4.05"


def test_debian_s_own_loaders_fit_together() -> None:
    need_file("/usr/lib/PXELINUX/pxelinux.0", "pxelinux")
    need_file("/usr/lib/syslinux/modules/bios/mboot.c32", "syslinux-common")
    judged = choose(installed(), searched(), own_mboot=False)
    assert judged.lacking == {}
    assert judged.release is not None
    assert judged.release.startswith("6.")
    assert set(judged.chosen) == set(NEW)


def test_a_folder_of_the_person_s_is_the_only_place(tmp_path: Path) -> None:
    (tmp_path / "pxelinux.0").write_bytes(NEW["pxelinux.0"])
    judged = choose(installed(tmp_path), searched(tmp_path), own_mboot=False)
    assert set(judged.chosen) == {"pxelinux.0"}
    assert set(judged.lacking) == {"ldlinux.c32", "libcom32.c32", "mboot.c32"}
    assert str(tmp_path) in judged.lacking["mboot.c32"]


def test_a_search_finds_by_content_and_follows_no_links(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "renamed").write_bytes(OLD["pxelinux.0"])
    (tmp_path / "text.efi").write_text("no loader")
    (tmp_path / "link").symlink_to(tmp_path / "deep")
    (found,) = search([tmp_path])
    assert found.known == Known(Kind.PXELINUX, "3.86", Abi.COM32R)
    with pytest.raises(UserError, match="is not a folder"):
        list(search([tmp_path / "text.efi"]))
