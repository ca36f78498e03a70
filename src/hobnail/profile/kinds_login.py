"""Kinds of values that let people in, and files: hashes, keys, licences, what is laid over the image."""

import base64
import binascii
import hashlib
import re
import struct

from hobnail.boot.plan import LOADER_OPTIONS
from hobnail.errors import UserError
from hobnail.profile.kinds import Kind, Value, WrongError, one_line
from hobnail.profile.password import check_hash
from hobnail.profile.settings import Source

MAX_FILE = 64 << 20
"""Bytes of one file that a settings file names, and of a settings file itself."""

_KEY_TYPE = re.compile(r"(?:ssh-|ecdsa-sha2-|sk-ssh-|sk-ecdsa-)[a-z0-9@.-]+")
_LICENSE = re.compile(r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}")


def password_hash() -> Kind:
    """A hash as crypt(3) makes it. A password in clear is refused, and never repeated in the message."""

    def convert(value: Value) -> str:
        words = one_line(value)
        try:
            check_hash(words, where="")
        except UserError as error:
            raise WrongError(f"is {error.what}", error.next_step or "") from None
        return words

    schema = {"type": "string", "pattern": r"^\$[16]\$[./0-9A-Za-z]+\$[./0-9A-Za-z]+$"}
    return Kind("a hash of crypt(3): $6$… (sha512), or $1$… (md5) for 3.5", schema, convert, secret=True)


def _key_blob(words: list[str]) -> bool:
    """Whether two words are a type and a key of that type, which begins with it (RFC 4253, section 6.6)."""
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (binascii.Error, ValueError):
        return False
    kind = words[0].encode()
    return blob.startswith(struct.pack(">I", len(kind)) + kind) and len(blob) > len(kind) + 4


def _split(line: str) -> list[str]:
    """Split at blanks, but not at those within quotes (options such as command="…", sshd(8))."""
    return re.findall(r'(?:[^\s"]|"(?:[^"\\]|\\.)*")+', line)


def key_line(value: Value) -> str:
    """Return a line of authorized_keys as it is; WrongError, which repeats nothing of it, when it is none."""
    if isinstance(value, str) and "PRIVATE KEY" in value:
        raise WrongError(
            "is a private key", "keep that secret: what goes here is the line in the .pub file beside it"
        )
    line = one_line(value).strip()
    words = _split(line)
    at = next((number for number, word in enumerate(words) if _KEY_TYPE.fullmatch(word)), None)
    if at is None or at > 1 or len(words) < at + 2:
        raise WrongError("is no line of authorized_keys", "write it like: ssh-ed25519 AAAA… name")
    if not _key_blob(words[at : at + 2]):
        raise WrongError(f"is no whole {words[at]} key", "copy the whole line from the .pub file")
    return line


def authorized_key() -> Kind:
    """A line of OpenSSH's authorized_keys."""
    return Kind("a line of authorized_keys", {"type": "string", "pattern": "(ssh|ecdsa|sk)-.* AAAA"}, key_line)


def key_lines_of(data: bytes) -> tuple[str, ...]:
    """Return the keys of an authorized_keys file; blank lines and comments are left out. WrongError as `key_line`."""
    if b"PRIVATE KEY" in data:
        raise WrongError("is a private key", "keep that secret: name the .pub file beside it")
    try:
        lines = data.decode().splitlines()
    except UnicodeDecodeError:
        raise WrongError("is no text", "name a file like ~/.ssh/authorized_keys") from None
    keys = []
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            try:
                keys.append(key_line(line))
            except WrongError as error:
                raise WrongError(f"line {number} {error.what}", error.next_step) from None
    return tuple(keys)


def license_key() -> Kind:
    """A licence key: five groups of five."""

    def convert(value: Value) -> str:
        words = one_line(value).strip().upper()
        if not _LICENSE.fullmatch(words):
            raise WrongError("is no licence key", "write five groups of five letters and digits with hyphens")
        return words

    return Kind("a licence key, five groups of five letters and digits", {"type": "string"}, convert, secret=True)


def kernel_options() -> Kind:
    """What the kernel is handed; `plan_for` checks it again beside what the image brings."""

    def convert(value: Value) -> str:
        words = one_line(value)
        if "---" in words.split() or any(not " " <= char <= "~" for char in words):
            raise WrongError(
                "cannot be handed to a kernel", "use printable ASCII and no lone ---, which parts modules"
            )
        return words

    return Kind("a text with options for the kernel", {"type": "string"}, convert)


def loader_options() -> Kind:
    """What mboot is told."""

    def convert(value: Value) -> str:
        words = one_line(value)
        if words and not LOADER_OPTIONS.fullmatch(words):
            step = "use -S PORT, -s BAUD, -H, -V, -D, -Q, -U, -e, -E SECONDS, -L LEVEL, -N 0|1 or -b BYTES"
            raise WrongError("are not options of mboot that can be set here", step)
        return words

    return Kind("a text with options for mboot, such as -S 1 -s 115200", {"type": "string"}, convert)


def _script(data: bytes) -> None:
    first = data.split(b"\n", 1)[0]
    if not first.startswith(b"#!"):
        raise WrongError("does not begin with #!", "make `#!/bin/sh` its first line: ESXi 8 runs nothing else")
    if first.endswith(b"\r"):
        raise WrongError("has Windows line ends", "convert it: `dos2unix` does")


def _module(data: bytes) -> None:
    if not data.startswith(b"\x1f\x8b"):
        raise WrongError("is not compressed with gzip", "name a ready-made module, a .tgz or .vgz")


def _keys(data: bytes) -> None:
    key_lines_of(data)


_CHECKS = {"script": _script, "module": _module, "authorized_keys": _keys}


def content(purpose: str = "") -> Kind:
    """The bytes of a file, as a text in the settings file; becomes a Source."""
    check = _CHECKS.get(purpose)

    def convert(value: Value) -> Source:
        if not isinstance(value, str):
            raise WrongError
        data = value.encode()
        if len(data) > MAX_FILE:
            raise WrongError(f"is {len(data)} bytes long, {MAX_FILE} is the limit", "make it smaller")
        if check is not None:
            check(data)
        return Source("content", hashlib.sha256(data).hexdigest(), len(data))

    return Kind("the text of the file", {"type": "string"}, convert, is_content=True)


def source(purpose: str = "") -> Kind:
    """The name of a file beside the settings file, or an absolute path."""

    def convert(value: Value) -> str:
        name = one_line(value)
        if ".." in name.split("/"):
            raise WrongError("has .. in it", "put the file beside the settings file, or write its absolute path")
        if name.endswith("/"):
            raise WrongError("is the name of a folder", "name a file")
        return name

    words = "the name of a file, relative to the settings file"
    return Kind(words, {"type": "string"}, convert, check_bytes=_CHECKS.get(purpose), names_file=True)
