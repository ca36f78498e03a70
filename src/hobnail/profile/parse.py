"""From tables as tomllib gives them to trees of typed values: whatever the grammar does not know is a problem."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from hobnail.profile import keys
from hobnail.profile.grammar import Key, Named, Node, Table
from hobnail.profile.kinds import WrongError, shown
from hobnail.profile.merge import Branch, Leaf, Origin, Removed, Tree
from hobnail.profile.problems import Problem
from hobnail.profile.quoting import dotted

_PASSWORDS = frozenset({"password", "rootpw", "root_password", "passwd", "passphrase", "pw", "pass"})
_CONFUSED = {"inherits": "profile", "profile": "inherits", "profiles": "inherits"}
_DEEP = 3
"""Names in the path of a key of a table in a profile or host."""
_FAR = 0.6
"""How alike a key must be to be suggested (difflib's ratio)."""


class Parser:
    """Reads one layer; what is wrong is collected."""

    def __init__(self, layer: str) -> None:
        self.problems: list[Problem] = []
        self._layer = layer

    def table(self, node: Table, value: object, path: tuple[str, ...]) -> Branch:
        """Return a table with fixed keys."""
        children: dict[str, Tree] = {}
        if not isinstance(value, Mapping):
            self._not_a_table(value, path)
            value = {}
        for name, inner in value.items():
            known = node.keys.get(name)
            if known is None:
                self.problems.append(_unknown(name, inner, node, path))
            elif (tree := self._node(known, inner, (*path, name))) is not None:
                children[name] = tree
        for group in node.alone:
            if len(said := sorted(group & children.keys())) > 1:
                self._problem((*path, said[-1]), f"stands beside {said[0]}", "leave one of them out")
        self._static_or_dynamic(path, children)
        return Branch(children, Origin(self._layer, path), node.groups)

    def _static_or_dynamic(self, path: tuple[str, ...], children: dict[str, Tree]) -> None:
        """`dhcp = false` says nothing that the address beside it does not; alone it would say nothing at all."""
        if path[-2:] != ("network", "management") or not isinstance(dhcp := children.get("dhcp"), Leaf):
            return
        address = children.get("address")
        fixed = isinstance(address, Leaf) and address.typed is not None
        if dhcp.typed is True and fixed:
            self._problem((*path, "dhcp"), "stands beside an address", "leave one of them out", shown(dhcp.written))
        if dhcp.typed is False and not fixed:
            step = 'write the address beside it, like address = "10.0.0.5/24", or leave it out'
            self._problem((*path, "dhcp"), "gives the host no address", step, shown(dhcp.written))
        if dhcp.typed is False:
            del children["dhcp"]

    def _node(self, node: Node, value: object, path: tuple[str, ...]) -> Tree | None:
        match node:
            case Key():
                return self._leaf(node, value, path)
            case Table():
                return self.table(node, value, path)
            case Named():
                return self._named(node, value, path)

    def _named(self, node: Named, value: object, path: tuple[str, ...]) -> Branch:
        children: dict[str, Tree] = {}
        if not isinstance(value, Mapping):
            self._not_a_table(value, path)
            value = {}
        for name, inner in value.items():
            here = (*path, name)
            try:
                node.name.convert(name)
            except WrongError as error:
                what = error.what or f"is not {node.name.words}"
                self._problem(here, f"{shown(name)} {what}", error.next_step or f"for example: {node.example}")
                continue
            if inner is False and node.removable:
                children[name] = Removed(Origin(self._layer, here))
            elif (tree := self._node(node.each, inner, here)) is not None:
                children[name] = tree
        return Branch(children, Origin(self._layer, path))

    def _leaf(self, node: Key, value: object, path: tuple[str, ...]) -> Leaf | None:
        origin = Origin(self._layer, path)
        if value == "" and isinstance(value, str) and not node.empty_is_value:
            return Leaf(node, value, None, origin)
        try:
            return Leaf(node, value, node.kind.convert(value), origin)
        except WrongError as error:
            what = error.what or f"is not {node.kind.words}"
            step = error.next_step or f"for example: {path[-1]} = {node.example}"
            words = "" if node.kind.secret or node.kind.is_content else shown(value)
            self._problem(path, what, step, words)
        return None

    def _not_a_table(self, value: object, path: tuple[str, ...]) -> None:
        self._problem(
            path, "is not a table", f"write [{dotted(path)}] above its keys", shown(value, secret=_secret(path[-1]))
        )

    def _problem(self, path: tuple[str, ...], what: str, next_step: str, words: str = "") -> None:
        self.problems.append(Problem(path, what, next_step, words))


def _secret(name: str) -> bool:
    """Whether what stands under such a key may be a secret."""
    return name.lower() in _PASSWORDS or "password" in name.lower() or name in ("license", "root")


def _unknown(name: str, value: object, node: Table, path: tuple[str, ...]) -> Problem:
    here = (*path, name)
    if _secret(name) and name.lower().replace("-", "_") not in ("password_hash", "root", "license"):
        step = "`hobnail password` makes a hash: put it into [root] as password_hash"
        return Problem(here, "would keep a password in clear text, which is refused", step)
    if _CONFUSED.get(name) in node.keys:
        return Problem(here, "there is no such key", f"did you mean {_CONFUSED[name]}?")
    near = [name.lower()] if name.lower() in node.keys else get_close_matches(name, node.keys, 1, _FAR)
    if near:
        return Problem(here, "there is no such key", f"did you mean {near[0]}?")
    if len(path) < _DEEP and path[:1] != ("images",):
        known = {found[-1]: dotted(found) for found in _paths(keys.SETTINGS)}
        if near := get_close_matches(name.lower(), known, 1, _FAR):
            return Problem(here, "there is no such key", f"did you mean {known[near[0]]}?")
    return Problem(here, "there is no such key", f"there are: {', '.join(sorted(node.keys))}")


def _paths(nodes: Mapping[str, Node], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, node in nodes.items():
        if isinstance(node, Table):
            yield from _paths(node.keys, (*path, name))
        else:
            yield (*path, name)
