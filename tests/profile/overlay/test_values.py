"""Values reach the scripts as they are: through real shells."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hobnail.errors import UserError
from hobnail.profile.overlay.values import render
from hobnail.system.commands import run
from tests.tools import need_tool

PRINTABLE = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=60)
AWKWARD = st.text(st.sampled_from("'\"`$\\ *?[]{}()<>|&;#!~%=\u0081é\xa0\u2028"), max_size=30)
READ = """
read -r US <"$1"
while IFS=$US read -r key one two three _; do
	[ "$key" = wanted ] || continue
	command printf '%s\\036%s\\036%s\\036' "$one" "$two" "$three"
done <"$1"
"""
SHELLS = (["busybox", "ash"], ["dash"])


@pytest.mark.parametrize("shell", SHELLS, ids=lambda shell: shell[0])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(st.tuples(*[st.one_of(PRINTABLE, AWKWARD)] * 3), min_size=1, max_size=6))
def test_any_printable_value_is_read_back(
    shell: list[str], values: list[tuple[str, str, str]], tmp_path: Path
) -> None:
    need_tool(shell[0])
    file = tmp_path / "settings"
    file.write_bytes(render([("other", "x"), *(("wanted", *row) for row in values), ("era", "modern")]))
    said = run([*shell, "-c", READ, "sh", file]).stdout
    assert said.split(b"\x1e")[:-1] == [field.encode() for row in values for field in row]


@pytest.mark.parametrize("value", ["two\nlines", "\x1f", "bell\x07", "\x7f", "\r", "\ud800"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(UserError, match="host_name") as caught:
        render([("era", "modern"), ("host_name", "x", value)])
    assert caught.value.next_step
