"""A certificate authority for tests: it signs what is asked for, in RSA, as firmware knows it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    """Return a key that is the name's own; making one takes a tenth of a second."""
    assert name
    return rsa.generate_private_key(65537, 2048)


def pem_of(key: rsa.RSAPrivateKey, password: bytes | None = None) -> bytes:
    """Return a private key as text."""
    how = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True)
class Authority:
    """Signs certificates; its own is `certificate`."""

    name: str = "Test CA"
    above: "Authority | None" = None
    certificate: x509.Certificate = field(init=False)

    def __post_init__(self) -> None:
        above = self.above or self
        builder = _builder(self.name, above.name, self.name, NOW - 9 * DAY, NOW + 9 * DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
        object.__setattr__(self, "certificate", builder.sign(key_of(above.name), hashes.SHA256()))

    @property
    def pem(self) -> bytes:
        """Its own certificate as text."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        """Its own certificate as bytes."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def sign(
        self,
        *hosts: str,
        key: str = "server",
        start: datetime = NOW - DAY,
        end: datetime = NOW + DAY,
        uses: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.SERVER_AUTH,),
    ) -> bytes:
        """Return a certificate for some addresses and DNS names, as text."""
        builder = _builder("the server", self.name, key, start, end)
        if hosts:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(map(_host, hosts))), critical=False)
        if uses:
            builder = builder.add_extension(x509.ExtendedKeyUsage(uses), critical=False)
        signed = builder.sign(key_of(self.name), hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.PEM)


def _builder(subject: str, issuer: str, key: str, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key_of(key).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(IPv4Address(text))
    except ValueError:
        return x509.DNSName(text)


def write_pair(folder: Path, certificate: bytes, key: bytes | None = None) -> tuple[Path, Path]:
    """Write a certificate and its key down, and return both files."""
    folder.mkdir(exist_ok=True)
    files = folder / "certificate.pem", folder / "key.pem"
    for file, data in zip(files, (certificate, key or pem_of(key_of("server"))), strict=True):
        file.write_bytes(data)
    return files
