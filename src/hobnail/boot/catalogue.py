"""The names that hosts ask for, and what stands behind each: loaders, rendered configuration, modules.

There is no directory behind it: a name is looked up, never opened, so nothing outside can be reached.

    pxelinux.0, mboot.c32 …             loaders of this machine
    pxelinux.cfg/01-MAC                 PXELINUX's file for one host
    IMAGE/vmk.gz, IMAGE/mboot.efi       modules, and loaders of the medium
    IMAGE/boot.cfg, IMAGE/boot.ipxe     mboot's file and iPXE's script (bios.ipxe for BIOS)
    done/TOKEN                          the report of an installation that it is done
    IMAGE/01-MAC/…                      the same for one host: mboot takes the folder of its boot.cfg as the prefix
                                        of all names, and looks for 01-MAC/boot.cfg first (facts, section 4);
                                        an old one may leave IMAGE out
    …/TOKEN/hobnail.tgz                 what was made for this boot of this host (handouts.py)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hobnail.boot import ipxe, mboot_config, pxelinux
from hobnail.boot.content import BytesContent, Content, FileContent, Missing
from hobnail.boot.handouts import TOKEN, Handouts
from hobnail.boot.loaders import PACKAGES
from hobnail.boot.plan import bootif, plan_for
from hobnail.boot.shelf import BootsFromDiskError, HostPlan, Named, Shelf, Site
from hobnail.errors import HobnailError, UserError
from hobnail.image.model import Module, Role

CONFIG_FOLDER = "pxelinux.cfg/"
CALL_BACK_FOLDER = "done/"
BOOT_CONFIG = "boot.cfg"

_IMAGE_FOLDER = re.compile(r"[0-9a-f]{12}")

_EXPECTED = frozenset({"crypto64.efi", "cryptoaa64.efi", "autoexec.ipxe"})
"""Asked for by mboot.efi (7.0.2 and later) and iPXE 2.0 whether it is there or not; both go on without."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A name below an image's folder: the folder and the host's MAC address if the name has them, and the file."""

    folder: str  # the image's short id; "" when the name begins with the host's own folder
    mac: str | None
    file: str


