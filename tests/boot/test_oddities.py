"""The table of oddities: its page says the same, its tests are there; and what none of them stands for yet."""

import ast
from pathlib import Path

import pytest

from hobnail.boot.boot_files import BootFile, BootFiles
from hobnail.boot.decision import Ack, Full, Offer, Proxy
from hobnail.boot.elsewhere import describe_options
from hobnail.boot.oddities import ODDITIES, Oddity, as_markdown
from hobnail.wire.dhcp import decode
from tests.boot.test_offer import SERVER, ask, full, options, sent, to_4011
from tests.wire.clients import IPXE_BIOS, IPXE_UEFI, OVMF_HTTP, OVMF_PXE

TESTS = Path(__file__).parent.parent
PAGE = TESTS.parent / "docs" / "oddities.md"
BOOT_AS_OFFERED = bytes.fromhex("060108ff")


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text() == as_markdown(), "write it anew from boot/oddities.py"


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.what[:40])
def test_each_row_is_whole_and_its_test_is_there(oddity: Oddity) -> None:
    assert all((oddity.what, oddity.who, oddity.done, oddity.source))
    path, _, name = oddity.test.partition("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    assert name in [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("recorded", [IPXE_BIOS, IPXE_UEFI, OVMF_PXE, OVMF_HTTP])
@pytest.mark.parametrize("mode", [Proxy(), full()], ids=["proxy", "full"])
def test_option_60_never_sends_a_client_to_a_port_that_is_silent(recorded: bytes, mode: Proxy | Full) -> None:
    """PXEClient without 43 means "ask port 4011", which only the proxy answers; then no file may come with it."""
    decision = ask(decode(recorded), mode)
    assert isinstance(decision, Offer)
    message, _ = sent(decision)
    found = options(message)
    if found.get(60) == b"PXEClient" and found.get(43) != BOOT_AS_OFFERED:
        assert isinstance(mode, Proxy), "nobody answers on 4011 in full mode"
        assert (message.file, 43 in found, 67 in found) == ("", False, False)
        assert isinstance(ask(decode(recorded), mode), Offer)


@pytest.mark.parametrize("recorded", [IPXE_UEFI, OVMF_PXE])
def test_the_proxy_answers_on_4011_whom_it_sends_there(recorded: bytes) -> None:
    answer = ask(to_4011(recorded), Proxy(), proxy_port=True)
    assert isinstance(answer, Ack)
    assert sent(answer)[0].file == "mboot.efi"


def test_other_peoples_servers_are_told_60_with_43_only() -> None:
    files = BootFiles(BootFile("pxelinux.0"), BootFile("mboot.efi"), BootFile("http://10.77.0.1/mboot.efi"))
    lines = describe_options(SERVER, files)
    assert sum("60,PXEClient" in line for line in lines) == sum("43,06:01:08:ff" in line for line in lines) == 2
