"""The laws of merging, on trees of any shape, and what they mean for settings."""

from functools import reduce

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hobnail.profile.grammar import Key
from hobnail.profile.kinds import text
from hobnail.profile.merge import Branch, Leaf, Origin, Removed, Tree, leaves, merge

KEY = Key(text(), "", "")
GROUPS = (frozenset({"a", "b"}), frozenset({"c", "d"}))
NAMES = st.sampled_from(["a", "b", "c", "e", "f"])
ORIGINS = st.builds(Origin, st.sampled_from(["x", "y", "z"]), st.just(()))
LEAVES = st.builds(Leaf, st.just(KEY), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3)), ORIGINS)


def branches(children: st.SearchStrategy[Tree], groups: tuple[frozenset[str], ...] = ()) -> st.SearchStrategy[Branch]:
    return st.builds(Branch, st.dictionaries(NAMES, children, max_size=4), ORIGINS, st.just(groups))


TABLES = branches(LEAVES, GROUPS)
"""Tables with fixed keys, some of which speak of one thing."""
THINGS = branches(st.one_of(TABLES, st.builds(Removed, ORIGINS)))
"""Tables of things by name, some taken away."""
LAYERS = branches(THINGS)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAYERS, LAYERS, LAYERS)
def test_inheritance_is_associative(low: Branch, middle: Branch, high: Branch) -> None:
    assert merge(merge(low, middle), high) == merge(low, merge(middle, high))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES, TABLES, TABLES)
def test_so_are_keys_that_speak_of_one_thing(low: Branch, middle: Branch, high: Branch) -> None:
    assert merge(merge(low, middle), high) == merge(low, merge(middle, high))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAYERS)
def test_an_empty_layer_changes_nothing(layer: Branch) -> None:
    empty = Branch({}, Origin("", ()))
    assert merge(empty, layer) == layer
    assert merge(layer, empty).children == layer.children


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LAYERS)
def test_a_layer_over_itself_is_that_layer_unless_something_comes_back(layer: Branch) -> None:
    assert dict(leaves(merge(layer, layer))) == dict(leaves(layer))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_a_value_in_force_is_the_highest_that_was_said(layers: list[Branch]) -> None:
    merged = dict(leaves(reduce(merge, layers)))
    for path, leaf in merged.items():
        said = [layer.at(*path) for layer in layers]
        assert [one for one in said if isinstance(one, Leaf)][-1] is leaf


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(LAYERS, min_size=1, max_size=4))
def test_what_the_highest_layer_says_is_in_force(layers: list[Branch]) -> None:
    merged = dict(leaves(reduce(merge, layers)))
    for path, leaf in leaves(layers[-1]):
        assert merged[path] is leaf


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(THINGS, THINGS, THINGS)
def test_what_was_removed_does_not_come_back_by_itself(low: Branch, middle: Branch, high: Branch) -> None:
    merged = merge(merge(low, middle), high)
    for name, one in middle.children.items():
        if isinstance(one, Removed):
            above = high.children.get(name)
            found = merged.children[name]
            assert (
                found == one
                if above is None
                else dict(found.children) == dict(above.children)
                if isinstance(above, Branch) and isinstance(found, Branch)
                else found == above
            )


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES, TABLES)
def test_of_keys_that_speak_of_one_thing_only_one_layer_s_count(low: Branch, high: Branch) -> None:
    merged = merge(low, high)
    for group in GROUPS:
        said = group & high.children.keys()
        if said:
            assert group & merged.children.keys() == said
