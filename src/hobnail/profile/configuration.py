"""Configuration: a settings document, read by the grammar: who the hosts are, and a tree of values for each layer.

Who the hosts are is read at once; the layers are read when they are first asked for, so that to load ten thousand
hosts and ask for one is quick.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from copy import copy
from functools import lru_cache
from typing import Any

from hobnail.errors import UserError
from hobnail.host.hosts import Host, Hosts
from hobnail.profile import keys
from hobnail.profile.build import NamedFile
from hobnail.profile.grammar import Key, Table
from hobnail.profile.inheritance import Bases, cycles, ordered, unknown
from hobnail.profile.kinds import WrongError
from hobnail.profile.merge import Branch, Leaf, Origin, leaves, merge
from hobnail.profile.parse import Parser
from hobnail.profile.problems import InvalidSettingsError, PlaceOf, Problem

_SHORTEST_ID = 4  # digits of an image's id: `hobnail image show` takes no fewer
_WHOLE_ID = 64
_LAYERS = {
    "defaults": Table(keys.SETTINGS),
    "images": Table({"boot": keys.BOOT}),
    "profiles": Table(keys.PROFILE_KEYS | keys.SETTINGS),
    "hosts": Table(keys.HOST_KEYS | keys.SETTINGS),
}
_EMPTY = Branch({}, Origin("", ()))


class Configuration:
    """What was applied. `revision` rises with each apply; 0 when nothing ever was."""

    def __init__(
        self, tables: Mapping[str, Any], places: PlaceOf, files: Mapping[str, NamedFile], revision: int = 0
    ) -> None:
        """Take a document's tables; `files` are those that they name."""
        self.tables = tables
        self.places = places
        self.files = files
        self.revision = revision
        self._layers: dict[tuple[str, ...], tuple[Branch, list[Problem]]] = {}
        self.bases: Bases = {
            name: _names(self._section("profiles")[name], "inherits") for name in self._section("profiles")
        }
        self.hosts = Hosts(_host(name, table) for name, table in self._section("hosts").items())
        self._below = lru_cache(maxsize=256)(self._merged_below)

    def with_files(self, files: Mapping[str, NamedFile]) -> "Configuration":
        """Return the same with these files; what was read already is not read again."""
        whole = copy(self)
        whole.files = files
        return whole

    @property
    def profiles(self) -> Collection[str]:
        """The names of all profiles."""
        return self.bases.keys()

    def problems(self) -> list[Problem]:
        """Return what is wrong with the document by itself: keys, values, profiles that are not there, circles."""
        outline: dict[str, object] = dict(self.tables)
        for section in ("images", "profiles", "hosts"):
            if entries := self._section(section):
                outline[section] = {name: {} for name in entries}
        parser = Parser("")
        parser.table(keys.DOCUMENT, {**outline, **({"defaults": {}} if "defaults" in outline else {})}, ())
        found = parser.problems
        for path in self.paths():
            found += self._layer(path)[1]
        for name, bases in self.bases.items():
            found += unknown(("profiles", name, "inherits"), bases, self.bases)
        for host in self.hosts:
            found += unknown(("hosts", host.name, "profile"), host.profiles, self.bases)
        return found + cycles(self.bases)

    def paths(self) -> Iterator[tuple[str, ...]]:
        """Give the path of each layer: ("defaults",), ("profiles", "lab") …"""
        if "defaults" in self.tables:
            yield ("defaults",)
        for section in ("images", "profiles", "hosts"):
            yield from ((section, name) for name in self._section(section))

    def layer(self, path: tuple[str, ...]) -> Branch:
        """Return the settings of one layer. InvalidSettingsError when they are none that this program takes."""
        branch, problems = self._layer(path)
        if problems:
            raise InvalidSettingsError([one.error(self.places) for one in problems])
        return branch

    def tree(self, profiles: tuple[str, ...], host: str, image_names: Collection[str]) -> Branch:
        """Return all layers of a host ("" for one that is not named) merged: defaults, image, profiles, host.

        `image_names` are all names of the image that is booted: id, version, version-build.
        """
        below = self._below(profiles, frozenset(image_names))
        return merge(below, self.layer(("hosts", host))) if host in self.hosts.by_name else below

    def image(self, profiles: tuple[str, ...], host: str) -> str:
        """Return the reference to the image that a host is to boot; "" for the default one."""
        value = self.tree(profiles, host, ()).value("image")
        return value if isinstance(value, str) else ""

    def files_named(self) -> Iterator[tuple[str, Leaf]]:
        """Give each value that names a file."""
        for path in self.paths():
            for _, leaf in leaves(self.layer(path)):
                if leaf.key.kind.names_file:
                    yield str(leaf.typed), leaf

    def contents(self) -> Iterator[Leaf]:
        """Give each value that is itself to be a file."""
        for path in self.paths():
            yield from (leaf for _, leaf in leaves(self.layer(path)) if leaf.key.kind.is_content)

    def profile_exists(self, name: str) -> None:
        """UserError when there is no such profile."""
        if problems := unknown((), [name], self.bases):
            raise UserError(problems[0].what, next_step=problems[0].next_step)

    def _merged_below(self, profiles: tuple[str, ...], image_names: frozenset[str]) -> Branch:
        tree = self.layer(("defaults",)) if "defaults" in self.tables else _EMPTY
        for name in sorted(self._section("images"), key=_specific):
            if _is_called(name, image_names):
                tree = merge(tree, self.layer(("images", name)))
        for name in ordered(profiles, self.bases):
            tree = merge(tree, self.layer(("profiles", name)))
        return tree

    def _layer(self, path: tuple[str, ...]) -> tuple[Branch, list[Problem]]:
        if path not in self._layers:
            table: Any = self.tables
            for name in path:
                table = table[name]
            parser = Parser(" ".join((path[0].removesuffix("s"), path[1])) if len(path) > 1 else path[0])
            branch = parser.table(_LAYERS[path[0]], table, path)
            children = {name: tree for name, tree in branch.children.items() if name not in keys.PROFILE_KEYS}
            self._layers[path] = Branch(children, branch.origin), parser.problems
        return self._layers[path]

    def _section(self, name: str) -> Mapping[str, Any]:
        section = self.tables.get(name)
        return section if isinstance(section, Mapping) else {}


def _specific(reference: str) -> tuple[bool, int]:
    """Order references to an image: versions, then versions with builds, then ids."""
    return "." not in reference, len(reference)


def _is_called(reference: str, names: Collection[str]) -> bool:
    start = reference.lower()
    ids = (name for name in names if len(name) == _WHOLE_ID)
    return reference in names or (len(start) >= _SHORTEST_ID and any(name.startswith(start) for name in ids))


def _names(table: Any, key: str) -> tuple[str, ...]:
    value = table.get(key) if isinstance(table, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str) and one)


def _host(name: str, table: Any) -> Host:
    """Read who a host is. What is wrong is left out here: the host's layer tells."""
    found: dict[str, Any] = {}
    for key in keys.HOST_KEYS.keys() & table.keys() if isinstance(table, Mapping) else ():
        node = keys.HOST_KEYS[key]
        with suppress(WrongError):
            found[key] = node.kind.convert(table[key]) if isinstance(node, Key) and table[key] != "" else None
    return Host(
        name,
        macs=found.get("mac") or (),
        uuid=found.get("uuid") or "",
        serial=found.get("serial") or "",
        asset=found.get("asset") or "",
        address=found.get("address"),
        profiles=found.get("profile") or (),
    )
