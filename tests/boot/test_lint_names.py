"""Names and files: what mboot asks for over each transport, row by row as measured, and whether it is there."""

import pytest

from hobnail.boot.lint import FileFacts, Finding, Transport, lint
from tests.boot.test_lint import GOOD, short

KERNEL, LIST = b"kernel=b.b00", b"k.b00 --- s.v00"


def names(transport: Transport | None, kernel: bytes, prefix: bytes | None = None) -> list[str]:
    line = b"" if prefix is None else b"prefix=%s\n" % prefix
    return short(lint(GOOD.replace(KERNEL, b"kernel=" + kernel) + line, transport=transport))


@pytest.mark.parametrize(
    ("kernel", "prefix", "tftp", "http"),
    [
        # boot-traces, section 5, row by row
        (b"b.b00", None, [], []),
        (b"b.b00", b"", [], []),
        (b"b.b00", b"/esxi7", [], ["E7 prefix"]),
        (b"b.b00", b"http://h/esxi7", ["E7 prefix"], []),
        (b"b.b00", b"../esxi7", ["E7 prefix", "W7 prefix"], ["E7 prefix", "E7 prefix"]),
        (b"/b.b00", b"", ["W2 kernel"], ["E2 kernel"]),
        # and what follows from them
        (b"\\b.b00", b"", ["N2 kernel", "W2 kernel"], ["N2 kernel", "E2 kernel"]),
        (b"/b.b00", b"/esxi7", ["W2 kernel", "W7 prefix"], ["E2 kernel", "W7 prefix", "E7 prefix"]),
        (b"http://h/b.b00", None, ["E2 kernel"], []),
        (b"b.b00", b"esxi7", ["W7 prefix"], ["E7 prefix"]),
        (b"b.b00 debug", None, ["E2 kernel"], ["E2 kernel"]),
    ],
)
def test_names_by_transport(kernel: bytes, prefix: bytes | None, tftp: list[str], http: list[str]) -> None:
    assert names("tftp", kernel, prefix) == tftp
    assert names("http", kernel, prefix) == http


def test_a_leading_slash_is_a_note_where_the_transport_is_not_known_and_nothing_on_a_disk() -> None:
    assert names(None, b"/b.b00") == ["N2 kernel"]
    assert names("disk", b"/b.b00") == []


TREE = {"b.b00": 9, "k.b00": 9, "s.v00": 20, "efi/boot/b.b00": 9, "UPPER/S.V00": 1, "empty": 0}


def in_tree(old: bytes, new: bytes, directory: str = "", transport: Transport | None = "tftp") -> tuple[Finding, ...]:
    tree = {path: FileFacts(size) for path, size in TREE.items()}
    config = GOOD.replace(old, new)
    findings = lint(config, tree=tree, transport=transport, boot_directory=directory)
    assert short(findings) == short(lint(config, tree=tree.get, transport=transport, boot_directory=directory))
    return findings


@pytest.mark.parametrize(
    ("old", "new", "directory", "expected", "words"),
    [
        (KERNEL, KERNEL, "", [], ""),
        (KERNEL, b"kernel=/b.b00", "", [], ""),
        (KERNEL, b"kernel=x.b00", "", ["E2 kernel"], "not there: x.b00. mboot stops with Fatal error: 15"),
        (
            KERNEL,
            b"kernel=B.B00",
            "",
            ["E2 kernel"],
            "differs by case from the file that is there: B.B00 (there is b",
        ),
        (LIST, b"upper/s.v00", "", ["E4 modules"], "upper/s.v00 (there is UPPER/S.V00)"),
        (LIST, b"k.b00 --- empty --- gone", "", ["E4 modules", "E4 modules"], "reads as not found: empty"),
        (KERNEL, KERNEL, "efi/boot", ["E4 modules"], "not there: efi/boot/k.b00, efi/boot/s.v00"),
        (LIST, b"/k.b00", "efi/boot", [], ""),
        (LIST, b"http://other/k.b00", "", ["N4 modules"], "not looked up"),
        (b"updated=1", b"crypto=gone.efi", "", ["N6 crypto", "N6 crypto"], "not there: gone.efi"),
        (b"updated=1", b"acpitables=a.aml x --- k.b00", "", ["N6 acpitables", "E6 acpitables"], "not there: a.aml"),
    ],
)
def test_files_of_the_tree(old: bytes, new: bytes, directory: str, expected: list[str], words: str) -> None:
    transport: Transport = "http" if b"http" in new else "tftp"
    findings = in_tree(old, new, directory, transport)
    assert sorted(short(findings)) == sorted(expected)
    assert not words or any(words in finding.what for finding in findings)


def test_urls_of_the_same_server_are_looked_up() -> None:
    config = GOOD.replace(LIST, b"http://H/d/gone --- k.b00").replace(KERNEL, b"kernel=b.b00")
    tree = {"d/b.b00": FileFacts(1), "d/k.b00": FileFacts(1)}
    (finding,) = lint(config, tree=tree, transport="http", boot_directory="http://h/d")
    assert "not there: http://H/d/gone." in finding.what


def test_stripping_the_slash_is_proposed_where_it_helps() -> None:
    findings = in_tree(KERNEL + b"\nkernelopt=\nmodules=" + LIST, b"kernel=/x/b.b00\nmodules=/s.v00", "efi")
    assert findings[0].next_step == "put the file there"
    (finding,) = lint(b"kernel=/b.b00", tree={"d/b.b00": FileFacts(1)}, transport="tftp", boot_directory="d")
    assert finding.next_step == "strip the leading slash"
