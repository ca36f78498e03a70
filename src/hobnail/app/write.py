"""Writing an image to something that hosts boot from without a network: what all targets share."""

from dataclasses import dataclass
from pathlib import Path

from hobnail.app.configuration import load_configuration
from hobnail.app.host_plans import HostPlans, plan_of
from hobnail.app.loaders import IN_THE_STORE, added
from hobnail.boot.content import BytesContent, Content, FileContent
from hobnail.boot.finding import Severity
from hobnail.boot.plan import BootPlan, PlanOptions, plan_for
from hobnail.errors import UserError
from hobnail.image.model import Image, Module, Role
from hobnail.profile.kickstart.location import lint_location
from hobnail.profile.overlay import NAME
from hobnail.store import Store
from hobnail.system.loaders import installed, searched
from hobnail.system.syslinux import boot_code, installers
from hobnail.write.contents import Contents, contents_of
from hobnail.write.disk_layout import BiosBoot
from hobnail.write.syslinux import Found, bios_boot_for

NO_OPTIONS = PlanOptions()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asked for: an image, whose settings are laid over it, and how the kernel is started."""

    image: str | None = None  # None: the default image
    host: str | None = None
    profile: str | None = None
    options: PlanOptions = NO_OPTIONS
    loaders: Path | None = None  # folder with syslinux, mboot.c32 …; None: where the distributions have them


@dataclass(frozen=True, slots=True)
class Chosen:
    """The boot plan that is written, and where each of its modules' bytes are; `made` are those of the overlay."""

    plan: BootPlan
    store: Store
    made: bytes = b""

    def content(self, module: Module) -> Content:
        """Find a module's bytes."""
        if module.role is Role.OVERLAY:
            return BytesContent(self.made)
        return FileContent(self.store.blob_path(module.sha256), module.size, immutable=True)


@dataclass(frozen=True, slots=True)
class Bootable:
    """Files ready to be laid out. `bios` is None where BIOS cannot boot them, and `lacking` then says why."""

    contents: Contents
    bios: BiosBoot | None
    lacking: str


def chosen_plan(store: Store, wanted: Wanted) -> Chosen:
    """Resolve what is to be written: the one place that knows about images, hosts and profiles.

    What was typed counts where the settings say nothing, but for the image. UserError when there is no such image,
    host or profile, or the options do not fit the image.
    """
    _check_kickstart(wanted.options.kickstart)
    if wanted.host is None and wanted.profile is None:
        return Chosen(plan_for(chosen_image(store, wanted.image), None, wanted.options), store)
    if wanted.host is not None and wanted.profile is not None:
        raise UserError("--host and --profile are both given", next_step="leave one out: a host has its own profile")
    plans = HostPlans(
        store,
        load_configuration(store),
        default=lambda: chosen_image(store, wanted.image),
        options=wanted.options,
        image=wanted.image,
    )
    host = plans.host(wanted.host) if wanted.host is not None else None
    host_plan = plan_of(plans.prepare(host, wanted.profile), None)
    made = host_plan.made.get(NAME)
    return Chosen(host_plan.plan, store, made.data if made is not None else b"")


def _check_kickstart(location: str) -> None:
    """UserError for what no installer could find: it is not there when the host boots, unlike what is on a CD."""
    if location in ("", "usb"):  # "usb" is a whole location too (profile/kickstart/location.py)
        return
    if ":" not in location.partition("/")[0]:
        raise UserError(
            f"--ks {location}: a file of this machine is not there when the host boots",
            next_step="give a URL, put it on an ISO (hobnail write iso --ks FILE), or use a profile with [install]",
        )
    for finding in lint_location(location):
        if finding.severity is Severity.ERROR:
            raise UserError(f"--ks {location}: {finding.what}", next_step=finding.next_step)


def chosen_image(store: Store, reference: str | None) -> Image:
    """Return the image that is named, or the default one. UserError when there is none."""
    if reference is not None:
        return store.get(reference).image
    stored = store.default_image()
    if stored is None:
        raise UserError("there is no image to write", next_step="import one: hobnail image import FILE")
    return stored.image


def bootable(store: Store, wanted: Wanted, *, sector: int = 512) -> Bootable:
    """Collect the files of what is wanted for a disk with such sectors, BIOS's where a fitting syslinux is here.

    UserError when the image can be booted by BIOS only and what that needs is lacking.
    """
    chosen = chosen_plan(store, wanted)
    image = chosen.plan.image
    bios = bios_boot_for(image, found_on_this_machine(store, wanted.loaders))
    if sector != 512:
        bios = f"BIOS boots from disks with sectors of 512 bytes only, these have {sector}"
    if isinstance(bios, BiosBoot):
        return Bootable(contents_of(chosen.plan, chosen.content, bios.files), bios, "")
    if all(module.name != "mboot.efi" for module in image.loaders):
        raise UserError(f"{image.title} boots by BIOS only, and that cannot be written", next_step=bios)
    return Bootable(contents_of(chosen.plan, chosen.content), None, bios)


def found_on_this_machine(store: Store, folder: Path | None) -> Found:
    """Look for syslinux in `folder` first when it is given, then in the store and where distributions have it."""
    ours = tuple(installers(folder)) if folder is not None else ()
    modules = tuple(installed(folder)) if folder is not None else ()
    places = f"{folder}, {IN_THE_STORE} or {searched()}" if folder is not None else f"{IN_THE_STORE} or {searched()}"
    return Found(
        installers=(*ours, *installers()),
        modules=(*modules, *added(store), *installed()),
        boot_code=lambda name: boot_code(name, folder),
        places=places,
    )
