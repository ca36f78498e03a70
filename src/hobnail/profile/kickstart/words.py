"""What may stand in a command of a ks.cfg: the installer takes lines apart as a shell does (text.py)."""

from hobnail.errors import UserError

_FORBIDDEN = frozenset("\"'\\#`")


def word(text: str, key: str) -> str:
    """Return a value as one word. UserError naming the setting for what would not arrive as it is written."""
    if not text or any(not "!" <= char <= "~" or char in _FORBIDDEN for char in text):
        raise UserError(
            f"{text!r} cannot stand in a command of the installer",
            where=key,
            next_step="use printable ASCII without blanks, quotes, backslashes and #",
        )
    return text


def quoted(text: str, key: str) -> str:
    """Return a value that may have blanks in it, in quotes where it needs them."""
    for part in text.split(" "):
        if part:
            word(part, key)
    return f"'{text}'" if " " in text else word(text, key)
