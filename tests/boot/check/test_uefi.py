"""Dry boots of UEFI and iPXE clients: mboot's order of requests, its rules for names, and what breaks."""

import pytest

from hobnail.boot.check.clients import Client
from hobnail.boot.check.journal import Failed, Trouble
from tests.boot.check.trees import (
    BOOT_CFG,
    SERVER,
    bios_tree,
    efi,
    kernel,
    module,
    play,
    pxelinux,
    uefi_tree,
    vmware_tree,
)

BASE = f"http://{SERVER}/"
FILES = ["b.b00", "jumpstrt.gz", "useropts.gz", "k.b00", "s.v00"]


def both(name: str) -> list[tuple[str, bool]]:
    return [(name, True), (name, False)]


def test_over_tftp_mboot_asks_as_measured() -> None:
    played = play(uefi_tree(), Client.UEFI)
    assert played.failures == []
    d = "esxi7/"
    expected = [*both(d + "mboot.efi"), (d + "01-52-54-00-4c-00-01/boot.cfg", True), *both(d + "boot.cfg")]
    expected += [(d + name, True) for name in FILES] + both(d + "crypto64.efi")
    for name in FILES:
        expected += both(d + name)
    assert played.requests == expected
    assert played.journal.waits == 5


def test_over_http_mboot_asks_as_measured() -> None:
    d = BASE + "esxi7/"
    played = play(uefi_tree(), Client.UEFI_HTTP, d + "mboot.efi")
    assert played.failures == []
    expected = [*both(d + "mboot.efi"), (d + "01-52-54-00-4c-00-01/boot.cfg", False), (d + "boot.cfg", False)]
    expected += [(d + name, True) for name in FILES] + [(d + "crypto64.efi", False)] + [(d + n, False) for n in FILES]
    assert played.requests == expected
    assert {fetch.agent for fetch in played.asked} == {"UefiHttpBoot/1.0", "esx-boot/2.0"}


def test_the_hosts_own_boot_cfg_is_read_twice_and_names_resolve_beside_it() -> None:
    own = "esxi7/01-52-54-00-4c-00-01/"
    tree = uefi_tree() | {own + "boot.cfg": BOOT_CFG.replace(b"prefix=", b"prefix=esxi7")}
    played = play(tree, Client.UEFI)
    assert played.failures == []
    assert played.names.count(own + "boot.cfg") == 4
    assert "esxi7/boot.cfg" not in played.names


def test_the_size_pass_ends_at_the_first_failure_and_loading_finds_it() -> None:
    tree = uefi_tree()
    del tree["esxi7/useropts.gz"]
    played = play(tree, Client.UEFI)
    sizes = [fetch.name for fetch in played.asked if fetch.what == "size"]
    assert sizes == ["esxi7/b.b00", "esxi7/jumpstrt.gz", "esxi7/useropts.gz"]
    where, cause, screen, _ = played.first
    assert (where, cause, screen) == ("esxi7/useropts.gz", "is not there", "Fatal error: 15 (Not found)")
    assert played.names[-1] == "esxi7/s.v00", "it goes on with the rest"


NAMES = {
    # kernel=, prefix=: what TFTP, HTTP, iPXE and PXELINUX are asked for; None: nothing, and mboot fails
    ("b.b00", ""): ("esxi7/b.b00", BASE + "esxi7/b.b00", BASE + "esxi7/b.b00", "esxi7/b.b00"),
    ("b.b00", "/own"): ("/own/b.b00", None, BASE + "own/b.b00", "esxi7//own/b.b00"),
    ("b.b00", "http://h/own"): ("tftp-name:http://h/own/b.b00", "http://h/own/b.b00", "http://h/own/b.b00", None),
    ("/b.b00", ""): ("/b.b00", None, BASE + "b.b00", "esxi7//b.b00"),
}


