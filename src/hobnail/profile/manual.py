"""docs/settings.md: every key, with what it takes, the releases that can do it, and an example.

The page is made from the same table as the parser; a test compares the two.
"""

from collections.abc import Iterator, Mapping

from hobnail.profile.grammar import Key, Named, Node, Table
from hobnail.profile.keys import DOCUMENT, HOST_KEYS, PROFILE_KEYS, SETTINGS

_MARK = "<!-- What follows is made: python -m tests.profile.write_manual -->"


def reference() -> str:
    """Return the part of the page that is made: one table for each section."""
    lines = ["## Sections", "", "| section | what it is |", "|---|---|"]
    for name, node in DOCUMENT.keys.items():
        assert not isinstance(node, Key)
        header = f"`[{name}.{node.example}]`" if isinstance(node, Named) else f"`[{name}]`"
        lines.append(f"| {header} | {node.help} |")
    lines += _section("Only in a host", "", HOST_KEYS)
    lines += _section("Only in a profile", "", PROFILE_KEYS)
    top = {name: node for name, node in SETTINGS.items() if isinstance(node, Key)}
    lines += _section("In defaults, profiles and hosts", "", top)
    for name, node in SETTINGS.items():
        if not isinstance(node, Key):
            lines += _node(name, node)
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """Return the whole page: what stands before the mark as it is, then the reference."""
    return text.split(_MARK)[0] + _MARK + "\n\n" + reference()


def _node(path: str, node: Node) -> Iterator[str]:
    if isinstance(node, Named):
        inner = node.each
        header = f"{path}.{node.example}"
        if isinstance(inner, Key):
            yield from _section(f"[{path}]", node.help, {node.example: inner})
        else:
            yield from _section(f"[{header}]", node.help, inner.keys)
    elif isinstance(node, Table):
        yield from _section(f"[{path}]", node.help, {n: one for n, one in node.keys.items() if isinstance(one, Key)})
        for name, one in node.keys.items():
            if not isinstance(one, Key):
                yield from _node(f"{path}.{name}", one)


def _section(title: str, text: str, keys: Mapping[str, Node]) -> Iterator[str]:
    yield from ("", f"### {f'`{title}`' if title.startswith('[') else title}", "")
    if text:
        yield from (text, "")
    if keys:
        yield "| key | what it is | it takes | releases | example |"
        yield "|---|---|---|---|---|"
    for name, key in keys.items():
        assert isinstance(key, Key)
        example = f"`{name} = {key.example}`"
        yield f"| `{name}` | {key.help} | {key.kind.words} | {key.since} | {example} |".replace("\n", " ")
