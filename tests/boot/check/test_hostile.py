"""Whatever a server sends, a dry boot ends with findings and never with an exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.app.boot_check import Fetcher
from hobnail.boot.check.clients import Client
from hobnail.boot.check.ipxe import read_script
from hobnail.boot.check.journal import Failed, Fetch
from hobnail.boot.check.mboot_arguments import parse_arguments
from hobnail.boot.check.pxelinux_config import parse_configuration
from hobnail.system.http_client import trust_of
from tests.boot.check.trees import SERVER, bios_tree, efi, play, pxelinux, uefi_tree, vmware_tree

BASE = f"http://{SERVER}/"
WORDS = st.sampled_from(
    [
        *("default", "ui", "label", "kernel", "append", "ipappend", "timeout", "include", "menu", "esxi"),
        *("mboot.c32", "menu.c32", "-c", "boot.cfg", "---", "http://[x", "tftp://", "//[x", "set", "chain"),
        *("--replace", "-n", "||", "&&", "${mac}", "${a:b}", "210:string", "imgargs", "boot", "3", "²"),
        *("\\", "/", "//", "../x", "b.b00", "=", "modules=", "prefix=", "timeout="),
    ]
)
TEXT = st.lists(st.lists(WORDS, max_size=6).map(" ".join), max_size=8).map(lambda lines: "\n".join(lines).encode())
ANY = TEXT | st.binary(max_size=200)


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_any_pxelinux_configuration(data: bytes) -> None:
    for tree in (bios_tree(), vmware_tree()):
        play(tree | {"pxelinux.cfg/default": data})


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_any_boot_cfg(data: bytes) -> None:
    config = b"kernel=b.b00\n" + data
    play(uefi_tree(config=config), Client.UEFI)
    play(uefi_tree(config=config), Client.UEFI_HTTP, BASE + "esxi7/mboot.efi")
    play(vmware_tree() | {"boot.cfg": config})


@given(ANY)
@settings(max_examples=100, deadline=None)
def test_any_script(data: bytes) -> None:
    for client in (Client.IPXE_BIOS, Client.IPXE_UEFI):
        play(uefi_tree("") | {"boot.ipxe": b"#!ipxe\n" + data}, client, BASE + "boot.ipxe")


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"MZ", efi(), pxelinux("9999999999.99"), b"\x7fELF", b"\x1f\x8b"])
)
@settings(max_examples=100, deadline=None)
def test_any_file_in_place_of_a_loader_or_kernel(data: bytes, start: bytes) -> None:
    play(bios_tree() | {"pxelinux.0": start + data})
    play(bios_tree() | {"mboot.c32": start + data, "esxi4/vmkboot.gz": start + data})
    play(uefi_tree() | {"esxi7/mboot.efi": start + data}, Client.UEFI)


def test_mboots_arguments_are_read_as_getopt_reads_them() -> None:
    assert parse_arguments(["-c", "boot.cfg", "ks=x", "-S", "1"]).config == "boot.cfg"
    assert parse_arguments(["-c", "boot.cfg", "ks=x", "-S", "1"]).kernel_words == ("ks=x", "-S", "1")
    assert parse_arguments(["-Vcboot.cfg", "-H"]).config == "boot.cfg"
    assert parse_arguments(["--", "-c", "x"]).kernel_words == ("-c", "x")
    assert parse_arguments(["-c"]).refused == "option -c has no argument"
    assert parse_arguments(["-z"]).refused == "mboot knows no option -z"


def test_a_menu_boots_its_marked_label_or_the_first() -> None:
    text = b"UI menu.c32\nTIMEOUT 80\nLABEL a\nKERNEL a.c32\nLABEL b\nMENU DEFAULT\nKERNEL b.c32\n"
    found = parse_configuration(text)
    assert (found.menu, found.timeout) == ("menu.c32", 8.0)
    label = found.chosen()
    assert label is not None
    assert label.kernel == "b.c32"
    first = parse_configuration(text.replace(b"MENU DEFAULT\n", b"").replace(b"UI", b"DEFAULT")).chosen()
    assert first is not None
    assert first.name == "a"


def test_ipxe_settings_are_put_in() -> None:
    script = read_script(
        "#!ipxe\nset base http://h\nkernel ${base}/m.efi -c ${net0/mac}/x${none}", "http://h/s", {"mac": "m"}
    )
    assert (script.program, script.words) == ("http://h/m.efi", ["-c", "m/x"])


@pytest.mark.parametrize(
    "name", ["http://[x/b", "http://127.0.0.1:99999/b", "http://\u00e9/b", "tftp://[x/b", "tftp-name:x"]
)
def test_names_that_are_no_urls_are_answered(name: str) -> None:
    fetcher = Fetcher("127.0.0.1:9", 0.5, trust_of(None))
    answer = fetcher.answer(Fetch(name, "file"))
    fetcher.close()
    assert isinstance(answer, Failed)
