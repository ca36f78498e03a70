"""The names that hosts ask for, and what stands behind each: loaders, rendered configuration, modules.

There is no directory behind it: a name is looked up, never opened, so nothing outside can be reached.

    pxelinux.0, mboot.c32 …             loaders of this machine
    pxelinux.cfg/01-MAC                 PXELINUX's file for one host
    IMAGE/vmk.gz, IMAGE/mboot.efi       modules, and loaders of the medium
    IMAGE/boot.cfg, IMAGE/boot.ipxe     mboot's file and iPXE's script (bios.ipxe for BIOS)
    IMAGE/01-MAC/…                      the same for one host: mboot takes the folder of its boot.cfg as the prefix
                                        of all names, and looks for 01-MAC/boot.cfg first (facts, section 4);
                                        an old one may leave IMAGE out
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hobnail.boot import ipxe, mboot_config, pxelinux
from hobnail.boot.content import BytesContent, Content, FileContent, Missing
from hobnail.boot.plan import BootPlan, Station, bootif
from hobnail.errors import HobnailError
from hobnail.image.model import Image, Module, Role

CONFIG_FOLDER = "pxelinux.cfg/"
BOOT_CONFIG = "boot.cfg"

_EXPECTED = frozenset({"crypto64.efi", "cryptoaa64.efi", "autoexec.ipxe"})
"""Asked for by mboot.efi (7.0.2 and later) and iPXE 2.0 whether it is there or not; both go on without."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a name is to a boot; `position` counts modules from 1, the kernel is 0."""

    station: Station
    position: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A name below the image's folder: the host's MAC address if the name tells it, and the file."""

    mac: str | None
    file: str


class Catalogue:
    """What hosts may fetch: the loaders, each host's configuration files, the image's modules, and no more.

    `plan_of` gives the boot plan of a MAC address, or of any host (None); `mac_of` the MAC address behind a peer's
    IPv4 address, if it is known; `blob` the file that holds a SHA-256; `lacking` tells for the name of a loader that
    is not installed what to do; `base` is the URL of our root; `medium_loaders` stand for the image's own.
    """

    def __init__(
        self,
        *,
        image: Image,
        medium_loaders: Iterable[Module] | None = None,
        loaders: Mapping[str, FileContent],
        lacking: Mapping[str, str],
        plan_of: Callable[[str | None], BootPlan],
        blob: Callable[[str], Path],
        mac_of: Callable[[str], str | None] = lambda _: None,
        base: str = "",
    ) -> None:
        self._image = image
        self._loaders = loaders
        self._lacking = lacking
        self._plan_of = plan_of
        self._blob = blob
        self._mac_of = mac_of
        self._base = base
        own = image.loaders if medium_loaders is None else medium_loaders
        modules = (image.kernel, *plan_of(None).modules)
        self._total = len(modules) - 1
        self._positions = {module.name: position for position, module in enumerate(modules)}
        self._files = {module.name.lower(): module for module in (*modules, *own)}

    def find(self, name: str, peer: str) -> Content | Missing:
        """Return what stands behind a name as a host wrote it (`Find`). Never raises; `peer` is for the reason."""
        try:
            return self._look_up(normal(name), peer)
        except HobnailError as error:
            return Missing(f"{error} (asked for by {peer})")

    def named(self, name: str) -> Named:
        """Tell what a name is to a boot, for the ladder of stages."""
        name = normal(name)
        if name in self._loaders or name in self._lacking:
            return Named("loader")
        if name.startswith(CONFIG_FOLDER):
            return Named("config")
        asked = self._below_the_image(name)
        if asked is None:
            return Named("other")
        if asked.file in (BOOT_CONFIG, *ipxe.SCRIPTS):
            return Named("config")
        module = self._files.get(asked.file.lower())
        if module is None:
            return Named("other")
        if module.role is Role.LOADER:
            return Named("loader")
        position = self._positions[module.name]
        return Named("kernel" if position == 0 else "module", position, self._total)

    def _look_up(self, name: str, peer: str) -> Content | Missing:
        if name in self._loaders:
            return self._loaders[name]
        if name in self._lacking:
            return Missing(self._lacking[name])
        if name.startswith(CONFIG_FOLDER):
            return self._pxelinux_config(name.removeprefix(CONFIG_FOLDER))
        asked = self._below_the_image(name)
        if asked is not None:
            return self._of_the_image(asked, peer)
        folder = name.partition("/")[0]
        if re.fullmatch(r"[0-9a-f]{12}/.+", name):
            return Missing(f"image {folder} is not the one that is served ({self._image.short_id}): reset the host")
        expected = name.rpartition("/")[2] in _EXPECTED
        return Missing("no loader, configuration or module has this name", expected=expected)

    def _below_the_image(self, name: str) -> _Asked | None:
        """Take the folders off a name; a loader may have put the image's folder and the host's before it twice."""
        folder, _, rest = name.partition("/")
        mac = pxelinux.mac_asked(folder)
        if folder != self._image.short_id and (mac is None or not self._image.boot_config):
            return None
        while "/" in rest:
            folder, _, below = rest.partition("/")
            asked = pxelinux.mac_asked(folder)
            if asked is None and folder != self._image.short_id:
                break
            mac, rest = asked or mac, below
        return _Asked(mac, rest)

    def _of_the_image(self, asked: _Asked, peer: str) -> Content | Missing:
        module = self._files.get(asked.file.lower())
        if module is not None:
            return self._content(module)
        if self._image.boot_config and asked.file == BOOT_CONFIG:
            return BytesContent(mboot_config.render(self._plan_of(asked.mac or self._mac_of(peer))))
        if self._image.boot_config and asked.file in ipxe.SCRIPTS:
            return BytesContent(self._script(asked.file, asked.mac))
        short = self._image.short_id
        return Missing(
            f"{self._image.title} has no module {asked.file}: `hobnail image show {short}` lists them",
            expected=asked.file.rpartition("/")[2] in _EXPECTED,
        )

    def _script(self, script: str, mac: str | None) -> bytes:
        if mac is None:
            return ipxe.first_script(self._base, self._image.short_id, script)
        if script == ipxe.BIOS_SCRIPT:
            return ipxe.render_bios(self._plan_of(mac), self._base)
        return ipxe.render_uefi(self._plan_of(mac), self._base, bootif(mac))

    def _content(self, module: Module) -> Content | Missing:
        path = self._blob(module.sha256)
        if not path.is_file():
            return Missing(
                f"the store has lost {module.name} (sha256 {module.sha256[:12]}…): "
                f"import the medium again, or serve another image if {self._image.short_id} was removed"
            )
        return FileContent(path, module.size, immutable=module.role is not Role.LOADER)  # a newer loader may stand in

    def _pxelinux_config(self, name: str) -> Content | Missing:
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
