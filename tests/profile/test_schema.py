"""The JSON Schema and the manual say what the parser takes."""

import tomllib
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from hobnail.profile.grammar import Key, Named, Node, Table
from hobnail.profile.json_schema import json_schema, schema_text
from hobnail.profile.keys import DOCUMENT
from hobnail.profile.manual import page
from tests.profile.settings_files import HASH, KEY, errors
from tests.profile.test_errors import VALUES
from tests.profile.test_resolve import EVERYTHING, LAYERS
from tests.profile.write_manual import PAGE
from tests.profile.write_manual import SCHEMA as SHIPPED

SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


def wrong(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(tomllib.loads(text))]


def test_it_is_a_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "text", [EVERYTHING, LAYERS, "", '[hosts.a]\nmac = "52:54:00:00:00:01"\nboot.timeout = ""\n']
)
def test_what_is_right(text: str) -> None:
    assert wrong(text) == []
    assert errors(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "profile = {}",
        "[profiles.lab]\nboot.timout = 5",
        "[profiles.lab]\nmac = '52:54:00:00:00:01'",
        "[defaults]\ninherits = 'x'",
        "[hosts.a]\npassword = 'x'",
        "[images.a]\nssh.enabled = true",
        "[defaults]\nnfs.a = true",
        "[hosts]\na = false",
        "[defaults]\nroot.password_hash = 'secret'",
        *(
            f"[profiles.lab]\n{line}"
            for line, words in VALUES
            if (" is not a whole number" in words and "5.0" not in line) or 'one of "' in words
        ),
        *(
            f"[profiles.lab]\n{line}"
            for line, words in VALUES
            if " is not a table" in words or "there is no such key" in words
        ),
    ],
)
def test_what_is_wrong(text: str) -> None:
    assert wrong(text)
    assert errors(text)


def keys_of(node: Node, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Key]]:
    """Every key of the grammar, with a path that leads to one."""
    match node:
        case Key():
            yield path, node
        case Table():
            for name, inner in node.keys.items():
                yield from keys_of(inner, (*path, name))
        case Named():
            yield from keys_of(node.each, (*path, node.example.strip('"')))


KEYS = list(keys_of(DOCUMENT))


@pytest.mark.parametrize(("path", "key"), KEYS, ids=[".".join(path) for path, _ in KEYS])
def test_each_example_is_taken(path: tuple[str, ...], key: Key) -> None:
    example = key.example.replace("$6$…", HASH).replace("ssh-ed25519 AAAA… me", KEY)
    value = tomllib.loads(f"x = {example}")["x"]
    key.kind.convert(value)
    document: Any = value
    for name in reversed(path):
        document = {name: document}
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_the_shipped_schema_is_up_to_date() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == schema_text(), "run `python -m tests.profile.write_manual`"


def test_the_manual_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "run `python -m tests.profile.write_manual`"


def test_the_manual_names_every_key() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for path, _ in KEYS:
        assert f"| `{path[-1]}` |" in text or f'| `"{path[-1]}"` |' in text, path


def test_the_example_of_the_manual_is_right() -> None:
    text = PAGE.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    assert errors(text) == []
    assert wrong(text) == []
