"""The names that hosts ask for, and what stands behind each: loaders, rendered configuration, modules.

There is no directory behind it: a name is looked up, never opened, so nothing outside can be reached.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hobnail.boot import pxelinux
from hobnail.boot.content import BytesContent, Content, FileContent, Missing
from hobnail.boot.plan import BootPlan, Station
from hobnail.errors import HobnailError
from hobnail.image.model import Image, Module

CONFIG_FOLDER = "pxelinux.cfg/"


@dataclass(frozen=True, slots=True)
class Named:
    """What a name is to a boot; `position` counts modules from 1, the kernel is 0."""

    station: Station
    position: int = 0
    total: int = 0


class Catalogue:
    """What hosts may fetch: the loaders, each host's configuration file, the image's modules, and no more.

    `plan_of` gives the boot plan of a MAC address; `blob` the file that holds a SHA-256; `lacking` tells for the
    name of a loader that is not installed what to do.
    """

    def __init__(
        self,
        *,
        image: Image,
        loaders: Mapping[str, FileContent],
        lacking: Mapping[str, str],
        plan_of: Callable[[str], BootPlan],
        blob: Callable[[str], Path],
    ) -> None:
        self._image = image
        self._loaders = loaders
        self._lacking = lacking
        self._plan_of = plan_of
        modules = (image.kernel, *image.modules)
        self._modules = {m.name: (m, position) for position, m in enumerate(modules)}
        self._folded = {m.name.lower(): m.name for m in modules}
        self._blob = blob

    def find(self, name: str, peer: str) -> Content | Missing:
        """Return what stands behind a name as a host wrote it (`Find`). Never raises; `peer` is for the reason."""
        try:
            return self._look_up(normal(name))
        except HobnailError as error:
            return Missing(f"{error} (asked for by {peer})")

    def named(self, name: str) -> Named:
        """Tell what a name is to a boot, for the ladder of stages."""
        name = normal(name)
        if name in self._loaders or name in self._lacking:
            return Named("loader")
        if name.startswith(CONFIG_FOLDER):
            return Named("config")
        module = self._module(name)
        if module is None:
            return Named("other")
        position = module[1]
        total = len(self._image.modules)
        return Named("kernel" if position == 0 else "module", position, total)

    def _look_up(self, name: str) -> Content | Missing:
        if name in self._loaders:
            return self._loaders[name]
        if name in self._lacking:
            return Missing(self._lacking[name])
        if name.startswith(CONFIG_FOLDER):
            return self._configuration(name.removeprefix(CONFIG_FOLDER))
        found = self._module(name)
        if found is not None:
            return self._content(found[0])
        folder, _, rest = name.partition("/")
        if rest and folder == self._image.short_id:
            return Missing(f"{self._image.title} has no module {rest}: `hobnail image show {folder}` lists them")
        if re.fullmatch(r"[0-9a-f]{12}/.+", name):
            return Missing(f"image {folder} is not the one that is served ({self._image.short_id}): reset the host")
        return Missing("no loader, configuration or module has this name")

    def _module(self, name: str) -> tuple[Module, int] | None:
        folder, _, rest = name.partition("/")
        if folder != self._image.short_id:
            return None
        return self._modules.get(self._folded.get(rest.lower(), rest))

    def _content(self, module: Module) -> Content | Missing:
        path = self._blob(module.sha256)
        if not path.is_file():
            return Missing(
                f"the store has lost {module.name} (sha256 {module.sha256[:12]}…): "
                f"run `hobnail image verify {self._image.short_id}`, then import the medium again"
            )
        return FileContent(path, module.size)

    def _configuration(self, name: str) -> Content | Missing:
        mac = pxelinux.mac_asked(name)
        if mac is not None:
            return BytesContent(pxelinux.render(self._plan_of(mac)))
        if pxelinux.is_search_name(name):
            return Missing("PXELINUX's search list; the answer is under the MAC address", expected=True)
        return Missing("PXELINUX asks for no such name")


def normal(name: str) -> str:
    """Return a name as the catalogue has it: one slash between parts, none in front, no `.` parts.

    Firmware and loaders double slashes and put one in front (boot-traces, sections 5 and 7); old TFTP clients
    write `\\`. `..` stays, and so finds nothing.
    """
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
