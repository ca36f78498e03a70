"""What an apply changes: for each profile and host, the keys whose values differ."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hobnail.profile import keys
from hobnail.profile.build import NamedFile, described
from hobnail.profile.grammar import Key, Node, node_at
from hobnail.profile.kinds import shown
from hobnail.profile.quoting import dotted
from hobnail.profile.settings import Source

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What is different in one layer. Each line is a key and its values as people may see them."""

    what: Literal["added", "removed", "changed"]
    layer: str  # "profile lab", "host esx01", "image 8.0.3", "defaults"
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a document's tables and the files that they name."""

    tables: Mapping[str, Any]
    files: Mapping[str, NamedFile]


def changes(old: Side, new: Side) -> list[Change]:
    """Return what is different, layer by layer; empty when applying the new would change nothing.

    Files are compared by what is in them: another name for the same bytes is no change.
    """
    before, after = dict(_layers(old)), dict(_layers(new))
    found = []
    for layer in [*before, *(name for name in after if name not in before)]:
        was, now = before.get(layer), after.get(layer)
        if was != now:
            what: Literal["added", "removed", "changed"] = (
                "added" if was is None else "removed" if now is None else "changed"
            )
            lines = tuple(_lines(layer, was or {}, now or {}, old, new))
            found.append(Change(what, _title(layer), lines))
    return found


def _title(layer: Path) -> str:
    return layer[0] if len(layer) == 1 else f"{layer[0].removesuffix('s')} {layer[1]}"


def _layers(side: Side) -> Iterator[tuple[Path, dict[Path, object]]]:
    for section, table in sorted(side.tables.items()):
        if section == "defaults":
            yield (section,), dict(_flat(side, (section,), table))
        else:
            yield from (
                ((section, name), dict(_flat(side, (section, name), inner))) for name, inner in sorted(table.items())
            )


def _flat(side: Side, layer: Path, table: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, object]]:
    if not table:
        yield path, {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(side, layer, value, (*path, name))
            continue
        file = side.files.get(value) if isinstance(value, str) and _names_file((*layer, *path, name)) else None
        yield (*path, name), ("file", file.source.sha256) if file else value


def _names_file(path: Path) -> bool:
    node = node_at(keys.DOCUMENT, path)
    return isinstance(node, Key) and node.kind.names_file


def _lines(
    layer: Path, was: Mapping[Path, object], now: Mapping[Path, object], old: Side, new: Side
) -> Iterator[str]:
    for path in sorted({*was, *now}):
        if was.get(path) == now.get(path) and (path in was) == (path in now):
            continue
        node = node_at(keys.DOCUMENT, (*layer, *path))
        before = _shown(was[path], old, node) if path in was else ""
        after = _shown(now[path], new, node) if path in now else ""
        yield f"{dotted(path) or '(empty)'}{_words(before, after)}"


def _words(before: str, after: str) -> str:
    if not before:
        return f" = {after}"
    if not after:
        return f": {before} removed"
    return f": {before} -> {after}" if before != after else f": {before} -> another"


def _shown(value: object, side: Side, node: Node | None) -> str:
    if isinstance(value, tuple):
        return described(next(one.source for one in side.files.values() if one.source.sha256 == value[1]))
    if isinstance(node, Key) and node.kind.is_content and isinstance(value, str):
        data = value.encode()
        return described(Source("content", hashlib.sha256(data).hexdigest(), len(data)))
    return shown(value, secret=isinstance(node, Key) and node.kind.secret)
