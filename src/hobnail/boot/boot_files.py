"""BootFiles: which file each kind of firmware is told to load first, or why it is told of none."""

from dataclasses import dataclass, replace

from hobnail.boot.ipxe import BIOS_SCRIPT, SCRIPT
from hobnail.errors import UserError
from hobnail.image.model import Image
from hobnail.wire.pxe import IpxeOption, PxeClient

LONGEST_NAME = 127
"""Bytes of a name that the BOOTP file field holds before its NUL (RFC 951)."""


@dataclass(frozen=True, slots=True)
class BootFile:
    """A name for TFTP, relative to the server's root; for UEFI HTTP boot a URL. Raises UserError."""

    name: str

    def __post_init__(self) -> None:
        if not self.name or len(self.name) > LONGEST_NAME or any(not "!" <= char <= "~" for char in self.name):
            raise UserError(
                f"{self.name!r} cannot be a boot file's name",
                next_step=f"use 1 to {LONGEST_NAME} printable ASCII characters without blanks",
            )


@dataclass(frozen=True, slots=True)
class Refused:
    """No boot file; the reason is for people and says what to do."""

    reason: str


@dataclass(frozen=True, slots=True)
class BootFiles:
    """The first file for each firmware. `processor` is the one that the image runs on, as option 93 names it."""

    bios: BootFile | Refused
    uefi: BootFile | Refused
    uefi_http: BootFile | Refused
    ipxe_uefi: BootFile | None = None  # a script's URL, for an iPXE that says that it takes http://
    ipxe_bios: BootFile | None = None  # the same for BIOS
    processor: str = "x86-64"

    def for_client(self, client: PxeClient) -> BootFile | Refused:
        """Choose by architecture (option 93), by HTTP or TFTP (option 60), and by what iPXE says it can (175)."""
        architecture = client.architecture
        if architecture is None or architecture.processor not in ("", "x86-64", "Arm64"):
            return Refused(f"{client.name} cannot run ESX(i), which needs BIOS, or UEFI on x86-64 or Arm64")
        takes_http = client.ipxe is not None and IpxeOption.HTTP in client.ipxe.features
        if architecture.firmware == "BIOS":
            return self.ipxe_bios if takes_http and self.ipxe_bios is not None else self.bios
        if architecture.processor != self.processor:
            return Refused(
                f"{client.name} cannot run an image for {self.processor}; "
                f"serve it one for {architecture.processor} (hobnail serve --image)"
            )
        if takes_http and self.ipxe_uefi is not None:
            return self.ipxe_uefi
        return self.uefi_http if client.http else self.uefi


@dataclass(frozen=True, slots=True)
class HttpBoot:
    """Where UEFI HTTP Boot clients are sent: `base` is the root's URL, `iso` the name of an ISO in it, or ""."""

    base: str
    iso: str = ""


def bios_only(name: str, image: str) -> BootFiles:
    """Return the files of an image that has no UEFI loader: ESX 3i 3.5, ESXi 4.0 and 4.1."""
    refused = Refused(f"{image} boots by BIOS firmware only; set the machine to legacy (BIOS) boot")
    return BootFiles(bios=BootFile(name), uefi=refused, uefi_http=refused)


def nothing(reason: str) -> BootFiles:
    """Return the files of a host that gets none."""
    refused = Refused(reason)
    return BootFiles(bios=refused, uefi=refused, uefi_http=refused)


NO_IMAGE = nothing("there is no image to boot; import one: hobnail image import FILE")


def files_of(
    image: Image, *, base: str, first_loader: str, bios_lacks: str | None, http_boot: HttpBoot | None = None
) -> BootFiles:
    """Return the files of an image. `base` is our HTTP root's URL, `http_boot` says what HTTP Boot gets instead.

    `bios_lacks` says why BIOS hosts cannot be served an image that has another way to boot.
    """
    where = http_boot or HttpBoot(base)
    files = _files_of(image, base, where.base, first_loader, bios_lacks)
    return replace(files, uefi_http=BootFile(f"{where.base}/{where.iso}")) if where.iso else files


def _files_of(image: Image, base: str, http_base: str, first_loader: str, bios_lacks: str | None) -> BootFiles:
    if not image.boot_config:
        return bios_only(first_loader, image.title)
    names = {loader.name for loader in image.loaders}
    arm = image.architecture == "arm64"
    bios: BootFile | Refused = BootFile(first_loader)
    if arm:
        bios = Refused(f"{image.title} is for Arm64 and cannot run on this machine")
    elif "mboot.c32" not in names:
        bios = Refused(f"{image.title} has no mboot.c32: it boots by UEFI only")
    elif bios_lacks is not None:
        bios = Refused(bios_lacks)
    folder = image.short_id
    ipxe_bios = BootFile(f"{base}/{folder}/{BIOS_SCRIPT}") if isinstance(bios, BootFile) else None
    if "mboot.efi" not in names:
        refused = Refused(f"{image.title} has no mboot.efi: it boots by BIOS only; set the machine to legacy boot")
        return BootFiles(bios=bios, uefi=refused, uefi_http=refused, ipxe_bios=ipxe_bios)
    return BootFiles(
        bios=bios,
        uefi=BootFile(f"{folder}/mboot.efi"),
        uefi_http=BootFile(f"{http_base}/{folder}/mboot.efi"),
        ipxe_uefi=BootFile(f"{base}/{folder}/{SCRIPT}"),
        ipxe_bios=ipxe_bios,
        processor="Arm64" if arm else "x86-64",
    )
