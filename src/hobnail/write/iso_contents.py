"""What goes on an ISO for a boot plan: the disc's large files, its small ones, and what it is called."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from hobnail.boot.content import BytesContent, Content
from hobnail.boot.plan import FROM_THE_BANK, BootPlan
from hobnail.errors import UserError
from hobnail.image.model import Image, Module
from hobnail.write.contents import ContentFile, contents_of, rooted_boot_config
from hobnail.write.iso import Disc
from hobnail.write.iso_bios import BiosFiles

KICKSTART = "KS.CFG"
KICKSTART_OPTION = f"cdrom:/{KICKSTART}"
"""What ks= is to be for a ks file on the CD: the name is upper case there (facts 9)."""
_CD_WORD = "cdromboot"


@dataclass(frozen=True, slots=True)
class Extras:
    """What is no part of the plan."""

    bios: BiosFiles
    kickstart: bytes = b""  # the file's content
    efi_image: bytes = b""  # the medium's efiboot.img, to be UEFI's entry on a CD


def disc_for(plan: BootPlan, content: Callable[[Module], Content], extras: Extras) -> Disc:
    """Return what the ISO is to hold, for a plan that is `for_cd`. UserError when no firmware could boot it."""
    image = plan.image
    uefi = image.generation not in FROM_THE_BANK and any(loader.name == "mboot.efi" for loader in image.loaders)
    if not uefi and not extras.bios.files:
        raise UserError(
            f"neither BIOS nor UEFI could boot an ISO of {image.title}: {extras.bios.lacking}",
            where=image.short_id,
        )
    if uefi:
        files = list(contents_of(plan, content).files)
    else:
        files = [_file(module, content) for module in (image.kernel, *plan.modules)]
    if extras.kickstart:
        files.append(_of_bytes(KICKSTART, extras.kickstart))
    small = dict(extras.bios.files)
    if image.boot_config:
        small["boot.cfg"] = rooted_boot_config(plan)
        small[".discinfo"] = f"ESXi\nVersion: {image.version}\n".encode()
    return Disc(_volume_id(image), _digest(files, small), files, small, uefi, extras.efi_image if uefi else b"")


def for_cd(plan: BootPlan) -> BootPlan:
    """Return the plan as a CD has it: an installer is told again that its medium is one, where the vendor's is.

    A network card is not named (BOOTIF): nobody boots this through one.
    """
    said = [word for word in plan.image.kernel_options.split() if word.lower() == _CD_WORD]
    if plan.options.mode == "install" and said and said[0] not in plan.kernel_options.split():
        plan = replace(plan, kernel_options=" ".join([*plan.kernel_options.split(), said[0]]))
    return replace(plan, mac=None)


def _volume_id(image: Image) -> str:
    """Return the volume's name: Joliet holds 16 characters, and both descriptors are given the same."""
    return re.sub(r"[^A-Z0-9]", "_", f"ESXI_{image.version}".upper())[:16]


def _digest(files: list[ContentFile], small: dict[str, bytes]) -> bytes:
    lines = [f"{file.sha256} {file.path}\n" for file in files]
    lines += [f"{hashlib.sha256(data).hexdigest()} {path}\n" for path, data in small.items()]
    return hashlib.sha256("".join(lines).encode()).digest()


def _file(module: Module, content: Callable[[Module], Content]) -> ContentFile:
    found = content(module)
    if isinstance(found, BytesContent):
        return _of_bytes(module.name, found.data)
    return ContentFile(module.name, found.size, module.sha256, found.path)


def _of_bytes(path: str, data: bytes) -> ContentFile:
    return ContentFile(path, len(data), hashlib.sha256(data).hexdigest(), data)
