"""A host's keys, as OpenSSH, OpenSSL and dropbear see them."""

import ssl
import subprocess
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from hobnail.errors import UserError
from hobnail.profile.settings import HostSecrets
from hobnail.system.keys import make_host_secrets
from tests.tools import need_tool

NOW = datetime(2026, 2, 28, 23, 30, tzinfo=timezone(timedelta(hours=-5)))


@pytest.fixture(scope="module")
def secrets() -> HostSecrets:
    return make_host_secrets("esx1", NOW, also=("esx1.example.org", "192.0.2.7", "esx1"))


def certificate(secrets: HostSecrets) -> x509.Certificate:
    return x509.load_pem_x509_certificate(secrets.tls_certificate.encode())


def test_the_forms_that_every_generation_reads(secrets: HostSecrets) -> None:
    assert secrets.rsa_key.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert secrets.ecdsa_key.startswith("-----BEGIN EC PRIVATE KEY-----\n")
    assert secrets.tls_key.startswith("-----BEGIN RSA PRIVATE KEY-----\n")
    assert secrets.rsa_key != secrets.tls_key
    for pem in (secrets.rsa_key, secrets.ecdsa_key, secrets.tls_key, secrets.tls_certificate):
        assert pem.endswith("-----\n")


@pytest.mark.parametrize(("name", "kind"), [("rsa_key", "ssh-rsa"), ("ecdsa_key", "ecdsa-sha2-nistp256")])
def test_openssh_reads_them(secrets: HostSecrets, tmp_path: Path, name: str, kind: str) -> None:
    need_tool("ssh-keygen")
    file = tmp_path / "key"
    file.write_text(getattr(secrets, name))
    file.chmod(0o600)
    public = subprocess.run(["ssh-keygen", "-y", "-f", file], check=True, capture_output=True, text=True).stdout
    assert public.split()[0] == kind


def test_dropbear_has_the_same_rsa_key(secrets: HostSecrets, tmp_path: Path) -> None:
    need_tool("dropbearkey", "ssh-keygen")
    file = tmp_path / "dropbear"
    file.write_bytes(secrets.dropbear_key)
    shown = subprocess.run(["dropbearkey", "-y", "-f", file], check=True, capture_output=True, text=True).stdout
    key = serialization.load_pem_private_key(secrets.rsa_key.encode(), None)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    assert public.decode() in shown


def test_the_certificate_holds_the_names_and_ten_years(secrets: HostSecrets) -> None:
    made = certificate(secrets)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["esx1", "esx1.example.org"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("192.0.2.7")]
    assert made.subject == made.issuer
    assert made.subject.rfc4514_string() == "CN=esx1"
    assert made.not_valid_before_utc == datetime(2026, 2, 28, 4, 30, tzinfo=UTC)
    assert made.not_valid_after_utc == datetime(2036, 2, 29, 4, 30, tzinfo=UTC)


def test_openssl_takes_key_and_certificate_together(secrets: HostSecrets, tmp_path: Path) -> None:
    tmp_path.joinpath("rui.key").write_text(secrets.tls_key)
    tmp_path.joinpath("rui.crt").write_text(secrets.tls_certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "rui.crt", tmp_path / "rui.key")
    need_tool("openssl")
    verify = (
        f"openssl verify -attime {int(NOW.timestamp())} -verify_hostname esx1.example.org -CAfile rui.crt rui.crt"
    )
    checked = subprocess.run(verify.split(), check=False, capture_output=True, text=True, cwd=tmp_path)
    assert checked.returncode == 0, checked.stderr


def test_a_long_name_is_whole_among_the_names() -> None:
    name = ".".join(["a" * 60] * 3)
    made = certificate(make_host_secrets(name, NOW))
    assert made.subject.rfc4514_string() == f"CN={name[:64]}"
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [name]


@pytest.mark.parametrize("name", ["", "esx 1", "esx1\n", "-esx", "é", "a" * 64, "esx1."])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(UserError, match="no name that a certificate can hold"):
        make_host_secrets(name, NOW)


def test_two_hosts_have_nothing_in_common(secrets: HostSecrets) -> None:
    other = make_host_secrets("esx1", NOW)
    assert not {secrets.rsa_key, secrets.ecdsa_key, secrets.tls_key} & {other.rsa_key, other.ecdsa_key, other.tls_key}
    assert certificate(secrets).serial_number != certificate(other).serial_number
