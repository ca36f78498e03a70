"""In which line of a TOML text each key stands: tomllib tells values only.

The text has been read by tomllib before, so the scanner believes it to be TOML 1.0 (https://toml.io/en/v1.0.0) and
checks nothing. Where it is at a loss it stops, and the keys after that place have no line: better none than a wrong
one.
"""

import re
import tomllib
from collections.abc import Iterator

Path = tuple[str, ...]
"""The names of the tables and the key; the entries of an array of tables are numbered: ("a", "0", "b")."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}#\n]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
_LONG_BASIC = re.compile(r'"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*"{3,5}')
_LONG_LITERAL = re.compile(r"'''(?:[^']|'{1,2}(?!'))*'{3,5}")


class _LostError(Exception):
    """The scanner does not know where it is."""


def key_lines(text: str) -> dict[Path, int]:
    """Return the line (from 1) in which each key, and each table, first stands."""
    found: dict[Path, int] = {}
    try:
        for path, line in _Scanner(text.replace("\r\n", "\n")).document():
            for length in range(1, len(path)):
                found.setdefault(path[:length], line)
            found.setdefault(path, line)
    except (_LostError, RecursionError, tomllib.TOMLDecodeError):
        pass
    return found


class _Scanner:
    """Walks through a text and yields (path, line) for each key and table header."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counts: dict[Path, int] = {}  # of the entries of arrays of tables

    def document(self) -> Iterator[tuple[Path, int]]:
        """Yield all keys of the text."""
        table: Path = ()
        while True:
            self._take(_BLANK)
            if self._at >= len(self._text):
                return
            line = self._line
            if self._next("["):
                table = self._header()
                yield table, line
            else:
                yield from self._pair(table)

    def _header(self) -> Path:
        many = self._next("[")
        path = self._key()
        if not self._next("]") or (many and not self._next("]")):
            raise _LostError
        table = self._within_arrays(path[:-1])
        name = (*table, path[-1])
        if not many:
            return self._within_arrays(path)
        self._counts[name] = self._counts.get(name, -1) + 1
        return (*name, str(self._counts[name]))

    def _within_arrays(self, path: Path) -> Path:
        """Put the number of the latest entry after each name that is an array of tables."""
        whole: Path = ()
        for name in path:
            whole = (*whole, name)
            if whole in self._counts:
                whole = (*whole, str(self._counts[whole]))
        return whole

    def _pair(self, table: Path) -> Iterator[tuple[Path, int]]:
        line = self._line
        path = (*table, *self._key())
        if not self._next("="):
            raise _LostError
        self._take(_SPACE)
        yield path, line
        yield from self._value(path)

    def _key(self) -> Path:
        names = []
        while True:
            self._take(_SPACE)
            names.append(self._name())
            self._take(_SPACE)
            if not self._next("."):
                return tuple(names)

    def _name(self) -> str:
        for pattern in (_BARE, _BASIC, _LITERAL):
            if word := self._take(pattern):
                return str(tomllib.loads(f"x = {word}")["x"]) if word[0] in "\"'" else word
        raise _LostError

    def _value(self, path: Path) -> Iterator[tuple[Path, int]]:
        if self._next("{"):
            yield from self._inline_table(path)
        elif self._next("["):
            yield from self._array(path)
        else:
            patterns = (_LONG_BASIC, _LONG_LITERAL, _BASIC, _LITERAL, _SCALAR)
            if not any(self._take(pattern) for pattern in patterns):
                raise _LostError

    def _inline_table(self, path: Path) -> Iterator[tuple[Path, int]]:
        while True:
            self._take(_BLANK)
            if self._next("}"):
                return
            yield from self._pair(path)
            self._take(_BLANK)
            self._next(",")

    def _array(self, path: Path) -> Iterator[tuple[Path, int]]:
        number = 0
        while True:
            self._take(_BLANK)
            if self._next("]"):
                return
            entry = (*path, str(number))
            yield entry, self._line
            yield from self._value(entry)
            number += 1
            self._take(_BLANK)
            self._next(",")

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._line += self._text.count("\n", self._at, match.end())
        self._at = match.end()
        return match[0]

    def _next(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += len(sign)
        return True
