"""Whatever tomllib reads is either settings or a list of messages; never another exception."""

import tomllib

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hobnail.profile.checks import check_all
from hobnail.profile.configuration import Configuration
from hobnail.profile.document import Places
from hobnail.profile.grammar import Key
from hobnail.profile.problems import InvalidSettingsError, Problem
from hobnail.profile.resolve import effective, effective_profile
from tests.profile.settings_files import HASH, KEY
from tests.profile.test_schema import KEYS

NAMES = sorted({name for path, _ in KEYS for name in path} | {"esx02", "vmk2", "x", ""})
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-1, 5000),
    st.floats(),
    st.text(max_size=3),
    st.dates(),
    st.sampled_from(["10.0.0.5/24", "10.0.0.1", "52:54:00:00:00:01", "esx01", "lab", "/x", "vSwitch1", "#!/bin/sh"]),
)
VALUES: st.SearchStrategy[object] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    """Keys that exist, mostly with values that are right, some with any."""
    document: dict[str, object] = {}
    for path, key in draw(st.lists(st.sampled_from(KEYS), max_size=8)):
        table = document
        for name in path[:-1]:
            inner = table.setdefault(name, {})
            if not isinstance(inner, dict):
                break
            table = inner
        else:
            table[path[-1]] = draw(VALUES) if draw(st.integers(0, 9)) == 0 else right(key)
    if draw(st.integers(0, 9)) == 0:
        document[draw(st.sampled_from(["defaults", "images", "profiles", "hosts", "x"]))] = draw(VALUES)
    return document


def right(key: Key) -> object:
    example = key.example.replace("$6$…", HASH).replace("ssh-ed25519 AAAA… me", KEY)
    return tomllib.loads(f"x = {example}")["x"]


@given(documents())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_document(document: dict[str, object]) -> None:
    read = Configuration(document, Places({}), {})
    problems = read.problems()
    for problem in problems:
        said(problem)
    if problems:
        return
    found = check_all(read)
    for problem in found:
        said(problem)
    if found or any(True for _ in read.files_named()):
        return
    for name in read.profiles:
        assert effective_profile(read, name, lambda _: {"8.0.3"}).in_force is not None
    for host in (None, *read.hosts):
        assert effective(read, host, lambda _: ()).settings


def said(problem: Problem) -> None:
    message = str(problem.error(Places({})))
    assert problem.what
    assert "\n" not in message


@given(documents(), documents())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_has_no_problems_never_turns_out_to_have_some(
    document: dict[str, object], other: dict[str, object]
) -> None:
    for one in (document, other):
        read = Configuration(one, Places({}), {})
        if read.problems():
            continue
        try:
            for path in read.paths():
                read.layer(path)
        except InvalidSettingsError as error:
            raise AssertionError(str(error)) from error
