"""What firmware says where nobody has filled anything in: the same on many machines, so it names none of them.

Both who reads a machine's answers and who reads a person's settings ask here: a serial number that the one drops, the
other may not take. Sources: SMBIOS 3.6, 7.2 (strings of at most 64 characters by custom); the words are the field's.
"""

LONGEST_VALUE = 64
"""Characters of a value."""

_PLACEHOLDERS = frozenset(
    {
        "0123456789",
        "123456789",
        "default string",
        "invalid",
        "n/a",
        "no asset tag",
        "none",
        "not applicable",
        "not available",
        "not specified",
        "o.e.m.",
        "system manufacturer",
        "system product name",
        "system serial number",
        "to be filled by o.e.m.",
        "unknown",
    }
)


def meaning(text: str) -> str:
    """Return a serial number or the like as people write it, blanks joined; "" when it names no machine."""
    value = " ".join(text.split())
    if len(value) > LONGEST_VALUE or not value.isprintable() or "\ufffd" in value or "${" in value:
        return ""
    return "" if value.lower() in _PLACEHOLDERS or not any(char.isalnum() for char in value) else value
