"""Kinds of values: how a setting is written in TOML, what is refused, and the typed value that comes of it.

The same objects make the JSON Schema and docs/settings.md, so that what is taken and what is said cannot differ.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from hobnail.host.placeholders import LONGEST_VALUE, meaning

Value = object
"""What tomllib gives for a value: str, int, float, bool, a list or a dict of them."""


class WrongError(Exception):
    """A value that is not of its kind. `what` and `next_step` may be empty: then the kind's own words do."""

    def __init__(self, what: str = "", next_step: str = "") -> None:
        self.what = what
        self.next_step = next_step
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value."""

    words: str  # "a whole number from 0 to 4094"
    schema: Mapping[str, object]  # JSON Schema of it
    convert: Callable[[Value], object] = field(compare=False)  # raises WrongError
    secret: bool = False  # no message and no screen shows it whole
    check_bytes: Callable[[bytes], None] | None = field(default=None, compare=False)
    """For a kind that names a file: raises WrongError when its bytes are not what they should be."""
    names_file: bool = False
    is_content: bool = False  # the value itself is to be a file


_FACTORS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_FACTORS |= {"KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SIZE = re.compile(r"(\d{1,15}) ?([KMGT]?i?B?)", re.IGNORECASE)


def one_line(value: Value) -> str:
    """Return a text of one line without control characters."""
    if not isinstance(value, str):
        raise WrongError
    if any(ord(char) < 0x20 or ord(char) == 0x7F for char in value):
        raise WrongError("has a line break or another control character in it", "write it in one line")
    return value


def boolean() -> Kind:
    """True or false."""

    def convert(value: Value) -> bool:
        if not isinstance(value, bool):
            raise WrongError
        return value

    return Kind("true or false", {"type": "boolean"}, convert)


def integer(lowest: int, highest: int, unit: str = "") -> Kind:
    """A whole number."""
    words = f"a whole number from {lowest} to {highest}{f' ({unit})' if unit else ''}"

    def convert(value: Value) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise WrongError
        return value

    return Kind(words, {"type": "integer", "minimum": lowest, "maximum": highest}, convert)


def choice(*options: str | int, also: Mapping[object, str] | None = None) -> Kind:
    """One of a few; `also` are other ways to write them."""
    other = also or {}
    words = "one of " + ", ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in options)

    def convert(value: Value) -> str | int:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            if value in other:
                return other[value]
            if value in options and not isinstance(value, float):
                return value
        raise WrongError

    return Kind(words, {"enum": [*options, *other]}, convert)


def text(words: str = "a text in one line", *, longest: int = 4096) -> Kind:
    """Any text in one line."""

    def convert(value: Value) -> str:
        line = one_line(value)
        if len(line.encode()) > longest:
            raise WrongError(f"is longer than {longest} bytes", "shorten it")
        return line

    return Kind(words, {"type": "string", "maxLength": longest}, convert)


def long_text(words: str, *, longest: int) -> Kind:
    """A text that may have several lines."""

    def convert(value: Value) -> str:
        if not isinstance(value, str):
            raise WrongError
        if (length := len(value.encode())) > longest:
            raise WrongError(f"is {length} bytes long, {longest} is the limit", "shorten it")
        if any(ord(char) < 0x20 and char not in "\n\t" for char in value):
            raise WrongError("has a control character in it", "use only letters, blanks and line breaks")
        return value

    return Kind(words, {"type": "string", "maxLength": longest}, convert)


def pattern(words: str, regex: str, *, example: str = "", fold: Callable[[str], str] = str) -> Kind:
    """A text that matches `regex` as a whole, after `fold`."""
    compiled = re.compile(regex)

    def convert(value: Value) -> str:
        folded = fold(one_line(value))
        if not compiled.fullmatch(folded):
            raise WrongError("", f"write it like {example}" if example else "")
        return folded

    return Kind(words, {"type": "string"}, convert)


def uuid() -> Kind:
    """A UUID; all zeros and all ones are what machines without one say (SMBIOS 3.6, 7.2.1)."""

    def convert(value: Value) -> str:
        words = one_line(value).lower()
        if not _UUID.fullmatch(words):
            raise WrongError
        if set(words) <= {"0", "-"} or set(words) <= {"f", "-"}:
            raise WrongError("is what every machine without a UUID says", "tell the machine by its MAC address")
        return words

    return Kind("a UUID", {"type": "string", "pattern": "^[0-9A-Fa-f-]{36}$"}, convert)


def firmware_text() -> Kind:
    """A serial number or an asset tag; what many machines say alike would never be found (host/placeholders.py)."""

    def convert(value: Value) -> str:
        line = one_line(value)
        if len(line.strip()) > LONGEST_VALUE:
            raise WrongError(f"is longer than {LONGEST_VALUE} characters", "write it as `dmidecode` shows it")
        if not meaning(line):
            raise WrongError("is what many machines say, so it names none", "tell the machine by its MAC address")
        return line

    return Kind("a text as the firmware has it", {"type": "string", "maxLength": LONGEST_VALUE}, convert)


def list_of(kind: Kind, words: str, *, or_one: bool = False) -> Kind:
    """A list; with `or_one` a single value stands for a list of one. Becomes a tuple."""

    def convert(value: Value) -> tuple[object, ...]:
        if or_one and isinstance(value, str):
            value = [value]
        if not isinstance(value, list):
            raise WrongError("", f'write a list: ["{value}"]' if isinstance(value, str) and not kind.secret else "")
        converted = []
        for number, one in enumerate(value, start=1):
            try:
                converted.append(kind.convert(one))
            except WrongError as error:
                what = error.what or f"is not {kind.words}"
                raise WrongError(f"entry {number} {what}", error.next_step) from None
        if len(set(converted)) != len(converted):
            raise WrongError("has an entry twice", "leave one of them out")
        return tuple(converted)

    array: dict[str, object] = {"type": "array", "items": dict(kind.schema), "uniqueItems": True}
    schema = {"anyOf": [dict(kind.schema), array]} if or_one else array
    return Kind(words, schema, convert, secret=kind.secret)


def size_in_bytes() -> Kind:
    """A number of bytes, or a text with a unit: "40 GB" is 40 * 10**9, "40 GiB" is 40 * 2**30."""

    def convert(value: Value) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 60:
            return value
        match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None or (unit := match[2].upper()) not in _FACTORS or not int(match[1]):
            raise WrongError
        return int(match[1]) * _FACTORS[unit]

    schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]}
    return Kind('a size such as "40 GB", "16 GiB" or a number of bytes', schema, convert)


def absolute_path(words: str) -> Kind:
    """A path on the host: absolute, without . or .. in it."""

    def convert(value: Value) -> str:
        path = one_line(value)
        if not path.startswith("/"):
            raise WrongError("is not an absolute path", "begin it with /")
        names = path[1:].split("/")
        if ".." in names:
            raise WrongError("has .. in it", "write the path without detours")
        if "." in names or "" in names:
            raise WrongError("is not the path of a file", "write it like /etc/motd: no //, no /./, no / at the end")
        if len(path.encode()) > _LONGEST_PATH:
            raise WrongError(f"is longer than {_LONGEST_PATH} bytes", "choose a shorter path")
        return path

    return Kind(words, {"type": "string", "pattern": "^/"}, convert)


_LONGEST_PATH = 255
"""Bytes: what ustar's two fields take with room for a folder (POSIX.1-1988: 155 + 1 + 100)."""


