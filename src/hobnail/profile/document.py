"""A settings file, or a folder of them, as one document: tables and values as written, and where each key stands."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hobnail.errors import UserError
from hobnail.profile.problems import InvalidSettingsError, Place
from hobnail.profile.quoting import dotted
from hobnail.profile.toml_lines import key_lines

_AT = re.compile(r" \(at line (\d+), column (\d+)\)| \(at end of document\)")


class Places:
    """Key -> file and line. Kept as JSON beside the settings, and only read when somebody asks."""

    def __init__(self, lines: Mapping[tuple[str, ...], Place]) -> None:
        self._lines: Mapping[tuple[str, ...], tuple[str, int]] | None = {
            path: (place.file, place.line) for path, place in lines.items()
        }
        self._text = ""

    @classmethod
    def load(cls, text: str) -> "Places":
        """Take what `dump` gave."""
        places = cls({})
        places._lines = None
        places._text = text
        return places

    def dump(self) -> str:
        """Return all of it as JSON: [[file, line, name, name …], …]."""
        return json.dumps([[*place, *path] for path, place in self._all().items()], separators=(",", ":"))

    def __call__(self, path: tuple[str, ...]) -> Place | None:
        """Say where a key stands, or else the nearest table around it."""
        lines = self._all()
        for length in range(len(path), 0, -1):
            if place := lines.get(path[:length]):
                return Place(*place)
        return None

    def _all(self) -> Mapping[tuple[str, ...], tuple[str, int]]:
        if self._lines is None:
            self._lines = {tuple(one[2:]): (one[0], one[1]) for one in json.loads(self._text or "[]")}
        return self._lines


@dataclass(frozen=True, slots=True)
class Document:
    """What was written. `tables` is as tomllib gives it."""

    tables: Mapping[str, object]
    places: Places


def read_document(texts: Iterable[tuple[str, bytes]]) -> Document:
    """Read files, each with the name that people know it by, as one document.

    InvalidSettingsError for what is no TOML, and for a key that two files say.
    """
    tables: dict[str, object] = {}
    lines: dict[tuple[str, ...], Place] = {}
    errors: list[UserError] = []
    for name, data in texts:
        try:
            text = _decode(name, data)
            read = _read(name, text)
        except UserError as error:
            errors.append(error)
            continue
        found = {path: Place(name, line) for path, line in key_lines(text).items()}
        for path in _join(tables, read):
            first, second = lines.get(path), found.get(path, Place(name))
            errors.append(
                UserError(
                    f"{dotted(path)} is set in {first} too", where=str(second), next_step="leave one of them out"
                )
            )
        lines = found | lines
    if errors:
        raise InvalidSettingsError(errors)
    return Document(tables, Places(lines))


def _decode(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"byte {data[error.start]:#04x} is no UTF-8", where=f"{name}:{line}", next_step="save the file as UTF-8"
        ) from None


def _read(name: str, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = _AT.search(str(error))
        end = len(text.rstrip().split("\n"))
        line = int(match[1]) if match and match[1] else end
        column = f", column {match[2]}" if match and match[2] else ""
        what = _AT.sub("", str(error))
        step = 'names and texts need quotes: key = "text"; https://toml.io tells the rest'
        raise UserError(f"no TOML{column}: {what}", where=f"{name}:{line}", next_step=step) from None
    except RecursionError:
        raise UserError("lists or tables are nested too deep", where=name, next_step="make it flatter") from None


def _join(low: dict[str, object], more: Mapping[str, object], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Add tables to tables; the keys that both have."""
    twice = []
    for name, value in more.items():
        known = low.get(name)
        if isinstance(known, dict) and isinstance(value, Mapping):
            twice += _join(known, value, (*path, name))
        elif name in low:
            twice.append((*path, name))
        else:
            low[name] = value
    return twice
