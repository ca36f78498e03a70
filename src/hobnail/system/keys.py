"""What takes chance: a host's own keys and certificate, made once on the server so that they survive stateless boots.

RSA 2048 and ECDSA P-256 are what ESXi takes for SSH host keys (facts, host state 4 and 7); 3.5 and 4.x have dropbear
and read its form of the RSA key. The certificate is self-signed: the server can pin it before the first contact.
"""

import re
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from hobnail.errors import UserError
from hobnail.profile.password import SALT_ALPHABET, SALT_LENGTH, Scheme
from hobnail.profile.settings import HostSecrets

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

RSA_BITS = 2048
VALIDITY = timedelta(days=3652)
"""Ten years with their leap days."""
CLOCKS_APART = timedelta(days=1)
"""The certificate is valid this long before it is made: a host's clock may be behind until NTP has set it."""

_COMMON_NAME = 64
"""Characters of a common name (RFC 5280, appendix A.1, ub-common-name)."""
_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


def make_salt(scheme: Scheme) -> str:
    """Return a salt for a password hash, which nobody can foretell."""
    return "".join(secrets.choice(SALT_ALPHABET) for _ in range(SALT_LENGTH[scheme]))


def make_host_secrets(host_name: str, now: datetime, *, also: Iterable[str] = ()) -> HostSecrets:
    """Make all keys of a host, and a certificate for its name that is valid for ten years from `now`.

    `now` tells its time zone. `also` are further names and IP addresses that the certificate is to hold (the name
    with its domain, the management address). Takes some tenths of a second. UserError for what is no name or address.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    names = tuple(dict.fromkeys((host_name, *also)))  # each once, in this order
    for name in names:
        _general_name(name)  # before the keys, which take their time
    ssh_key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    tls_key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return HostSecrets(
        rsa_key=_pem(ssh_key),
        ecdsa_key=_pem(ec.generate_private_key(ec.SECP256R1())),
        dropbear_key=dropbear_form(ssh_key),
        tls_key=_pem(tls_key),
        tls_certificate=_certificate(tls_key, names, now),
    )


def dropbear_form(key: "RSAPrivateKey") -> bytes:
    """Return an RSA key as dropbear reads it."""
    from hobnail.formats.dropbear_key import RsaNumbers, dropbear_rsa

    private = key.private_numbers()
    public = private.public_numbers
    return dropbear_rsa(RsaNumbers(public.e, public.n, private.d, private.p, private.q))


def _pem(key: "RSAPrivateKey | EllipticCurvePrivateKey") -> str:
    """Return a private key in OpenSSL's traditional form, which every generation's sshd and hostd read."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode("ascii")


def _certificate(key: "RSAPrivateKey", names: tuple[str, ...], now: datetime) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    moment = now.astimezone(UTC).replace(microsecond=0)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_COMMON_NAME])])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_encipherment=True,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - CLOCKS_APART)
        .not_valid_after(moment + VALIDITY)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode("ascii")


def _general_name(name: str) -> "x509.GeneralName":
    from cryptography import x509

    address = _address(name)
    if address is not None:
        return x509.IPAddress(address)
    if not _NAME.fullmatch(name):
        raise UserError(
            f"{name!r} is no name that a certificate can hold",
            next_step="use letters, digits and hyphens, at most 63 between two dots",
        )
    return x509.DNSName(name)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