@pytest.mark.parametrize("pair", NAMES, ids=str)
def test_names_reach_the_server_as_measured(pair: tuple[str, str]) -> None:
    config = BOOT_CFG.replace(b"kernel=b.b00", b"kernel=" + pair[0].encode())
    config = config.replace(b"prefix=", b"prefix=" + pair[1].encode())
    tree = uefi_tree(config=config) | {"boot.ipxe": f"#!ipxe\nkernel {BASE}esxi7/mboot.efi\nboot\n".encode()}
    tree |= {f"esxi7/{name}": data for name, data in vmware_tree().items() if name not in uefi_tree("")}
    ways = (
        play(tree, Client.UEFI),
        play(tree, Client.UEFI_HTTP, BASE + "esxi7/mboot.efi"),
        play(tree, Client.IPXE_UEFI, BASE + "boot.ipxe"),
        play(tree, Client.BIOS, "esxi7/pxelinux.0"),
    )
    for played, expected in zip(ways, NAMES[pair], strict=True):
        asked = [fetch.name for fetch in played.asked if fetch.what.startswith("kernel")]
        assert asked[-1:] == ([expected] if expected else [])
        assert (expected is None) == any("URL" in one and "never asks" in one for one in played.failures)


BROKEN = {
    "Arm loader": ({"esxi7/mboot.efi": efi(0xAA64)}, "esxi7/mboot.efi", "is for arm64; the client is x86_64", ""),
    "BIOS loader": ({"esxi7/mboot.efi": pxelinux("3.86")}, "esxi7/mboot.efi", "is PXELINUX, a BIOS program", ""),
    "no boot.cfg": ({"esxi7/boot.cfg": None}, "esxi7/boot.cfg", "is not there", "Fatal error: 15 (Not found)"),
    "no kernel=": ({"esxi7/boot.cfg": b"modules=k.b00\n"}, "boot.cfg", "names no kernel", "Fatal error: 32 (Syntax)"),
    "no number": (
        {"esxi7/boot.cfg": BOOT_CFG.replace(b"timeout=5", b"timeout=five")},
        "boot.cfg",
        "line 3: timeout=five is no number",
        "Fatal error: 32 (Syntax)",
    ),
    "truncated": (
        {"esxi7/s.v00": module("s.v00")[:-1]},
        "esxi7/s.v00",
        "breaks off",
        "Fatal error: 6 (Buffer too small), 10 (Out of resources) or 33 (Inconsistent data)",
    ),
    "signature after gzip": (
        {"esxi7/s.v00": module("s.v00") + b"signature"},
        "esxi7/s.v00",
        "9 bytes follow the gzip member",
        "Fatal error: 6 (Buffer too small), 10 (Out of resources) or 33 (Inconsistent data)",
    ),
    "two members": (
        {"esxi7/s.v00": module("s.v00") * 2},
        "esxi7/s.v00",
        "follow the gzip member",
        "Fatal error: 6 (Buffer too small), 10 (Out of resources) or 33 (Inconsistent data)",
    ),
    "wrong CRC": (
        {"esxi7/s.v00": module("s.v00")[:-8] + bytes(4) + module("s.v00")[-4:]},
        "esxi7/s.v00",
        "incorrect data check",
        "Fatal error: 33 (Inconsistent data)",
    ),
    "wrong kernel": (
        {"esxi7/b.b00": module("k.b00")},
        "esxi7/b.b00",
        "no ELF file",
        "Fatal error: 36 (Bad type)",
    ),
    "kernel flags": (
        {"esxi7/b.b00": kernel(0x1BADB005, 8)},
        "esxi7/b.b00",
        "asks for what no loader has (flags 0x8)",
        "Fatal error: 36 (Bad type)",
    ),
    "command line": (
        {"esxi7/boot.cfg": BOOT_CFG.replace(b"runweasel", b"x" * 4060)},
        "boot.cfg",
        "the kernel's command line has",
        "Fatal error: 4 (Unsupported)",
    ),
    "module string": (
        {"esxi7/boot.cfg": BOOT_CFG.replace(b"--- k.b00", b"--- k.b00 " + b"x" * 250)},
        "esxi7/k.b00",
        "its path and options have 262 bytes",
        "Fatal error: 4 (Unsupported)",
    ),
    "too many": (
        {"esxi7/boot.cfg": BOOT_CFG.replace(b"--- s.v00", b"--- s.v00" * 248)},
        "boot.cfg",
        "lists 251 modules",
        "Fatal error: 10 (Out of resources)",
    ),
}


@pytest.mark.parametrize(("change", "where", "cause", "screen"), BROKEN.values(), ids=BROKEN)
def test_each_broken_thing_is_named(change: dict[str, bytes | None], where: str, cause: str, screen: str) -> None:
    tree = {name: data for name, data in (uefi_tree() | change).items() if data is not None}
    found = play(tree, Client.UEFI).first
    assert found[0] == where
    assert cause in found[1]
    assert found[2] == screen
    assert found[3]