def number_or_text() -> Kind:
    """What an advanced option may be."""

    def convert(value: Value) -> int | str:
        if isinstance(value, bool) and value:
            raise WrongError("is no value of an advanced option", "write 1")
        if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) <= value < 1 << 63:
            return value
        return one_line(value)

    return Kind("a whole number or a text", {"type": ["integer", "string"]}, convert)


def octal_mode() -> Kind:
    """A file's mode, as chmod(1) takes it."""

    def convert(value: Value) -> int:
        if not isinstance(value, str) or not re.fullmatch(r"0?[0-7]{3,4}", value):
            raise WrongError("", 'write it as a text in octal, like "0644"')
        return int(value, 8)

    return Kind('octal digits as a text, like "0644"', {"type": "string", "pattern": "^0?[0-7]{3,4}$"}, convert)


def shown(value: Value, *, secret: bool = False) -> str:
    """Return a value as messages and screens show it: one line, not long, and of a secret only its start."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        if secret or "PRIVATE KEY" in value:
            return f'"{value[:_START]}…"' if value.startswith("$") else "(not shown)"
        flat = value.replace("\\", "\\\\").replace('"', '\\"')
        flat = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in flat.replace("\n", "\\n"))
        return f'"{flat}"' if len(flat) <= _SHOWN else f'"{flat[:_SHOWN]}…"'
    if isinstance(value, Sequence):
        words = "[" + ", ".join(shown(one, secret=secret) for one in value[:_ENTRIES])
        return words + (", …]" if len(value) > _ENTRIES else "]")
    if isinstance(value, Mapping):
        return "a table"
    return str(value)


_SHOWN = 60
_ENTRIES = 5
_START = 6
"""Characters of a hash that are shown: which method, and a little of its salt."""
