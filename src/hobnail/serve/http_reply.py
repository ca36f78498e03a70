"""Which bytes answer an HTTP request: conditions and ranges, decided without a socket (RFC 9110, 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_ABSOLUTE = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_RANGE = re.compile(r"bytes=([0-9]{0,20})-([0-9]{0,20})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """The status, and `count` bytes of the content from `start` that go with it."""

    status: int
    start: int = 0
    count: int = 0

    def content_range(self, size: int) -> str | None:
        """Return the value of Content-Range for a content of `size` bytes, or None where there is none."""
        match self.status:
            case 206:
                return f"bytes {self.start}-{self.start + self.count - 1}/{size}"
            case 416:
                return f"bytes */{size}"
            case _:
                return None


def decide(method: str, headers: Mapping[str, str], etag: str, size: int) -> Reply:
    """Return the reply to a GET or HEAD of a content of `size` bytes; `etag` is its tag, with quotes.

    There is no date to compare with: when a blob was written says nothing of its content, so Last-Modified is not
    sent, and conditions on it do not count (RFC 9110, 13.1.3 and 13.1.4). Ranges count for GET only (14.2).
    """
    wanted, held = headers.get("If-Match"), headers.get("If-None-Match")
    if wanted is not None and not _names(wanted, etag, weak=False):
        return Reply(412)
    if held is not None and _names(held, etag, weak=True):
        return Reply(304)
    if method != "GET" or "Range" not in headers or headers.get("If-Range", etag) != etag:
        return Reply(200, 0, size)
    return _ranged(headers["Range"].strip(), size)


def requested_path(target: str) -> str:
    """Return the path of a request target, with its percent signs; the absolute form has it too (RFC 9112, 3.2.2)."""
    absolute = _ABSOLUTE.match(target)
    return (target[absolute.end() :] if absolute else target).partition("?")[0]


def requested_query(target: str) -> str:
    """Return what follows the first question mark of a request target, as it came."""
    return target.partition("?")[2]


def _names(tags: str, etag: str, *, weak: bool) -> bool:
    """Tell whether a list of entity tags has ours. Ours are hexadecimal, so that none hides within another."""
    listed = (tag.strip() for tag in tags.split(","))
    return any(tag in ("*", etag) or (weak and tag == f"W/{etag}") for tag in listed)


def _ranged(text: str, size: int) -> Reply:
    """Return the reply to a Range: what is not one sound range of bytes is as good as absent (RFC 9110, 14.2)."""
    found = _RANGE.fullmatch(text)
    if found is None or found[1] == found[2] == "":
        return Reply(200, 0, size)
    if not found[1]:
        start, end = max(0, size - int(found[2])), size
    else:
        start, end = int(found[1]), min(size, int(found[2]) + 1) if found[2] else size
        if found[2] and int(found[2]) < start:
            return Reply(200, 0, size)
    return Reply(206, start, end - start) if start < size else Reply(416)