def test_a_server_without_tsize_stops_uefi() -> None:
    lacking = Failed(Trouble.NO_SIZE, "the server does not tell the size (option tsize)", 0.1)
    _, cause, _, fix = play(uefi_tree(), Client.UEFI, answers={"esxi7/mboot.efi": lacking}).first
    assert "tsize" in cause
    assert "use a server that tells the size" in fix


def test_a_missing_crypto_module_is_a_note() -> None:
    tree = uefi_tree()
    del tree["esxi7/crypto64.efi"]
    played = play(tree, Client.UEFI)
    assert played.failures == []
    assert [one.where for one in played.journal.findings] == ["crypto64.efi"]


def test_a_twice_listed_name_is_a_note() -> None:
    played = play(uefi_tree(config=BOOT_CFG.replace(b"--- s.v00", b"--- s.v00 --- s.v00")), Client.UEFI)
    assert played.failures == []
    assert "s.v00 2 times" in played.journal.findings[0].cause


def test_arm_takes_the_arm_loader() -> None:
    tree = uefi_tree() | {"esxi7/mboot.efi": efi(0xAA64)}
    assert play(tree, Client.ARM64).failures == []


def test_ipxe_follows_the_scripts_that_hobnail_writes() -> None:
    host = "esxi7/01-52-54-00-4c-00-01"
    tree = uefi_tree() | {
        "boot.ipxe": (
            f"#!ipxe\nchain --replace {BASE}{host}/boot.ipxe?serial=${{serial:uristring}} ||\n"
            f"chain --replace {BASE}esxi7/01-${{net0/mac:hexhyp}}/boot.ipxe\n"
        ).encode(),
        f"{host}/boot.ipxe": f"#!ipxe\nkernel {BASE}esxi7/mboot.efi -S 1 -c {BASE}{host}/boot.cfg\nboot\n".encode(),
        f"{host}/boot.cfg": BOOT_CFG.replace(b"prefix=", b"prefix=http://10.77.0.1/esxi7"),
    }
    played = play(tree, Client.IPXE_UEFI, "boot.ipxe")
    assert played.failures == []
    assert played.journal.findings == []
    assert played.names[:4] == [
        "tftp://10.77.0.1/boot.ipxe",
        f"{BASE}{host}/boot.ipxe?serial=unknown",
        f"{BASE}{host}/boot.ipxe",
        f"{BASE}esxi7/mboot.efi",
    ]
    assert played.names[4:] == [f"{BASE}{host}/boot.cfg", *(f"{BASE}esxi7/{n}" for n in ["crypto64.efi", *FILES])]


def test_ipxe_on_bios_starts_pxelinux_below_option_210() -> None:
    tree = vmware_tree() | {"boot.ipxe": f"#!ipxe\nset 210:string {BASE}\nimgfree\nchain {BASE}pxelinux.0\n".encode()}
    played = play(tree, Client.IPXE_BIOS, BASE + "boot.ipxe")
    assert played.failures == []
    assert BASE + "pxelinux.cfg/default" in played.names
    assert played.names[-1] == BASE + "s.v00"


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("chain mboot.c32", "is a .c32 chained from iPXE"),
        ("kernel esxi4/vmkboot.gz", "is gzip'd: iPXE on BIOS runs it as a PXE program and hangs"),
        ("echo hello", "starts nothing"),
        ("chain boot.ipxe", "is the 8th script in a row"),
        ("chain lost.ipxe", "is not there"),
    ],
)
def test_scripts_that_lead_nowhere(script: str, cause: str) -> None:
    tree = bios_tree() | {"boot.ipxe": f"#!ipxe\n{script}\n".encode()}
    assert cause in play(tree, Client.IPXE_BIOS, BASE + "boot.ipxe").first[1]


def test_commands_that_are_not_understood_are_reported() -> None:
    tree = uefi_tree() | {"boot.ipxe": f"#!ipxe\ngoto a\n:a\nkernel {BASE}esxi7/mboot.efi\nboot\n".encode()}
    played = play(tree, Client.IPXE_UEFI, BASE + "boot.ipxe")
    assert played.failures == []
    assert [one.where for one in played.journal.findings] == [f"{BASE}boot.ipxe, line 2", f"{BASE}boot.ipxe, line 3"]
