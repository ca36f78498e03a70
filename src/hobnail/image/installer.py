"""Installers of ESXi 5.0 and later, where the medium's files are the image."""

from collections import Counter
from collections.abc import Callable, Sequence

from hobnail.formats.bootcfg_paths import base_name, tidy
from hobnail.formats.el_torito import Firmware
from hobnail.image.boot_list import BootList
from hobnail.image.found import Found, Source
from hobnail.image.later_release import generation_of, read_later_release
from hobnail.image.medium_loaders import architecture_of, medium_loaders
from hobnail.image.model import Role
from hobnail.media.tree import Entry, Tree

PRODUCT = "VMware ESXi"
_ROLES = {
    "k.b00": Role.VMKERNEL,
    "weaselin": Role.INSTALLER,  # .i00 in 5.x, .t00 in 6.x, .v00 from 7.0 on
    "tools": Role.TOOLS,
    "imgdb": Role.DATABASE,
    "imgpayld": Role.DATABASE,
    "s": Role.SYSTEM,
    "sb": Role.SYSTEM,
}
"""By name or stem; `.b00` and `.gz` are the system's too, the others drivers and what an OEM adds."""
_FIRMWARE = {"x86_64": (Firmware.BIOS, Firmware.UEFI), "arm64": (Firmware.UEFI,)}
"""What the vendor's media can be booted by."""


def find_installer(tree: Tree, listed: BootList, firmware: frozenset[Firmware] | None, notes: list[str]) -> Found:
    """Plan the image that a boot.cfg lists; adds to the notes.

    MediumError when a file that it names leads outside of the medium, is missing or empty, and when nothing tells the
    version.
    """
    modules = listed.config.modules
    paths = [listed.config.kernel, *(module.path for module in modules)]
    files = [listed.file(path) for path in paths]
    names = _names([base_name(tidy(path)) for path in paths], [file.path for file in files], notes.append)
    positions = {entry.path: number for number, entry in enumerate(tree.files())}
    roles = [Role.KERNEL, *(role_of(name) for name in names[1:])]
    options = ["", *(module.options for module in modules)]
    kernel, *rest = (
        _source(name, role, file, positions[file.path], words)
        for name, role, file, words in zip(names, roles, files, options, strict=True)
    )
    architecture = architecture_of(tree, kernel.reader())
    vmkernel = next((source for source in rest if source.role is Role.VMKERNEL), kernel)
    release = read_later_release(tree, listed.config.value("build"), vmkernel.reader(), notes.append)
    loaders = medium_loaders(tree, architecture, notes.append)
    _compare_firmware(architecture, firmware, notes.append)
    return Found(
        product=PRODUCT,
        version=release.version,
        build=release.build,
        generation=generation_of(release.version, tree.name),
        architecture=architecture,
        kernel=kernel,
        kernel_options=listed.config.kernel_options,
        modules=tuple(rest),
        left_out=(),
        notes=tuple(notes),
        boot_config=listed.text,
        loaders=tuple(_source(it.name, Role.LOADER, it.file, positions[it.file.path]) for it in loaders),
    )


def role_of(name: str) -> Role:
    """Return what a module is for, by its name."""
    stem, _, suffix = name.lower().rpartition(".")
    known = _ROLES.get(name.lower(), _ROLES.get(stem))
    return known or (Role.SYSTEM if suffix in ("b00", "gz") else Role.EXTRA)


def _names(written: Sequence[str], paths: Sequence[str], warn: Callable[[str], None]) -> list[str]:
    """Return the name of each file: as boot.cfg writes it, or its path where two files have the same.

    Kernels know modules by these names. Warns about names that come more than once.
    """
    places: dict[str, set[str]] = {}
    for name, path in zip(written, paths, strict=True):
        places.setdefault(name.lower(), set()).add(path)
    for name, times in Counter(name.lower() for name in written).items():
        if times > 1:
            files = " and ".join(sorted(places[name]))
            warn(f"boot.cfg names {name} {times} times ({files}): what a kernel makes of that is not known")
    return [name if len(places[name.lower()]) == 1 else path for name, path in zip(written, paths, strict=True)]


def _compare_firmware(architecture: str, firmware: frozenset[Firmware] | None, warn: Callable[[str], None]) -> None:
    """Warn when the medium itself lacks an entry in its boot catalogue; an image over the network needs none."""
    for needed in _FIRMWARE[architecture] if firmware is not None else ():
        if needed not in (firmware or ()):
            warn(f"the ISO has no boot entry (El Torito) for {needed}: burnt or attached, it does not boot so")


def _source(name: str, role: Role, file: Entry, position: int, options: str = "") -> Source:
    return Source(name, role, file.size, file.origin or file.path, position, file.reader(), options)
