"""Writing TOML: keys, values, whole files (https://toml.io/en/v1.0.0). tomllib only reads."""

import re
from collections.abc import Iterator, Mapping

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def quoted(text: str) -> str:
    """Return a text as a basic string."""
    return '"' + "".join(_ESCAPES.get(char) or _plain(char) for char in text) + '"'


def _plain(char: str) -> str:
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def key(name: str) -> str:
    """Return a key, in quotes where it needs them."""
    return name if _BARE.fullmatch(name) else quoted(name)


def dotted(path: tuple[str, ...]) -> str:
    """Return a path as a dotted key."""
    return ".".join(key(name) for name in path)


def toml(document: Mapping[str, object]) -> str:
    """Return a document as TOML: read by tomllib, it gives the same document."""
    return "\n".join(_table((), document)).strip("\n") + "\n"


def _table(path: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    tables = {name: value for name, value in table.items() if isinstance(value, Mapping)}
    values = {name: value for name, value in table.items() if name not in tables}
    if path and (values or not tables):
        yield f"\n[{dotted(path)}]"
    for name, value in values.items():
        yield f"{key(name)} = {_value(value)}"
    for name, inner in tables.items():
        yield from _table((*path, name), inner)


def _value(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _long(value) if value.count("\n") > 1 else quoted(value)
        case list():
            return "[" + ", ".join(_value(one) for one in value) + "]"
        case Mapping():
            return "{ " + ", ".join(f"{key(str(name))} = {_value(inner)}" for name, inner in value.items()) + " }"
        case _:
            return str(value)


def _long(text: str) -> str:
    """Return a text of several lines as they are, which people can read."""
    lines = (
        "".join(char if char == "\t" else _ESCAPES.get(char) or _plain(char) for char in line)
        for line in text.split("\n")
    )
    return '"""\n' + "\n".join(lines) + '"""'
