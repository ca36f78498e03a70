"""What a check of a boot.cfg found, and what the check is told about where the file is to be used."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from hobnail.formats.bootcfg import BootConfigText, ResolvedBoot
from hobnail.formats.bootcfg_keys import MBOOT_TABLE, SAFEBOOT_TABLE, Key, find_key

Transport = Literal["tftp", "http", "disk"]

PARSE = "esx-boot, bootlib/parse.c"
CONFIG = "esx-boot, mboot/config.c"
PATHS = "esx-boot, bootlib/string.c"
TRACES = "boot-traces, section 5"


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"  # the boot fails, or does something else than the file means
    WARNING = "warning"  # it may
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a boot.cfg."""

    severity: Severity
    line: int | None  # from 1; None for the file as a whole
    key: str  # the key concerned, as mboot knows it; empty for none
    what: str
    next_step: str  # empty where nothing is to be done
    source: str  # what it rests on

    def __str__(self) -> str:
        """Return `severity: what; next step`."""
        return f"{self.severity}: {self.what}" + (f"; {self.next_step}" if self.next_step else "")


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a check needs to know about a file of the server."""

    size: int  # bytes


Tree = Mapping[str, FileFacts] | Callable[[str], FileFacts | None]
"""The files of the server by their paths from its root, without a leading slash, case as it is; or their look-up."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A boot.cfg and where it is to be used."""

    config: BootConfigText
    tree: Tree | None = None  # None: not known, nothing is looked up
    transport: Transport | None = None  # None: any
    release: tuple[int, ...] | None = None  # of the mboot that reads it; None: any
    stateless: bool = False
    boot_directory: str = ""  # of boot.cfg: a path from the server's root, or a URL
    resolved: ResolvedBoot = field(init=False)  # what mboot makes of it there

    def __post_init__(self) -> None:
        object.__setattr__(self, "resolved", self.config.resolved(self.boot_directory))

    def key_of(self, written: str) -> Key | None:
        """Return the key that a written one sets, mboot's before safeboot's."""
        return find_key(written, MBOOT_TABLE, self.release) or find_key(written, SAFEBOOT_TABLE, self.release)

    def line_number(self, key: str) -> int | None:
        """Return the line whose value of a key counts."""
        lines = self.config.lines_of(key)
        return lines[-1].number if lines else None

    def finding(self, severity: Severity, key: str, what: str, next_step: str, source: str) -> Finding:
        """Return a finding about the value of a key."""
        return Finding(severity, self.line_number(key), key, what, next_step, source)


def named(names: Iterable[str], most: int = 6) -> str:
    """Return names for a sentence, the first few of many."""
    every = list(names)
    rest = len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")
