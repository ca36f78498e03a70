"""Merging settings: a higher layer over a lower one, each value keeping where it came from.

Layers are trees. `merge` is associative, so that a profile that inherits one that inherits another is the same in
whatever order they are put together; tests/profile/test_merge.py holds it to that.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hobnail.profile.grammar import Key


@dataclass(frozen=True, slots=True)
class Origin:
    """Which layer said a thing ("profile lab"), and under which key of the file."""

    layer: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value: as it was written and as it was read. `typed` None takes back what was inherited."""

    key: Key = field(compare=False)
    written: object
    typed: object
    origin: Origin


@dataclass(frozen=True, slots=True)
class Removed:
    """An entry of a table of things that a layer took away."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class Branch:
    """A table. `cut` says that what lower layers have of it does not count: something above removed it first."""

    children: Mapping[str, "Tree"]
    origin: Origin
    groups: tuple[frozenset[str], ...] = ()
    cut: bool = False

    def at(self, *path: str) -> "Tree | None":
        """Return what stands at a path; None when nothing does."""
        tree: Tree | None = self
        for name in path:
            if not isinstance(tree, Branch):
                return None
            tree = tree.children.get(name)
        return tree

    def value(self, *path: str) -> object:
        """Return the typed value at a path; None when there is none."""
        leaf = self.at(*path)
        return leaf.typed if isinstance(leaf, Leaf) else None

    def entries(self, *path: str) -> "Iterator[tuple[str, Tree]]":
        """Give what is in the table at a path, by name in order, without what was removed."""
        table = self.at(*path)
        if isinstance(table, Branch):
            yield from ((n, one) for n, one in sorted(table.children.items()) if not isinstance(one, Removed))


Tree = Leaf | Removed | Branch


def merge(low: Branch, high: Branch) -> Branch:
    """Put one layer over another: tables merge by key, everything else is replaced."""
    if high.cut or not (low.children or low.cut):
        return high
    children = dict(low.children)
    for group in high.groups:
        if not group.isdisjoint(high.children):
            for name in group:
                children.pop(name, None)
    for name, above in high.children.items():
        children[name] = _over(children.get(name), above)
    return Branch(children, high.origin, high.groups, low.cut)


def _over(below: Tree | None, above: Tree) -> Tree:
    if not isinstance(above, Branch):
        return above
    if isinstance(below, Branch):
        return merge(below, above)
    if isinstance(below, Removed) and not above.cut:
        return Branch(above.children, above.origin, above.groups, cut=True)
    return above


def leaves(tree: Branch, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """Give each value that counts, by its path in order; what was removed or taken back is not among them."""
    for name, one in sorted(tree.children.items()):
        if isinstance(one, Branch):
            yield from leaves(one, (*path, name))
        elif isinstance(one, Leaf) and one.typed is not None:
            yield (*path, name), one
