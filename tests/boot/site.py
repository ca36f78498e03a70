"""A site of one image, as catalogues and servers are tried with."""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

from hobnail.boot.catalogue import Catalogue
from hobnail.boot.content import FileContent
from hobnail.boot.handouts import Handouts
from hobnail.boot.plan import PlanOptions, plan_for
from hobnail.boot.shelf import HostPlan, Shelf
from hobnail.image.model import Image


class Remembered:
    """Installations under way, in memory."""

    def __init__(self) -> None:
        self.macs: dict[str, str] = {}

    def begin(self, token: str, mac: str) -> None:
        self.macs[token] = mac

    def begun(self, token: str) -> str | None:
        return self.macs.get(token)


class OneImage:
    """Every host boots the same image by the same options."""

    def __init__(
        self,
        image: Image,
        options: PlanOptions | None = None,
        loaders: Mapping[str, FileContent] | None = None,
        lacking: Mapping[str, str] | None = None,
    ) -> None:
        self._options = options or PlanOptions()
        self._shelf = Shelf(image, image.loaders, loaders or {}, lacking or {})

    def plan(self, mac: str | None, token: str = "") -> HostPlan:
        return HostPlan(plan_for(self._shelf.image, mac, self._options))

    def shelf(self, short_id: str) -> Shelf | None:
        return self._shelf if short_id == self._shelf.image.short_id else None


def catalogue_of(
    site: OneImage,
    blob: Callable[[str], Path],
    mac_of: Callable[[str], str | None] = lambda _: None,
    base: str = "",
) -> Catalogue:
    numbers = count(1)
    handouts = Handouts(
        plan=site.plan,
        mac_of=mac_of,
        akin=lambda one, other: False,
        new_token=lambda: f"{next(numbers):032x}",
        now=lambda: 0.0,
        pending=Remembered(),
    )
    return Catalogue(site=site, handouts=handouts, blob=blob, mac_of=mac_of, base=base)
