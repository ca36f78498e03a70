"""What is written as TOML is read back as it was."""

import tomllib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hobnail.profile.document import Document, Places, read_document
from hobnail.profile.problems import Place
from hobnail.profile.quoting import toml
from tests.profile.test_resolve import EVERYTHING

NAMES = st.text(max_size=8)
VALUES = st.one_of(st.text(), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.just(4.1))
LISTS = st.lists(st.one_of(st.text(max_size=5), st.integers(0, 9)), max_size=3)
TABLES: st.SearchStrategy[dict[str, object]] = st.recursive(
    st.dictionaries(NAMES, st.one_of(VALUES, LISTS), max_size=4),
    lambda inner: st.dictionaries(NAMES, inner, max_size=4),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES)
def test_any_document(document: dict[str, object]) -> None:
    assert tomllib.loads(toml(document)) == document


def test_a_document_with_everything() -> None:
    document = tomllib.loads(EVERYTHING)
    assert tomllib.loads(toml(document)) == document


def test_a_long_text_stays_readable() -> None:
    text = toml({"scripts": {"a": {"content": '#!/bin/sh\necho "hi"\n\ttab \\ \n'}}})
    assert text == '[scripts.a]\ncontent = """\n#!/bin/sh\necho \\"hi\\"\n\ttab \\\\ \n"""\n'


def read(*texts: str) -> Document:
    return read_document([(f"{name}.toml", text.encode()) for name, text in zip("abc", texts, strict=False)])


def test_files_make_one_document() -> None:
    document = read("[profiles.lab]\nimage = 'x'\n", "\n[profiles.lab.ssh]\nenabled = true\n[hosts.h]\n")
    assert document.tables == {"profiles": {"lab": {"image": "x", "ssh": {"enabled": True}}}, "hosts": {"h": {}}}
    assert document.places(("profiles", "lab", "image")) == Place("a.toml", 2)
    assert document.places(("profiles", "lab", "ssh", "enabled")) == Place("b.toml", 3)
    assert document.places(("profiles", "lab", "boot", "timeout")) == Place("a.toml", 1)
    assert document.places(("nothing",)) is None


def test_places_are_kept() -> None:
    places = read("[profiles.lab]\nimage = 'x'\n").places
    assert Places.load(places.dump())(("profiles", "lab", "image")) == Place("a.toml", 2)
