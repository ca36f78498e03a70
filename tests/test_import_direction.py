"""Imports go one way (docs/architecture.md): a station may import only what stands before it in the flow of data."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "hobnail"

LAYERS = (
    {"errors", "formats", "wire"},
    {"media", "image", "profile", "host", "observe", "boot", "state"},
    {"store", "system"},
    {"serve", "write"},
    {"app"},
    {"cli", "web"},
)
LAYER_OF = {name: number for number, names in enumerate(LAYERS) for name in names}
PURE = LAYERS[0] | LAYERS[1]
EFFECTS = {
    "asyncio",
    "concurrent",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "shutil",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "time",
}
"""Modules that reach the machine or are not the same twice."""

ALLOWED = {
    ("formats", "concurrent.futures"): "bzip2 blocks are decoded in parallel; the bytes are the same",
    ("media", "os"): "media open files to read",
}


def station(path: Path) -> str:
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide their direction"
            yield node.lineno, node.module or ""
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


FILES = sorted(p for p in SOURCE.rglob("*.py") if p.name != "__init__.py" or p.parent != SOURCE)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_go_one_way(path: Path) -> None:
    here = station(path)
    assert here in LAYER_OF or here == "__main__", f"{path} stands in no station of the design"
    wrong = []
    for line, name in imported(ast.parse(path.read_text(encoding="utf-8"))):
        parts = name.split(".")
        if parts[0] == "hobnail" and len(parts) > 1 and parts[1] in LAYER_OF and here in LAYER_OF:
            if LAYER_OF[parts[1]] > LAYER_OF[here]:
                wrong.append(f"{path}:{line} imports {name}, which comes later in the flow")
        elif here in PURE and parts[0] in EFFECTS and not any(here == h and name.startswith(n) for h, n in ALLOWED):
            wrong.append(f"{path}:{line} imports {name}: the domain has no effects, use system/ or a parameter")
    assert not wrong, "\n".join(wrong)


def test_the_rule_can_fail() -> None:
    names = [name for _, name in imported(ast.parse("from hobnail.cli import main\nimport socket"))]
    assert names == ["hobnail.cli", "hobnail.cli.main", "socket"]


def test_the_package_root_imports_nothing() -> None:
    assert not list(imported(ast.parse((SOURCE / "__init__.py").read_text(encoding="utf-8"))))
