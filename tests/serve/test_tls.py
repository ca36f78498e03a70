"""The user's certificate: what is taken, and one clear line for each way in which it does not fit."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hobnail.errors import UserError
from hobnail.serve.tls import load_certificate
from tests.authority import DAY, NOW, Authority, key_of, pem_of, write_pair

ROOT = Authority()
MIDDLE = Authority("Issuing CA", ROOT)
HOST = IPv4Address("10.77.0.1")
AT = NOW.timestamp()


def test_a_chain_that_fits(tmp_path: Path) -> None:
    chain = MIDDLE.sign("boot.example.org", "10.77.0.1", end=NOW + 2 * DAY) + MIDDLE.pem
    loaded = load_certificate(*write_pair(tmp_path, chain), HOST, AT)
    assert loaded.context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert abs(loaded.ends - (NOW + 2 * DAY)) < timedelta(seconds=2)


@pytest.mark.parametrize(
    ("names", "host"),
    [
        (("boot.example.org",), "boot.example.org"),
        (("BOOT.example.ORG",), "boot.EXAMPLE.org"),
        (("*.example.org",), "boot.example.org"),
    ],
)
def test_names_that_match(names: tuple[str, ...], host: str, tmp_path: Path) -> None:
    assert load_certificate(*write_pair(tmp_path, ROOT.sign(*names)), host, AT)


@pytest.mark.parametrize(
    ("names", "host", "said"),
    [
        (
            ("10.77.0.2",),
            HOST,
            r"is for 10\.77\.0\.2, and hosts are sent to https://10\.77\.0\.1; .*subjectAltName=IP",
        ),
        (("boot.example.org",), HOST, "is for boot.example.org, .*--https-name"),
        ((), HOST, "is for nothing .no subjectAltName"),
        (("10.77.0.1",), "boot.example.org", "hosts are sent to https://boot.example.org"),
        (("*.example.org",), "a.boot.example.org", "is for"),
        (("*.example.org",), "example.org", "is for"),
        (("example.org",), "boot.example.org", "is for"),
    ],
)
def test_a_certificate_for_another_host(
    names: tuple[str, ...], host: IPv4Address | str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        load_certificate(*write_pair(tmp_path, ROOT.sign(*names)), host, AT)


def damaged(text: bytes) -> bytes:
    middle = len(text) // 2
    return text[:middle] + b"AAAA" + text[middle + 4 :]


GOOD, KEY = ROOT.sign("10.77.0.1"), pem_of(key_of("server"))
CLIENTS_ONLY = (ExtendedKeyUsageOID.CLIENT_AUTH,)
BAD: dict[str, tuple[bytes, bytes, str]] = {
    "another key": (GOOD, pem_of(key_of("other")), "the key is not that of the certificate for CN=the server"),
    "ended": (ROOT.sign("10.77.0.1", start=NOW - 3 * DAY, end=NOW - DAY), KEY, "CN=the server ended on .*; renew it"),
    "not yet": (
        ROOT.sign("10.77.0.1", start=NOW + DAY, end=NOW + 2 * DAY),
        KEY,
        "valid only from .*clock, which says",
    ),
    "for clients": (ROOT.sign("10.77.0.1", uses=CLIENTS_ONLY), KEY, "not for servers"),
    "issuer first": (MIDDLE.pem + MIDDLE.sign("10.77.0.1"), KEY, "key belongs to a later certificate"),
    "foreign issuer": (MIDDLE.sign("10.77.0.1") + ROOT.pem, KEY, "is not signed by the one after it .CN=Test CA"),
    "empty": (b"", KEY, "certificate.pem: holds no certificate in PEM form"),
    "text": (b"hello\n", KEY, "holds no certificate in PEM form"),
    "der": (ROOT.der, KEY, "openssl x509 -inform DER -in certificate.pem"),
    "damaged certificate": (damaged(GOOD), KEY, "holds no certificate|key is not that of|damaged"),
    "cut certificate": (GOOD[:-200], KEY, "holds no certificate"),
    "no key": (GOOD, GOOD, "key.pem: holds no private key"),
    "damaged key": (GOOD, KEY[:200] + KEY[300:], "damaged"),
    "encrypted key": (GOOD, pem_of(key_of("server"), b"secret"), "key is encrypted.*openssl pkey -in key.pem"),
    "large": (GOOD + bytes(2 << 20), KEY, "larger than 1048576 bytes"),
}


@pytest.mark.parametrize(("certificate", "key", "said"), BAD.values(), ids=BAD)
def test_what_does_not_fit_is_one_line(certificate: bytes, key: bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said) as raised:
        load_certificate(*write_pair(tmp_path, certificate, key), HOST, AT)
    assert "\n" not in str(raised.value)
    assert "PRIVATE KEY-----\n" not in str(raised.value)


def no_file(folder: Path) -> tuple[Path, Path]:
    return folder / "none.pem", folder / "key.pem"


def no_key(folder: Path) -> tuple[Path, Path]:
    certificate, _ = write_pair(folder, GOOD)
    return certificate, folder / "none.pem"


def a_folder(folder: Path) -> tuple[Path, Path]:
    return folder, folder


@pytest.mark.parametrize("files", [no_file, no_key, a_folder])
def test_files_that_cannot_be_read(files: Callable[[Path], tuple[Path, Path]], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read: (No such file|Is a directory)"):
        load_certificate(*files(tmp_path), HOST, AT)


def test_without_extended_key_usage_it_is_for_every_use(tmp_path: Path) -> None:
    assert load_certificate(*write_pair(tmp_path, ROOT.sign("10.77.0.1", uses=())), HOST, AT)
    assert x509.load_pem_x509_certificate(GOOD).extensions
