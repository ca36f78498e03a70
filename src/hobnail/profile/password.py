"""Root's password: the hashes that hosts read, how they are made, and what ESXi would say of the password.

A profile holds a hash, never a password (facts, host state 7): sha512-crypt from 4.0 on, md5-crypt for 3.5, both in
the plain form `$6$salt$hash` that needs no `rounds=`. No message repeats what was given: it may be a password.
"""

import re
from collections.abc import Mapping
from enum import StrEnum

from hobnail.errors import UserError
from hobnail.image.model import Generation

VENDOR_DEFAULT = "myp@ssw0rd"
"""The password of the installer's own ks.cfg, which every ESXi installation guide since 5.0 prints."""

MAKE_ONE = "`hobnail password` makes a hash"


class Scheme(StrEnum):
    """How crypt(3) makes a hash."""

    SHA512 = "sha512-crypt"
    MD5 = "md5-crypt"


SALT_ALPHABET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SALT_LENGTH: Mapping[Scheme, int] = {Scheme.SHA512: 16, Scheme.MD5: 8}

_SHAPES: Mapping[Scheme, re.Pattern[str]] = {
    Scheme.SHA512: re.compile(r"\$6\$[./0-9A-Za-z]{1,16}\$[./0-9A-Za-z]{86}"),
    Scheme.MD5: re.compile(r"\$1\$[./0-9A-Za-z]{1,8}\$[./0-9A-Za-z]{22}"),
}
_ROUNDS = 5000
"""sha512-crypt's own default: with it, and only with it, the hash has no `rounds=` (Drepper, SHA-crypt)."""


def scheme_of(text: str) -> Scheme | None:
    """Return how a hash was made; None for what is no hash that hosts read."""
    return next((scheme for scheme, shape in _SHAPES.items() if shape.fullmatch(text)), None)


def check_hash(text: str, *, where: str, generation: Generation | None = None) -> Scheme:
    """Return how a hash was made. UserError when it is none, or the generation cannot read it.

    `where` names the setting. The message does not repeat the hash.
    """
    scheme = scheme_of(text)
    if scheme is None:
        raise UserError(_what_is_wrong(text), where=where, next_step=MAKE_ONE)
    if generation is Generation.ESX35 and scheme is not Scheme.MD5:
        raise UserError(
            f"a {scheme} hash, which ESX 3.5 may not read",
            where=where,
            next_step="`hobnail password --md5` makes one",
        )
    return scheme


def _what_is_wrong(text: str) -> str:
    if re.match(r"\$[56]\$rounds=", text):
        return "a hash with rounds=, which is not the plain form that hosts read"
    if re.match(r"\$(6|1)\$", text):
        return "a hash that is damaged: its length or a character is not what it should be"
    if re.match(r"\$[0-9a-z]+\$", text):
        return "a hash of a kind that hosts may not read: $6$ and $1$ are known to work"
    return "no password hash, perhaps a password in clear text"


def hash_password(password: str, scheme: Scheme, salt: str) -> str:
    """Return a password's hash. UserError for a password that cannot be: empty, with NUL or a line end, the vendor's.

    `salt` is of SALT_LENGTH characters of SALT_ALPHABET, and never used twice.
    """
    if not password:
        raise UserError("the password is empty", next_step="to let nobody in by password, lock root in the profile")
    if any(char in password for char in "\0\r\n"):
        raise UserError("the password has a NUL or a line end in it", next_step="leave it out")
    if password == VENDOR_DEFAULT:
        raise UserError("that password is in the vendor's manual for everybody to read", next_step="take another")
    return _hash(password, scheme, salt)


def is_vendor_default(password_hash: str) -> bool:
    """Tell whether a hash is that of the password that the vendor's own ks.cfg sets."""
    scheme = scheme_of(password_hash)
    if scheme is None:
        return False
    return _hash(VENDOR_DEFAULT, scheme, password_hash.split("$")[2]) == password_hash


def _hash(password: str, scheme: Scheme, salt: str) -> str:
    from passlib.hash import md5_crypt, sha512_crypt  # libpass; not at the top: it takes its time

    maker = sha512_crypt.using(rounds=_ROUNDS, salt=salt) if scheme is Scheme.SHA512 else md5_crypt.using(salt=salt)
    return str(maker.hash(password))


def policy_doubts(password: str) -> tuple[str, ...]:
    """Return what ESXi's default policy would refuse a password for; a hash in a profile is not asked.

    Source: VMware vSphere 6.7 to 8.0, "ESXi Passwords and Account Lockout" (min=disabled,disabled,disabled,7,7):
    at least 7 and less than 40 characters, three of four classes, where neither an upper-case letter that begins nor
    a digit that ends the password counts; no user name in it. What it says of dictionary words is not checked here.
    """
    doubts = []
    if not 7 <= len(password) < 40:
        doubts.append(f"{len(password)} characters: 7 to 39 are wanted")
    inner = password[1:] if password[:1].isupper() else password
    inner = inner[:-1] if inner[-1:].isdigit() else inner
    classes = {_class_of(char) for char in inner}
    if len(classes) < 3:
        doubts.append(
            f"{len(classes)} of the four classes (lower case, upper case, digits, others) where three are wanted; "
            "an upper-case letter at the start and a digit at the end do not count"
        )
    if "root" in password.lower():
        doubts.append("the user name root is in it")
    return tuple(doubts)


def _class_of(char: str) -> str:
    if char.islower():
        return "lower"
    if char.isupper():
        return "upper"
    return "digit" if char.isdigit() else "other"
