"""Text that others wrote, made fit for a terminal and a log: no control character of theirs leaves as it is."""


def printable(text: str) -> str:
    """Return text on one line that cannot move the cursor, colour, hide or turn round what stands beside it.

    Control and format characters (ESC, line ends, bidirectional marks: all that Unicode does not call printable)
    become `\\x1b`, `\\u202e` or `\\U000e0001`.
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(char: str) -> str:
    if char.isprintable():
        return char
    number = ord(char)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