class Catalogue:
    """What hosts may fetch: the loaders, each host's configuration files, its modules, and no more.

    `mac_of` gives the MAC address behind a peer's IPv4 address, if it is known; `blob` the file that holds a
    SHA-256; `base` is the URL of our root; `report` takes an installation's token when it is done, if it is one.
    """

    def __init__(
        self,
        *,
        site: Site,
        handouts: Handouts,
        blob: Callable[[str], Path],
        mac_of: Callable[[str], str | None] = lambda _: None,
        base: str = "",
        report: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._site = site
        self._handouts = handouts
        self._blob = blob
        self._mac_of = mac_of
        self._base = base
        self._report = report

    def find(self, name: str, peer: str) -> Content | Missing:
        """Return what stands behind a name as a host wrote it (`Find`). Never raises; `peer` is for the reason."""
        try:
            return self._look_up(normal(name), peer)
        except HobnailError as error:
            return Missing(f"{error} (asked for by {peer})")

    def named(self, name: str) -> Named:
        """Tell what a name is to a boot, for the ladder of stages."""
        name = normal(name)
        if name in PACKAGES:
            return Named("loader")
        if name.startswith(CONFIG_FOLDER):
            return Named("config")
        asked = _below_an_image(name)
        if asked is None:
            return Named("other")
        if asked.file in (BOOT_CONFIG, *ipxe.SCRIPTS):
            return Named("config")
        try:
            host_plan = self._plan(asked, None)
        except HobnailError:
            return Named("other")
        shelf = self._site.shelf(host_plan.plan.image.short_id)
        if shelf is not None and shelf.loader_named(asked.file) is not None:
            return Named("loader")
        _, file = _token(asked.file)
        return host_plan.named(file)

    def fetched(self, name: str) -> None:
        """Note that a host has fetched a file whole: what was made for it may then not be fetched for long."""
        asked = _below_an_image(normal(name))
        token, file = _token(asked.file) if asked is not None else ("", "")
        if token:
            self._handouts.handed_over(token, file)

    def _look_up(self, name: str, peer: str) -> Content | Missing:
        if name in PACKAGES:
            return self._loader(name, peer)
        if name.startswith(CONFIG_FOLDER):
            return self._pxelinux_config(name.removeprefix(CONFIG_FOLDER), peer)
        if name.startswith(CALL_BACK_FOLDER):
            return self._call_back(name.removeprefix(CALL_BACK_FOLDER))
        asked = _below_an_image(name)
        if asked is not None:
            return self._of_an_image(asked, peer)
        expected = name.rpartition("/")[2] in _EXPECTED
        return Missing("no loader, configuration or module has this name", expected=expected)

    def _loader(self, name: str, peer: str) -> Content | Missing:
        """Find a loader of this machine: which one it is depends on the image that the host boots."""
        shelf = self._shelf(self._site.plan(self._mac_of(peer)))
        if name in shelf.loaders:
            return shelf.loaders[name]
        return Missing(shelf.lacking.get(name, "no loader, configuration or module has this name"))

    def _shelf(self, host_plan: HostPlan) -> Shelf:
        shelf = self._site.shelf(host_plan.plan.image.short_id)
        assert shelf is not None, "a plan is made for an image that is served"
        return shelf

    def _plan(self, asked: _Asked, peer: str | None) -> HostPlan:
        """Return the plan behind a name: its host's, else the peer's, else any host's with that image."""
        mac = asked.mac or (self._mac_of(peer) if peer is not None else None)
        host_plan = self._site.plan(mac)
        if asked.mac is None and asked.folder != host_plan.plan.image.short_id:
            shelf = self._site.shelf(asked.folder)
            if shelf is None:
                raise UserError(
                    f"image {asked.folder} is not the one that is served ({host_plan.plan.image.short_id})",
                    next_step="reset the host",
                )
            return HostPlan(plan_for(shelf.image, mac))
        return host_plan

    def _of_an_image(self, asked: _Asked, peer: str) -> Content | Missing:
        if asked.file in (BOOT_CONFIG, *ipxe.SCRIPTS):
            return self._configuration(asked, peer)
        token, file = _token(asked.file)
        if token:
            return self._handouts.find(token, file, peer)
        host_plan = self._begun(asked, peer) or self._plan(asked, peer)
        image = host_plan.plan.image
        module = self._shelf(host_plan).loader_named(file)
        if module is None and file not in host_plan.made:
            _, module = host_plan.module_named(file) or (0, None)
        if module is not None:
            return self._content(module, image.short_id)
        return Missing(
            f"{image.title} has no module {file}: `hobnail image show {image.short_id}` lists them",
            expected=file.rpartition("/")[2] in _EXPECTED,
        )

    def _begun(self, asked: _Asked, peer: str) -> HostPlan | None:
        """Return the plan by which the host has begun to boot: what was applied since is for its next boot."""
        host_plan = self._handouts.under_way(asked.mac or self._mac_of(peer), peer)
        if host_plan is not None and asked.mac is None and asked.folder != host_plan.plan.image.short_id:
            return None
        return host_plan

    def _configuration(self, asked: _Asked, peer: str) -> Content | Missing:
        try:
            host_plan = self._plan(asked, peer)
        except BootsFromDiskError:
            if asked.file in ipxe.SCRIPTS:
                return BytesContent(ipxe.FROM_DISK)
            raise
        image = host_plan.plan.image
        if not image.boot_config:
            return Missing(f"{image.title} has no {asked.file}: it is booted by BIOS and PXELINUX only")
        if asked.file in ipxe.SCRIPTS:
            return BytesContent(self._script(asked, host_plan))
        booting = self._handouts.boot(asked.mac or self._mac_of(peer), peer)
        return BytesContent(mboot_config.render(booting.plan), private=bool(booting.made))

    def _script(self, asked: _Asked, host_plan: HostPlan) -> bytes:
        if asked.mac is None:
            return ipxe.first_script(self._base, asked.folder, asked.file)
        if asked.file == ipxe.BIOS_SCRIPT:
            return ipxe.render_bios(host_plan.plan, self._base)
        return ipxe.render_uefi(host_plan.plan, self._base, bootif(asked.mac))

    def _content(self, module: Module, image: str) -> Content | Missing:
        path = self._blob(module.sha256)
        if not path.is_file():
            return Missing(
                f"the store has lost {module.name} (sha256 {module.sha256[:12]}…): "
                f"import the medium again, or serve another image if {image} was removed"
            )
        return FileContent(path, module.size, immutable=module.role is not Role.LOADER)  # a newer loader may stand in

    def _pxelinux_config(self, name: str, peer: str) -> Content | Missing:
        mac = pxelinux.mac_asked(name)
        if mac is not None:
            try:
                host_plan = self._handouts.boot(mac, peer)
            except BootsFromDiskError:
                return BytesContent(pxelinux.FROM_DISK)
            return BytesContent(pxelinux.render(host_plan.plan), private=bool(host_plan.made))
        if pxelinux.is_search_name(name):
            return Missing("PXELINUX's search list; the answer is under the MAC address", expected=True)
        return Missing("PXELINUX asks for no such name")

    def _call_back(self, token: str) -> Content | Missing:
        """Take the report of an installation that it is done; its token is worthless after it."""
        if not self._report(token):
            return Missing("this report was made before, or is of no installation from here", forbidden=True)
        return BytesContent(b"noted: this host boots from its disk now\n", private=True)


def _below_an_image(name: str) -> _Asked | None:
    """Take the folders off a name; a loader may have put the image's folder and the host's before it twice."""
    image, mac, rest = "", None, name
    while "/" in rest:
        folder, _, below = rest.partition("/")
        asked = pxelinux.mac_asked(folder)
        if asked is None and not _IMAGE_FOLDER.fullmatch(folder):
            break
        image, mac, rest = (image, asked, below) if asked else (folder, mac, below)
    return _Asked(image, mac, rest) if image or mac else None


def _token(file: str) -> tuple[str, str]:
    """Part a file's name into the token of a boot that it was made for ("" for none) and its own name."""
    folder, slash, below = file.partition("/")
    return (folder, below) if slash and TOKEN.fullmatch(folder) else ("", file)


def normal(name: str) -> str:
    """Return a name as the catalogue has it: one slash between parts, none in front, no `.` parts.

    Firmware and loaders double slashes and put one in front (boot-traces, sections 5 and 7); old TFTP clients
    write `\\`. `..` stays, and so finds nothing.
    """
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
