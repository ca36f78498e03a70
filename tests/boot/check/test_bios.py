"""Dry boots of BIOS clients: the requests in their order, and one broken thing at a time."""

import pytest

from hobnail.boot.check.journal import Failed, Trouble
from tests.boot.check.trees import (
    APPEND,
    COM32R,
    ELF_C32,
    NAMES,
    bios_tree,
    configuration,
    kernel,
    module,
    play,
    pxelinux,
    vmware_tree,
)

SEARCH_6_04 = [
    "pxelinux.cfg/00000000-0000-4000-8000-5254004c0001",
    "pxelinux.cfg/01-52-54-00-4c-00-01",
    *(f"pxelinux.cfg/{'0A4D006C'[:count]}" for count in range(8, 0, -1)),
    "pxelinux.cfg/default",
]


def test_pxelinux_6_asks_as_measured() -> None:
    played = play(bios_tree())
    assert played.failures == []
    assert played.journal.findings == []
    files = [f"esxi4/{name}" for name in NAMES]
    assert played.names == ["pxelinux.0", "ldlinux.c32", *SEARCH_6_04, "mboot.c32", "libcom32.c32", *files]
    assert not any(fetch.size_only for fetch in played.asked)


def test_pxelinux_3_with_vmwares_mboot_reads_boot_cfg_twice_and_each_file_once() -> None:
    played = play(vmware_tree())
    assert played.failures == []
    names = played.names
    assert names[: names.index("mboot.c32")] == ["pxelinux.0", *SEARCH_6_04]
    modules = ["b.b00", "jumpstrt.gz", "useropts.gz", "k.b00", "s.v00"]
    assert names[names.index("mboot.c32") + 1 :] == ["boot.cfg", "boot.cfg", *modules]


def test_mboot_without_c_looks_for_the_mac_first() -> None:
    tree = vmware_tree()
    tree["pxelinux.cfg/default"] = configuration("")
    played = play(tree)
    assert played.failures == []
    after = played.names[played.names.index("mboot.c32") + 1 :]
    assert after[:3] == ["01-52-54-00-4c-00-01/boot.cfg", "boot.cfg", "b.b00"]


def test_the_prefix_is_the_loaders_folder_or_option_210() -> None:
    for file, prefix in (("p386/pxelinux.0", ""), ("pxelinux.0", "p386/")):
        tree = {f"p386/{name}": data for name, data in vmware_tree().items()} | {"pxelinux.0": pxelinux("3.86")}
        played = play(tree, file=file, prefix=prefix)
        assert played.failures == []
        assert "p386/pxelinux.cfg/default" in played.names
        assert "p386/s.v00" in played.names


def test_option_209_is_asked_first() -> None:
    tree = bios_tree() | {"own.cfg": configuration()}
    played = play(tree, config="own.cfg")
    assert played.names[2] == "own.cfg"
    assert not any("pxelinux.cfg" in name for name in played.names)


