"""Which key of which release a written key is, and what passes for a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import UserError
from hobnail.formats.bootcfg_keys import (
    MBOOT_TABLE,
    SAFEBOOT_TABLE,
    find_key,
    is_number,
    parse_release,
    release_text,
)

OLD = "kernel kernelopt modules title prefix nobootif timeout noquirks norts"
BY_RELEASE = {
    "5.0": OLD,
    "6.7": OLD,
    "7.0": OLD,
    "7.0.2": f"{OLD} nativehttp crypto",
    "7.0U3": f"{OLD} nativehttp crypto",
    "8.0": f"{OLD} nativehttp crypto runtimewd tftpblksize acpitables runtimewdtimeout",
    "8.0.1": f"{OLD} nativehttp crypto runtimewd tftpblksize acpitables runtimewdtimeout skip errtimeout",
    "8.0.2": f"{OLD} nativehttp crypto runtimewd tftpblksize acpitables runtimewdtimeout skip errtimeout",
    "9.0": f"{OLD} crypto runtimewd tftpblksize acpitables runtimewdtimeout skip errtimeout",
    "9.1.1": f"{OLD} crypto runtimewd tftpblksize acpitables runtimewdtimeout skip errtimeout",
}


@pytest.mark.parametrize(("release", "keys"), BY_RELEASE.items())
def test_the_table_of_each_release_in_its_order(release: str, keys: str) -> None:
    number = parse_release(release)
    assert [key.name for key in MBOOT_TABLE if key.known_to(number)] == keys.split()


@pytest.mark.parametrize(
    ("written", "release", "key"),
    [
        ("kernel", None, "kernel"),
        ("KERNELOPT", None, "kernelopt"),
        ("kernelo", None, "kernelopt"),
        ("", None, "kernel"),
        ("k", None, "kernel"),
        ("t", "9.0", "title"),
        ("ti", "9.0", "title"),
        ("tim", "9.0", "timeout"),
        ("tf", "7.0", None),
        ("tf", "8.0", "tftpblksize"),
        ("no", None, "nobootif"),
        ("nor", None, "norts"),
        ("r", "9.0", "runtimewd"),
        ("runtimewdt", "9.0", "runtimewdtimeout"),
        ("na", "8.0", "nativehttp"),
        ("na", "9.0", None),
        ("kernels", None, None),
        ("kernel ", None, None),
        ("build", None, None),
    ],
)
def test_a_key_is_the_first_that_it_begins(written: str, release: str | None, key: str | None) -> None:
    found = find_key(written, MBOOT_TABLE, parse_release(release) if release else None)
    assert (found.name if found else None) == key


def test_safeboot_has_a_table_of_its_own() -> None:
    assert [key.name for key in SAFEBOOT_TABLE if key.known_to((6, 7, 0))] == ["build", "updated", "bootstate"]
    assert [find_key(w, SAFEBOOT_TABLE) for w in ("", "b", "BO", "x")] == [
        *(SAFEBOOT_TABLE[n] for n in (0, 0, 2)),
        None,
    ]


@pytest.mark.parametrize(
    ("value", "before_801", "since_801"),
    [
        ("5", True, True),
        ("-1", False, True),
        ("-", False, True),
        ("5s", False, False),
        ("+5", False, False),
        ("0x5", False, False),
        ("1 2", False, False),
        ("--1", False, False),
        ("٣", False, False),
    ],
)
def test_numbers(value: str, before_801: bool, since_801: bool) -> None:
    assert is_number(value, parse_release("8.0")) is before_801
    assert is_number(value, parse_release("8.0.1")) is since_801
    assert is_number(value) is since_801


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("7.0", (7, 0, 0)),
        ("7", (7, 0, 0)),
        ("7.0.2", (7, 0, 2)),
        ("8.0U3", (8, 0, 3)),
        ("7.0u2a", (7, 0, 2)),
        ("7.0.3-0.5.18825058", (7, 0, 3)),
        ("9.1.1.25714478", (9, 1, 1)),
    ],
)
def test_releases_as_people_write_them(text: str, release: tuple[int, ...]) -> None:
    assert parse_release(text) == release


@pytest.mark.parametrize("text", ["", "seven", "-7", "7,0", "7.0 beta", "7.0.2\n8"])
def test_what_is_no_release_is_the_users_error(text: str) -> None:
    with pytest.raises(UserError, match="is no release of ESXi"):
        parse_release(text)


@given(st.tuples(*[st.integers(0, 99)] * 3))
def test_a_release_that_is_written_is_read(release: tuple[int, ...]) -> None:
    assert parse_release(release_text(release)) == release
