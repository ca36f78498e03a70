"""The user's certificate for HTTPS: read and judged before anything starts, so that no host is the first to find out.

Sources: RFC 5280 (validity, subjectAltName, extendedKeyUsage), RFC 9525 (a name is matched with subjectAltName alone,
a wildcard stands for one label), RFC 8446 4.4.2 (own certificate first, then its issuers); EDK2, TlsAuthConfigLib and
HttpDxe (HttpsSupport.c): firmware compares the URL's host with the certificate, and trusts the authorities enrolled.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from hobnail.errors import UserError

LARGEST = 1 << 20
"""Bytes of a certificate or key file, at most."""

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:ECDHE+AES:DHE+AES:AES256-GCM-SHA384:AES128-GCM-SHA256:!aNULL:!SHA1"
"""Of TLS 1.2. Firmware built without elliptic curves has only the last ones (EDK2 before 2022.08)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that fits its key and the URL. `ends` is when the first of its chain is no longer valid."""

    context: ssl.SSLContext
    ends: datetime


def load_certificate(certificate: Path, key: Path, host: IPv4Address | str, now: float) -> Certificate:
    """Return a server's TLS settings; `host` is the address or DNS name that our URLs have, `now` seconds since 1970.

    UserError, in one line, for: a file that cannot be read or is none, a key that is encrypted or another
    certificate's, a chain in the wrong order, one that is not valid now, and one that is not for `host`.
    """
    chain = _chain(certificate)
    own = chain[0]
    _check_key(own, chain, certificate, key)
    _check_order(chain, certificate)
    at = datetime.fromtimestamp(now, UTC)
    for one in chain:
        _check_validity(one, at, certificate)
    _check_use(own, certificate)
    _check_host(own, host, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.set_ciphers(CIPHERS)
        context.load_cert_chain(certificate, key)
    except (ssl.SSLError, OSError) as error:
        raise UserError(f"OpenSSL does not take it: {error.strerror or error}", where=str(certificate)) from error
    context.set_alpn_protocols(["http/1.1"])
    return Certificate(context, min(one.not_valid_after_utc for one in chain))


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"the {what} cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > LARGEST:
        raise UserError(f"is larger than {LARGEST} bytes, so no {what}", where=str(path))
    return data


def _chain(path: Path) -> list[x509.Certificate]:
    data = _read(path, "certificate")
    try:
        chain = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        step = "name a PEM file: the server's certificate, then those of its issuers"
        if data.startswith(b"\x30"):
            step = f"turn it into PEM: openssl x509 -inform DER -in {path.name} -out certificate.pem"
        raise UserError("holds no certificate in PEM form", where=str(path), next_step=step) from error
    return chain


def _check_key(own: x509.Certificate, chain: Sequence[x509.Certificate], certificate: Path, path: Path) -> None:
    data = _read(path, "key")
    if b"PRIVATE KEY-----" not in data:
        raise UserError(
            "holds no private key in PEM form", where=str(path), next_step="name the file with BEGIN … PRIVATE KEY"
        )
    try:
        key = load_pem_private_key(data, None)
    except TypeError as error:
        raise UserError(
            "the key is encrypted, and nobody is there to type its password",
            where=str(path),
            next_step=f"write it without one, readable for root only: openssl pkey -in {path.name} -out key.pem",
        ) from error
    except ValueError as error:
        raise UserError("the private key cannot be read: it is damaged", where=str(path)) from error
    public = _public(key.public_key())
    if public == _public(own.public_key()):
        return
    if any(public == _public(one.public_key()) for one in chain[1:]):
        raise UserError(
            "the key belongs to a later certificate of the file",
            where=str(certificate),
            next_step="put the server's own certificate first, then its issuers",
        )
    raise UserError(
        f"the key is not that of the certificate for {_subject(own)} in {certificate}",
        where=str(path),
        next_step="name the key that the certificate was asked for with",
    )


def _public(key: object) -> bytes:
    try:
        return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined,no-any-return]
    except (AttributeError, ValueError):  # a kind of key that TLS has no use for
        return b""


def _check_order(chain: Sequence[x509.Certificate], path: Path) -> None:
    for one, issuer in pairwise(chain):
        try:
            one.verify_directly_issued_by(issuer)
        except Exception as error:  # InvalidSignature, ValueError, TypeError, by the kind of what is wrong
            raise UserError(
                f"the certificate for {_subject(one)} is not signed by the one after it ({_subject(issuer)})",
                where=str(path),
                next_step="put the server's own certificate first, then each issuer after what it signed",
            ) from error


def _check_validity(one: x509.Certificate, at: datetime, path: Path) -> None:
    if at > one.not_valid_after_utc:
        ended = f"{one.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        raise UserError(
            f"the certificate for {_subject(one)} ended on {ended}", where=str(path), next_step="renew it"
        )
    if at < one.not_valid_before_utc:
        begins = f"{one.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        raise UserError(
            f"the certificate for {_subject(one)} is valid only from {begins} on",
            where=str(path),
            next_step=f"look at this machine's clock, which says {at:%Y-%m-%d %H:%M} UTC",
        )


def _check_use(own: x509.Certificate, path: Path) -> None:
    try:
        uses = own.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return  # none said: for every use
    if not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & set(uses):
        raise UserError(
            f"the certificate for {_subject(own)} is not for servers (extendedKeyUsage lacks serverAuth)",
            where=str(path),
            next_step="ask for one that is",
        )


def _check_host(own: x509.Certificate, host: IPv4Address | str, path: Path) -> None:
    try:
        names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        names = x509.SubjectAlternativeName([])
    said: list[str] = [str(one) for one in names.get_values_for_type(x509.IPAddress)]
    domains = names.get_values_for_type(x509.DNSName)
    if isinstance(host, IPv4Address):
        if str(host) in said:
            return
        step = "add it (subjectAltName=IP:…), or name one of its DNS names with --https-name"
    else:
        if any(_matches(host.lower(), domain.lower()) for domain in domains):
            return
        step = "name one that it is for with --https-name"
    there = ", ".join([*domains, *said]) or "nothing (no subjectAltName)"
    what = f"the certificate is for {there}, and hosts are sent to https://{host}"
    raise UserError(what, where=str(path), next_step=step)


def _matches(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:] != ""
    return host == pattern


def _subject(one: x509.Certificate) -> str:
    return one.subject.rfc4514_string() or f"serial number {one.serial_number:x}"
