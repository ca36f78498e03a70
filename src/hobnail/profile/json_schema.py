"""The JSON Schema of a settings file, for editors that complete and check TOML by one (Even Better TOML, Taplo).

It is made from the same table as the parser. It says less: what must suit each other only the parser knows.
settings.schema.json beside this file is what `schema_text` gives; a test compares them.
"""

import json
from typing import Any

from hobnail.profile.grammar import ALL, Key, Named, Node, Table
from hobnail.profile.keys import DOCUMENT, SETTINGS

DIALECT = "http://json-schema.org/draft-07/schema#"
"""Draft 7: what Taplo reads."""


def json_schema() -> dict[str, Any]:
    """Return the schema. The settings stand once in it: defaults, profiles and hosts refer to them."""
    settings = {name: _node(node) for name, node in SETTINGS.items()}
    schema = _node(DOCUMENT)
    return {
        "$schema": DIALECT,
        "title": "hobnail settings",
        "description": "Profiles and hosts: `hobnail apply -f FILE` puts them in force.",
        **schema,
        "definitions": settings,
    }


def schema_text() -> str:
    """Return the schema as it is printed and shipped."""
    return json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"


def _node(node: Node) -> dict[str, Any]:
    match node:
        case Key():
            return _key(node)
        case Table():
            return _described(node.help, node.since) | {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    name: {"$ref": f"#/definitions/{name}"} if SETTINGS.get(name) is inner else _node(inner)
                    for name, inner in node.keys.items()
                },
            }
        case Named():
            each = _node(node.each)
            if node.removable:
                each = {"anyOf": [each, {"const": False, "description": "Remove an inherited one."}]}
            return _described(node.help, node.since) | {"type": "object", "additionalProperties": each}


def _key(key: Key) -> dict[str, Any]:
    value = dict(key.kind.schema)
    if not key.empty_is_value and value.get("type") != "array":
        value = {"anyOf": [value, {"const": ""}]}
    return _described(f"{key.help} {_sentence(key.kind.words)}", key.since) | value


def _described(text: str, since: str) -> dict[str, Any]:
    words = text + (f" ESXi: {since}." if since != ALL else "")
    return {"description": words.strip()} if words.strip() else {}


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:] + "."
