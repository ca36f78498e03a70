"""What the parts of an overlay are made from, and what each gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from hobnail.profile.overlay.member import Member
from hobnail.profile.overlay.values import Record
from hobnail.profile.release import Release
from hobnail.profile.settings import HostSecrets, Settings, Source

Content = Callable[[Source], bytes]
"""Returns the bytes that a settings file named."""


@dataclass(frozen=True, slots=True)
class Request:
    """One host's settings and secrets, and the release that is to take them."""

    settings: Settings
    secrets: HostSecrets
    release: Release
    content: Content

    @property
    def legacy(self) -> bool:
        """Whether this is a release up to 4.1: no esxcli as we know it, no firewall, init scripts are sourced."""
        return self.release < (5, 0, 0)


class Part(NamedTuple):
    """What one concern puts into an overlay: files, and records for its steps."""

    members: tuple[Member, ...] = ()
    records: tuple[Record, ...] = ()
