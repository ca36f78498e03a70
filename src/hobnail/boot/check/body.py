"""The body of a fetched file, seen as it passes: its first bytes, and what it is as gzip. It is never kept whole."""

from dataclasses import dataclass

from hobnail.formats.gzip_check import GzipCheck, GzipVerdict

HEAD = 1 << 20
"""Bytes that are kept: configuration files and loaders whole."""


@dataclass(frozen=True, slots=True)
class Body:
    """What is known of a file that has passed. `size` is in bytes, `head` its first mebibyte."""

    size: int
    head: bytes
    gzip: GzipVerdict

    @property
    def is_web_page(self) -> bool:
        """Say whether it is HTML: what servers send in place of a file, with status 200."""
        return self.head[:256].lstrip().lower().startswith((b"<!doctype html", b"<html"))


class BodyWatch:
    """Takes a body piece by piece."""

    def __init__(self) -> None:
        self.size = 0
        self._head = bytearray()
        self._gzip = GzipCheck()

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        self.size += len(data)
        if len(self._head) < HEAD:
            self._head += data[: HEAD - len(self._head)]
        self._gzip.feed(data)

    def body(self) -> Body:
        """Return what is known, once the last piece was fed."""
        return Body(self.size, bytes(self._head), self._gzip.verdict())


def body_of(data: bytes) -> Body:
    """Return a body that is in memory already."""
    watch = BodyWatch()
    watch.feed(data)
    return watch.body()
