"""Shelf: what there is of one image for hosts to fetch, under the names that they ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from hobnail.boot.content import FileContent
from hobnail.boot.plan import BootPlan
from hobnail.errors import UserError
from hobnail.image.model import Image, Module, Role

Station = Literal["loader", "config", "kernel", "module", "other"]
"""What a name that a host asks for is to its boot."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name is to a boot; `position` counts modules from 1, the kernel is 0."""

    station: Station
    position: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """One image, the loaders of its medium (or newer ones in their place), and the machine's for its BIOS hosts.

    `lacking` tells for the name of a loader that is not installed what to do.
    """

    image: Image
    medium_loaders: tuple[Module, ...]
    loaders: Mapping[str, FileContent]
    lacking: Mapping[str, str]

    def loader_named(self, file: str) -> Module | None:
        """Return the medium's loader of that name; FAT and firmware do not tell case apart."""
        return next((module for module in self.medium_loaders if module.name.lower() == file.lower()), None)


class BootsFromDiskError(UserError):
    """A host is installed on its own disk: loaders that can are told to go on with that."""


@dataclass(frozen=True, slots=True)
class Made:
    """A file made for one host. One that is `bound` is handed to the address that asked for the boot, no other."""

    data: bytes
    bound: bool = True


@dataclass(frozen=True, slots=True)
class HostPlan:
    """A boot plan, and the files that were made for it, by name: the overlay, ks.cfg.

    One that `installs` does so by a ks.cfg made here, which calls back when it is done.
    """

    plan: BootPlan
    made: Mapping[str, Made] = field(default_factory=dict)
    installs: bool = False

    def module_named(self, file: str) -> tuple[int, Module] | None:
        """Return a module that the host loads, and its place: the kernel is 0."""
        wanted = file.lower()
        for position, module in enumerate((self.plan.image.kernel, *self.plan.modules)):
            if module.name.lower() == wanted:
                return position, module
        return None

    def named(self, file: str) -> Named:
        """Tell what a file of the image, or one made for the host, is to its boot."""
        found = self.module_named(file)
        if found is None:
            return Named("other")
        position, module = found
        assert module.role is not Role.LOADER
        return Named("kernel" if position == 0 else "module", position, len(self.plan.modules))


class Site(Protocol):
    """What is served to whom. Both raise HobnailError with a reason for people; of a host that is installed on its
    own disk, BootsFromDiskError."""

    def plan(self, mac: str | None, token: str = "") -> HostPlan:
        """Return the plan of a host, or of any host (None); what is made for it stands in the folder `token`."""

    def shelf(self, short_id: str) -> Shelf | None:
        """Return what there is of an image that hosts may be told to boot."""
