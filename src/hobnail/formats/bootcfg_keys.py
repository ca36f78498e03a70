"""The keys of boot.cfg that each release of mboot and safeboot knows, and how a written key finds one of them.

Source: vmware/esx-boot, mboot/config.c and safeboot/config.c at the commit that each release was built from;
bootlib/parse.c (a key is any beginning of a known one, without regard to case); bootlib/string.c (numbers).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from hobnail.errors import UserError


class Kind(Enum):
    """What the value of a key is."""

    TEXT = "text"
    NUMBER = "number"
    FILES = "files"  # paths with options, parted by `---`
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the releases that know it; `until` is the first release that no longer does."""

    name: str
    kind: Kind
    since: tuple[int, ...] = (5, 0)
    until: tuple[int, ...] | None = None

    def known_to(self, release: tuple[int, ...]) -> bool:
        """Tell whether a release knows it."""
        return self.since <= release and (self.until is None or release < self.until)


MBOOT_TABLE = (
    Key("kernel", Kind.FILE),  # to norts: 6.7 U1, commit 52bdb50, the oldest that is published
    Key("kernelopt", Kind.TEXT),
    Key("modules", Kind.FILES),
    Key("title", Kind.TEXT),
    Key("prefix", Kind.TEXT),
    Key("nobootif", Kind.NUMBER),
    Key("timeout", Kind.NUMBER),
    Key("noquirks", Kind.NUMBER),
    Key("norts", Kind.NUMBER),
    Key("nativehttp", Kind.NUMBER, since=(7, 0, 2), until=(9, 0)),  # 9c60454; not in 0b0b31e
    Key("crypto", Kind.FILE, since=(7, 0, 2)),
    Key("runtimewd", Kind.NUMBER, since=(8, 0)),  # 4c23b14
    Key("tftpblksize", Kind.NUMBER, since=(8, 0)),
    Key("acpitables", Kind.FILES, since=(8, 0)),
    Key("runtimewdtimeout", Kind.NUMBER, since=(8, 0)),
    Key("skip", Kind.NUMBER, since=(8, 0, 1)),  # ce12933
    Key("errtimeout", Kind.NUMBER, since=(8, 0, 1)),
)
"""In mboot's order: what stands before `=` matches the first key that it begins."""

SAFEBOOT_TABLE = (
    Key("build", Kind.TEXT),
    Key("updated", Kind.NUMBER),
    Key("bootstate", Kind.NUMBER),
    Key("quickboot", Kind.NUMBER, since=(7, 0)),  # 1380fc8
)
"""safeboot reads the same lines by a table of its own."""

MBOOT_KEYS = tuple(key.name for key in MBOOT_TABLE)
SAFEBOOT_KEYS = tuple(key.name for key in SAFEBOOT_TABLE)

KEYS = {key.name: key for key in (*MBOOT_TABLE, *SAFEBOOT_TABLE)}

NEGATIVE_SINCE = (8, 0, 1)
"""ce12933: from here on a number may start with `-`; before, that is a syntax error (bootlib/string.c, is_number)."""

_RELEASE = re.compile(r"(\d{1,3})(?:\.(\d{1,3}))?(?:\.(\d{1,3})|[uU](\d{1,3})[a-z]?)?(?:[.-][\d.-]*)?")


def parse_release(text: str) -> tuple[int, ...]:
    """Read `7.0`, `7.0.2`, `8.0U3` or `8.0.3-24022510` into (major, minor, update). Raises UserError."""
    match = _RELEASE.fullmatch(text.strip())
    if not match:
        raise UserError(f"{text!r} is no release of ESXi", next_step="write it like 7.0, 7.0.2 or 8.0U3")
    return tuple(int(part or 0) for part in (match[1], match[2], match[3] or match[4]))


def release_text(release: tuple[int, ...]) -> str:
    """Return a release as people write it: `9.0`, `8.0.1`."""
    return ".".join(str(part) for part in (release[:2] if release[2:] in ((), (0,)) else release))


def find_key(written: str, table: Sequence[Key], release: tuple[int, ...] | None = None) -> Key | None:
    """Return the key that mboot takes for what stands before `=`; without a release, among all that ever were.

    `ker` and even nothing at all are `kernel`; `kernel ` with a blank is none.
    """
    lower = written.lower()
    return next(
        (key for key in table if key.name.startswith(lower) and (release is None or key.known_to(release))), None
    )


def is_number(value: str, release: tuple[int, ...] | None = None) -> bool:
    """Tell whether mboot takes a value (not an empty one) for a number; without a release, whether the newest does.

    A lone `-` passes and is 0.
    """
    negative = release is None or release >= NEGATIVE_SINCE
    digits = value[1:] if negative and value.startswith("-") else value
    return all("0" <= digit <= "9" for digit in digits)
