"""Names as mboot makes them: the table is what was measured, and a plain transcription of its loop is the oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.formats.bootcfg_paths import base_name, directory_of, resolve, tidy

HERE = "D"
URL = "http://h/D"


@pytest.mark.parametrize(
    ("path", "prefix", "directory", "asked"),
    [
        # boot-traces, section 5
        ("b.b00", "", HERE, "D/b.b00"),
        ("b.b00", "", URL, "http://h/D/b.b00"),
        ("b.b00", "/esxi7", HERE, "/esxi7/b.b00"),
        ("b.b00", "/esxi7", URL, "/esxi7/b.b00"),
        ("b.b00", "http://h/esxi7", HERE, "http://h/esxi7/b.b00"),
        ("b.b00", "../esxi7", HERE, "../esxi7/b.b00"),
        ("/b.b00", "", HERE, "/b.b00"),
        ("/b.b00", "", URL, "/b.b00"),
        # make_path
        ("b.b00", "", "", "b.b00"),
        ("/b.b00", "/esxi7", HERE, "/b.b00"),
        ("http://h/b.b00", "/esxi7", HERE, "http://h/b.b00"),
        ("\\b.b00", "/esxi7", HERE, "/b.b00"),
        ("sub\\b.b00", "", "/efi/boot", "/efi/boot/sub/b.b00"),
        ("b.b00", "esxi7", HERE, "esxi7/b.b00"),
        ("b.b00", "/esxi7/", HERE, "/esxi7/b.b00"),
        ("//b.b00", "", HERE, "/b.b00"),
        # file_sanitize_path
        ("a//b///c", "", "", "a/b/c"),
        ("http://h//a\\\\b", "", "", "http://h/a/b"),
        ("http:////h", "", "", "http://h"),
        ("a//b://c//d", "", "", "a//b://c/d"),
        ("a b\t c", "/p q", "", "/pq/abc"),
        ("/a/ /b", "", "", "/a/b"),
    ],
)
def test_the_name_that_is_asked_for(path: str, prefix: str, directory: str, asked: str) -> None:
    assert resolve(path, prefix, directory) == asked


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("boot.cfg", ""),
        ("/boot.cfg", ""),
        ("/efi/boot/boot.cfg", "/efi/boot"),
        ("efi/boot.cfg", "efi"),
        ("http://h/boot.cfg", "http://h"),
        ("http://h/D/boot.cfg", "http://h/D"),
    ],
)
def test_the_directory_of_boot_cfg(path: str, directory: str) -> None:
    assert directory_of(path) == directory


def test_the_base_name_is_the_last_part() -> None:
    assert [base_name(p) for p in ("/a/b.b00", "b.b00", "http://h/x")] == ["b.b00", "b.b00", "x"]


def by_the_letter(path: str) -> str:
    """What file_sanitize_path does, byte by byte."""
    scheme, out, slash = path.find("://"), "", False
    for at, char in enumerate(path):
        if char in "\b\t\n\v\f\r \xa0":
            continue
        if char in "/\\":
            if not slash or (scheme >= 0 and at < scheme + 3):
                out, slash = out + "/", True
        else:
            out, slash = out + char, False
    return out


@given(st.text("ab:/\\ \t.", max_size=24))
def test_tidying_is_what_mboot_does_byte_by_byte(path: str) -> None:
    assert tidy(path) == by_the_letter(path)
    if "://" not in path:
        assert tidy(tidy(path)) == tidy(path)
