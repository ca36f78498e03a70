import tomllib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hobnail.profile.toml_lines import key_lines

TEXT = '''# a comment = no key
image = "8.0"   # with [a] comment
[boot]
timeout = 5
"kernel options" = """
[not.a.table]
key = "no key"\\
""" # and on
  [ hosts . "esx 01" ]
mac = [
  "52:54:00:00:00:01", # ] =
  "52:54:00:00:00:02",
]
nfs = { iso = { server = "10.0.0.1", share = '/x # y' }, vms = false }
network.management.address = "10.0.0.5/24"
[files.'/etc/x']
content = \'\'\'
a = 1
it''s \'\'\'\'
"es\\u0063aped" = 1
[[many]]
a = 1
[[many]]
a = 2
[many.sub]
b = 2026-01-01 00:00:00
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("image",), 2),
        (("boot",), 3),
        (("boot", "timeout"), 4),
        (("boot", "kernel options"), 5),
        (("hosts",), 9),
        (("hosts", "esx 01"), 9),
        (("hosts", "esx 01", "mac"), 10),
        (("hosts", "esx 01", "mac", "1"), 12),
        (("hosts", "esx 01", "nfs", "iso", "share"), 14),
        (("hosts", "esx 01", "nfs", "vms"), 14),
        (("hosts", "esx 01", "network", "management"), 15),
        (("hosts", "esx 01", "network", "management", "address"), 15),
        (("files", "/etc/x", "content"), 17),
        (("files", "/etc/x", "escaped"), 20),
        (("many", "0", "a"), 22),
        (("many", "1", "a"), 24),
        (("many", "1", "sub", "b"), 26),
    ],
)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_the_line_of_a_key(path: tuple[str, ...], line: int, ending: str) -> None:
    assert key_lines(TEXT.replace("\n", ending))[path] == line


def test_what_only_looks_like_a_key_has_no_line() -> None:
    found = key_lines(TEXT)
    assert ("not",) not in found
    assert not [path for path in found if path[-1] in {"a", "no key"} and path[0] != "many"]


@pytest.mark.parametrize("text", ["a = ", "= 1", "[a", "a = {", 'a = "', "a = [1", "\x00", "[[a]\nb = 1", "]"])
def test_no_toml_gives_no_error(text: str) -> None:
    assert set(key_lines(f"first = 1\n{text}")) >= {("first",)}


def paths_of(value: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Every key that tomllib sees, in the scanner's form."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {path} if path else set()
    for name, inner in entries:
        found |= paths_of(inner, (*path, str(name)))
    return found


def test_it_sees_the_keys_that_tomllib_sees() -> None:
    assert set(key_lines(TEXT)) | {("many",)} == paths_of(tomllib.loads(TEXT))


NAMES = st.one_of(st.text("ab-1_", min_size=1), st.text(max_size=4).filter(lambda t: "\x7f" not in t))
PIECES = st.sampled_from(
    [
        "[a]",
        "[a.b]",
        "[[c]]",
        "x=1",
        "y.z = 'q'",
        'w = """a\n\\"""""',
        "v = [1, [2, {t=3}],\n]",
        "u={k={l=1}}",
        "",
        "#x",
    ]
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces=st.lists(PIECES, max_size=6))
def test_on_any_text_that_tomllib_reads(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = key_lines(text)
    assert set(found) | {("c",)} >= paths_of(value)
    assert set(found) <= paths_of(value) | {("c",)}
    lines = text.split("\n")
    for path, line in found.items():
        if not path[-1].isdigit():
            assert path[-1] in lines[line - 1]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(name=NAMES)
def test_any_name_that_needs_quotes(name: str) -> None:
    quoted = '"' + "".join(f"\\U{ord(c):08x}" for c in name) + '"'
    assert key_lines(f"\n{quoted} = 1") == {(name,): 2}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text("[]{}='\"\\\n#.,ab1 ", max_size=40))
def test_any_text_at_all(text: str) -> None:
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())