BROKEN = {
    "missing module": (
        {"esxi4/cim.vgz": None},
        ("esxi4/cim.vgz", "is not there", "No files found!", "upper and lower case differ"),
    ),
    "truncated gzip": (
        {"esxi4/sys.vgz": module("sys.vgz")[:30]},
        ("esxi4/sys.vgz", "breaks off after 30 bytes", "", "copy the file from the medium again"),
    ),
    "other case": (
        {"esxi4/cim.vgz": None, "esxi4/CIM.VGZ": module("cim.vgz")},
        ("esxi4/cim.vgz", "is not there", "No files found!", "the server has esxi4/CIM.VGZ"),
    ),
    "empty file": ({"esxi4/oem.tgz": b""}, ("esxi4/oem.tgz", "is empty", "No files found!", "20 bytes")),
    "web page": (
        {"esxi4/oem.tgz": b"<html>404</html>"},
        ("esxi4/oem.tgz", "is a web page", "", "make it answer 404"),
    ),
    "older pxelinux": (
        {"pxelinux.0": pxelinux("3.86")},
        (
            "mboot.c32",
            "is of SYSLINUX 5 or later (ELF), which PXELINUX 3.86",
            "not a COM32R image",
            "from the release",
        ),
    ),
    "older mboot": (
        {"mboot.c32": COM32R},
        (
            "mboot.c32",
            "is of the old COM32R format, which PXELINUX 6.04",
            "Failed to load COM32 file",
            "libcom32.c32",
        ),
    ),
    "vendor's mboot": (
        {"mboot.c32": COM32R + b"boot.cfg"},
        ("mboot.c32", "old COM32R format", "Failed to load COM32 file", "serve pxelinux.0 of SYSLINUX 3.86"),
    ),
    "no ldlinux": ({"ldlinux.c32": None}, ("ldlinux.c32", "is not there", "Failed to load ldlinux.c32", "3.86")),
    "no library": ({"libcom32.c32": None}, ("libcom32.c32", "is not there", "Failed to load COM32 file", "beside")),
    "APPEND over two lines": (
        {"pxelinux.cfg/default": configuration(APPEND.replace(" --- esxi4/sys", " ---\\\n esxi4/sys"))},
        ("pxelinux.cfg, line 4", "ends in `\\`", "", "one line"),
    ),
    "--- glued": (
        {"pxelinux.cfg/default": configuration(APPEND.replace(" --- esxi4/oem", "--- esxi4/oem"))},
        ("pxelinux.cfg, line 4", "`---` is glued to 'esxi4/cim.vgz---'", "", "a blank on each side"),
    ),
    "no default": (
        {"pxelinux.cfg/default": configuration().replace(b"DEFAULT esxi\n", b"")},
        ("pxelinux.cfg", "names nothing to boot", "No DEFAULT or UI configuration directive found!", "DEFAULT NAME"),
    ),
    "local disk": (
        {"pxelinux.cfg/default": b"DEFAULT d\nLABEL d\nLOCALBOOT 0x80\n"},
        ("pxelinux.cfg", "boots the local disk", "", "default"),
    ),
    "-c to syslinux's mboot": (
        {"pxelinux.cfg/default": configuration("-c boot.cfg")},
        ("APPEND -c", "only VMware's takes -c", "Loading -c... failed", "3.86"),
    ),
    "no configuration": (
        {"pxelinux.cfg/default": None},
        ("pxelinux.cfg/", "is not there", "WARNING: No configuration file found", "pxelinux.cfg/default"),
    ),
    "kernel is a module": (
        {"esxi4/vmkboot.gz": module("x")},
        ("esxi4/vmkboot.gz", "no ELF file", "", "4.0 vmkboot.gz"),
    ),
    "kernel for mboot.efi": (
        {"esxi4/vmkboot.gz": kernel(0x1BADB005, 4)},
        ("esxi4/vmkboot.gz", "wants ESXBootInfo", "", "-c boot.cfg"),
    ),
    "UEFI loader": ({"pxelinux.0": b"#!ipxe\n"}, ("pxelinux.0", "is an iPXE script", "", "option 93")),
    "no loader": (
        {"pxelinux.0": None},
        ("pxelinux.0", "is not there", "PXE-T01: File not found / PXE-E3B: TFTP Error - File Not found", "put it"),
    ),
}


@pytest.mark.parametrize(("change", "expected"), BROKEN.values(), ids=BROKEN)
def test_each_broken_thing_is_named_with_its_fix(
    change: dict[str, bytes | None], expected: tuple[str, str, str, str]
) -> None:
    tree = {name: data for name, data in (bios_tree() | change).items() if data is not None}
    where, cause, screen, fix = play(tree).first
    assert where == expected[0]
    assert expected[1] in cause
    assert screen == expected[2]
    assert expected[3] in fix


def test_it_goes_on_and_lists_every_failure() -> None:
    tree = bios_tree() | {"esxi4/sys.vgz": module("sys.vgz")[:-4], "esxi4/oem.tgz": b"", "libcom32.c32": ELF_C32}
    del tree["esxi4/mod.tgz"]
    played = play(tree)
    assert [one.partition(":")[0] for one in played.failures] == ["esxi4/sys.vgz", "esxi4/oem.tgz", "esxi4/mod.tgz"]


def test_a_silent_server_is_a_tftp_open_timeout() -> None:
    silent = Failed(Trouble.SILENT, "nothing came for 6 s", 6.0)
    where, cause, screen, fix = play({}, answers={"pxelinux.0": silent}).first
    assert (where, cause, screen) == ("pxelinux.0", "nothing came for 6 s", "PXE-E32: TFTP open timeout")
    assert "firewall" in fix


def test_a_slow_no_is_said() -> None:
    name = "pxelinux.cfg/01-52-54-00-4c-00-01"
    played = play(bios_tree(), answers={name: Failed(Trouble.NOT_FOUND, "is not there", 2.5)})
    assert played.failures == []
    (finding,) = played.journal.findings
    assert (finding.where, finding.severity) == (name, "warning")
    assert "2.5 s" in finding.cause
