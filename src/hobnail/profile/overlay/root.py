"""The administrator's account."""

import re
from functools import lru_cache

from hobnail.errors import UserError
from hobnail.profile.overlay.member import STICKY, Member
from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.release import Release

DATABASE_SINCE: Release = (7, 0, 2)
"""From here on accounts are in a database, and a shadow file in the overlay is not taken (facts 2.3)."""
EDITED_SINCE: Release = (7, 0, 1)
"""From here on the line is edited while the host boots; for Update 1 sources disagree, so it gets both."""

_HASH = re.compile(r"\$(1|5|6)\$[!-9;-~]{20,160}")  # printable ASCII without blank and colon
_OTHERS = ("nobody", "nfsnobody", "dcui", "daemon")
_LAST_CHANGE = 13358
"""Days since 1970; any day in the past does, and the vendor's own file has this one."""


def part(request: Request) -> Part:
    """Root's hash, or `*` where it is locked. UserError when the hash is none that crypt(3) knows."""
    root = request.settings.root
    hashed = "*" if root.locked else root.password_hash
    if not hashed:
        return Part()
    if hashed != "*" and not _HASH.fullmatch(hashed):
        raise UserError(
            "root.password_hash is no hash of crypt(3)", next_step="make one with `openssl passwd -6` (3.5: -1)"
        )
    members = (_shadow(hashed, request.legacy),) if request.release < DATABASE_SINCE else ()
    return Part(members, (("root_hash", hashed),) if request.release >= EDITED_SINCE else ())


@lru_cache(256)
def _shadow(hashed: str, legacy: bool) -> Member:
    """All the service users must be there: the file replaces the image's (xCAT; facts 3)."""
    locked = (*_OTHERS, "vimuser" if legacy else "vpxuser")
    lines = [f"root:{hashed}:{_LAST_CHANGE}:0:99999:7:::"]
    lines += [f"{name}:*:{_LAST_CHANGE}:0:99999:7:::" for name in locked]
    return Member("etc/shadow", ("\n".join(lines) + "\n").encode(), STICKY | 0o400)
