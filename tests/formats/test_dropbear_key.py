"""dropbear's key file, against dropbear's own converter and ssh-keygen."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.formats.dropbear_key import RsaNumbers, dropbear_rsa, parse_dropbear_rsa
from tests.tools import need_tool

NUMBERS = RsaNumbers(e=3, n=0x7F, d=0x80, p=0xFF, q=0x100)
FILE = bytes.fromhex("000000077373682d727361 0000000103 000000017f 000000020080 0000000200ff 000000020100")


def test_the_bytes() -> None:
    assert dropbear_rsa(NUMBERS) == FILE
    assert parse_dropbear_rsa(FILE) == NUMBERS


@given(st.builds(RsaNumbers, *[st.integers(1, 1 << 2100)] * 5))
def test_what_is_written_is_read(numbers: RsaNumbers) -> None:
    assert parse_dropbear_rsa(dropbear_rsa(numbers)) == numbers


@pytest.mark.parametrize("number", [0, -1])
def test_no_key_has_such_a_number(number: int) -> None:
    with pytest.raises(ValueError, match="above 0"):
        dropbear_rsa(RsaNumbers(3, 5, number, 7, 11))


@pytest.mark.parametrize("end", range(len(FILE)))
def test_a_file_that_ends_too_early(end: int) -> None:
    with pytest.raises(MediumError):
        parse_dropbear_rsa(FILE[:end])


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (FILE + b"\0", len(FILE)),
        (FILE.replace(b"ssh-rsa", b"ssh-dss"), 0),
        (FILE.replace(bytes.fromhex("0000000103"), bytes.fromhex("000000020003")), 11),
        (FILE.replace(bytes.fromhex("0000000103"), bytes.fromhex("0000000183")), 11),
    ],
    ids=["too long", "DSS", "not the shortest form", "negative"],
)
def test_another_file(data: bytes, offset: int) -> None:
    with pytest.raises(MediumError) as caught:
        parse_dropbear_rsa(data)
    assert caught.value.offset == offset


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    try:
        numbers = parse_dropbear_rsa(data)
    except MediumError:
        return
    assert dropbear_rsa(numbers) == data


def test_dropbear_reads_it_as_the_same_key(tmp_path: Path) -> None:
    need_tool("dropbearconvert", "ssh-keygen")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_numbers()
    numbers = RsaNumbers(private.public_numbers.e, private.public_numbers.n, private.d, private.p, private.q)
    tmp_path.joinpath("key").write_bytes(dropbear_rsa(numbers))
    subprocess.run(
        ["dropbearconvert", "dropbear", "openssh", tmp_path / "key", tmp_path / "openssh"],
        check=True,
        capture_output=True,
    )
    tmp_path.joinpath("openssh").chmod(0o600)
    shown = subprocess.run(["ssh-keygen", "-y", "-f", tmp_path / "openssh"], check=True, capture_output=True)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert shown.stdout.split()[:2] == public.split()[:2]


def test_what_dropbear_makes_is_read(tmp_path: Path) -> None:
    need_tool("dropbearkey")
    subprocess.run(
        ["dropbearkey", "-t", "rsa", "-s", "1024", "-f", tmp_path / "key"], check=True, capture_output=True
    )
    numbers = parse_dropbear_rsa(tmp_path.joinpath("key").read_bytes())
    assert numbers.p * numbers.q == numbers.n
    assert dropbear_rsa(numbers) == tmp_path.joinpath("key").read_bytes()
