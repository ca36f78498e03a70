"""The RSA host key file of dropbear, the SSH server of ESX 3.5 and 4.x.

One string "ssh-rsa" and five mpints, e n d p q, by RFC 4251 section 5 (facts, host state 7; checked with dropbear's
own dropbearconvert). Nothing encrypts or signs it: whoever can read the file has the key.
"""

from dataclasses import dataclass

from hobnail.errors import MediumError

_NAME = b"ssh-rsa"
_WHERE = "dropbear key"


@dataclass(frozen=True, slots=True)
class RsaNumbers:
    """The numbers of an RSA private key: n = p * q."""

    e: int
    n: int
    d: int
    p: int
    q: int


def dropbear_rsa(numbers: RsaNumbers) -> bytes:
    """Return the file that dropbear reads. ValueError for a number that no key has."""
    values = (numbers.e, numbers.n, numbers.d, numbers.p, numbers.q)
    if any(value <= 0 for value in values):
        raise ValueError("the numbers of an RSA key are above 0")
    return _string(_NAME) + b"".join(_mpint(value) for value in values)


def parse_dropbear_rsa(data: bytes) -> RsaNumbers:
    """Read what `dropbear_rsa` writes. MediumError for anything else."""
    name, rest = _take(data)
    if name != _NAME:
        raise MediumError("is no RSA key of dropbear", where=_WHERE, offset=0)
    values = []
    for _ in range(5):
        start = len(data) - len(rest)
        body, rest = _take(rest, start)
        value = int.from_bytes(body, "big", signed=True)
        if value <= 0 or _mpint(value)[4:] != body:
            raise MediumError("a number that is not above 0, or not in its shortest form", where=_WHERE, offset=start)
        values.append(value)
    if rest:
        raise MediumError(f"{len(rest)} bytes too many", where=_WHERE, offset=len(data) - len(rest))
    return RsaNumbers(*values)


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _mpint(value: int) -> bytes:
    """Two's complement, big-endian, as short as can be: a leading zero byte where the top bit is set."""
    return _string(value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _take(data: bytes, start: int = 0) -> tuple[bytes, bytes]:
    length = int.from_bytes(data[:4], "big")
    if len(data) < 4 or len(data) - 4 < length:
        raise MediumError("ends too early", where=_WHERE, offset=start)
    return data[4 : 4 + length], data[4 + length :]
