"""What stands behind a name that a host asks for: the answer that TFTP and HTTP both give."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file that never changes while it is served: a blob of the store, a loader.

    `immutable` when its name will stand for the same bytes for ever, so that caches need not ask again: a module.
    `kind` is the media type that HTTP says (UEFI HTTP boot tells a program from an ISO by it).
    """

    path: Path
    size: int
    immutable: bool = False
    kind: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BytesContent:
    """Rendered at request time from the boot plan: a loader's configuration file, or a file made for one boot.

    `private` when it is for that boot of that host alone: no cache on the way may keep it.
    """

    data: bytes
    private: bool = False

    @property
    def size(self) -> int:
        """Length in bytes."""
        return len(self.data)


ONLY_THAT_HOST = "is handed to that host only"
"""Stands in the reason why a host's own file is refused to others: by it a dry boot tells that nothing is wrong."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing stands behind the name.

    `expected` names are ones that every healthy boot asks for in vain (PXELINUX's search list); others are
    shown to the person with `reason`, which says what to do. `forbidden`: it is there, but for another host.
    """

    reason: str
    expected: bool = False
    forbidden: bool = False


Content = FileContent | BytesContent

Find = Callable[[str, str], Content | Missing]
"""(name as the host wrote it, the host's IPv4 address) -> what to send. Must not block for long nor raise."""
