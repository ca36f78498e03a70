"""mboot's own command line: `-c boot.cfg ks=...`.

Source: vmware/esx-boot, mboot.c (getopt strings of 6.7 to 9.0; facts, section 4.2). Parsing stops at the first word
that is no option; all that is left goes to the kernel.
"""

from dataclasses import dataclass

WITH_VALUE = frozenset("cRpSstNbLEAq")
PLAIN = frozenset("aeVDHQUFr")
"""Options of any public release; a loader of another release may know fewer."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What mboot was told: its configuration file (""), words for the kernel, or why it refuses."""

    config: str = ""
    kernel_words: tuple[str, ...] = ()
    refused: str = ""


def parse_arguments(words: list[str]) -> Arguments:
    """Read the words as getopt does. Never raises."""
    config, rest = "", list(words)
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest.pop(0)
        if word == "--":
            break
        letters = word[1:]
        while letters and letters[0] in PLAIN:
            letters = letters[1:]
        if not letters:
            continue
        letter, value = letters[0], letters[1:]
        if letter not in WITH_VALUE:
            return Arguments(refused=f"mboot knows no option -{letter}")
        if not value and not rest:
            return Arguments(refused=f"option -{letter} has no argument")
        value = value or rest.pop(0)
        config = value if letter == "c" else config
    return Arguments(config, tuple(rest))
