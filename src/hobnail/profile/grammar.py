"""What a settings file is made of: keys, tables with fixed keys, and tables of things by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hobnail.profile.kinds import Kind
from hobnail.profile.release import spoken
from hobnail.profile.ways import FIRST, WAYS
from hobnail.profile.ways_boot import BOOT_WAYS

ALL = "all"
BOOT_CONFIG = "5.0 and later"
"""What only images with a boot.cfg take."""


def works(row: str) -> str:
    """Return the releases that can do what a row of the tables (ways.py, ways_boot.py) says."""
    rows = WAYS[row] if row in WAYS else BOOT_WAYS[row]
    since = next(way.since for way in rows if not way.refused)
    return ALL if since == FIRST else f"{spoken(since)} and later"


@dataclass(frozen=True, slots=True)
class Key:
    """One value."""

    kind: Kind
    help: str
    example: str  # as TOML
    since: str = ALL  # the generations in which it has an effect
    empty_is_value: bool = False  # "" is a value here; elsewhere it takes back what was inherited


@dataclass(frozen=True, slots=True)
class Table:
    """A table with fixed keys."""

    keys: Mapping[str, "Node"]
    help: str = ""
    since: str = ALL
    groups: tuple[frozenset[str], ...] = ()
    """Keys that speak of one thing: a layer that says one of them says nothing of the others that it inherits."""
    required: tuple[frozenset[str], ...] = ()
    """Of each of these sets, one key must be said, somewhere along the inheritance."""
    alone: tuple[frozenset[str], ...] = ()
    """Keys of which one table may say only one."""


@dataclass(frozen=True, slots=True)
class Named:
    """A table of things by name. Inheritance merges by name; `name = false` removes an inherited one."""

    each: "Key | Table"
    name: Kind
    help: str = ""
    since: str = ALL
    removable: bool = field(default=True)
    example: str = "NAME"


Node = Key | Table | Named


def node_at(root: Node, path: tuple[str, ...]) -> Node | None:
    """Return what stands at a path of the grammar; None when nothing does."""
    node: Node | None = root
    for name in path:
        match node:
            case Table():
                node = node.keys.get(name)
            case Named():
                node = node.each
            case _:
                return None
    return node
