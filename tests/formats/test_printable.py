"""Text of others on a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.formats.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("b.b00 und Größe 日本", "b.b00 und Größe 日本"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\n15:00:00 forged\r\t", "a\\x0a15:00:00 forged\\x0d\\x09"),
        ("\x7f\x9b31m", "\\x7f\\x9b31m"),  # DEL, and CSI in one character
        ("\u202egpj.exe", "\\u202egpj.exe"),  # turns the rest of the line round
        ("\u2028\udc80\U000e0001", "\\u2028\\udc80\\U000e0001"),
    ],
)
def test_what_becomes_of_it(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_whatever_comes_is_one_printable_line(text: str) -> None:
    assert printable(text).isprintable()
