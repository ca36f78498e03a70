"""What differs by generation, as a table: file names and their order in the boot bank, what is left out and why.

The boot bank's file names tell the generation; the CD only says where the disk image hides. Sources are named in
each row: `xCAT` is xcat-core's esx.pm, `ultimatedeployment` its esx3i and esx4i templates, `VCL` Apache VCL's docs.
"""

from dataclasses import dataclass

from hobnail.image.model import Generation, LeftOut, Role


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in the boot order and the file that fills it."""

    name: str  # lower case
    role: Role


@dataclass(frozen=True, slots=True)
class Layout:
    """How one generation is packed and booted."""

    generation: Generation
    product: str
    architecture: str
    tell_tale: frozenset[str]  # a bank with all of these files is of this generation
    kernel: str
    modules: tuple[Slot, ...]  # in the vendor's order
    carrier: str  # the CD's file that hides the disk image
    installer: tuple[LeftOut, ...]  # modules of the CD that only its installer needs


ESSENTIAL = frozenset({Role.VMKERNEL, Role.SYSTEM, Role.ENVIRON})
"""Roles without which no host comes up; the others may be missing from a bank."""

_NO_DISK = "a stateless host has no disk to install to"
_IMAGE = LeftOut("image.tgz", f"the disk image that the installer writes; {_NO_DISK}", "xCAT")
_INSTALL_TGZ = LeftOut("install.tgz", f"the installer; {_NO_DISK}", "xCAT")
_INSTALL_VGZ = LeftOut("install.vgz", f"the installer; {_NO_DISK}", "xCAT")
_IENVIRON_TGZ = LeftOut("ienviron.tgz", f"the installer's environment; {_NO_DISK}", "xCAT")
_IENVIRON_VGZ = LeftOut("ienviron.vgz", f"the installer's environment; {_NO_DISK}", "xCAT")

LAYOUTS = (
    Layout(
        Generation.ESX35,
        product="VMware ESX Server 3i",
        architecture="i386",
        tell_tale=frozenset({"vmkernel.gz", "binmod.tgz"}),
        kernel="vmkernel.gz",
        modules=(
            Slot("binmod.tgz", Role.SYSTEM),
            Slot("environ.tgz", Role.ENVIRON),
            Slot("cim.tgz", Role.CIM),
            Slot("oem.tgz", Role.OEM),
            Slot("license.tgz", Role.LICENSE),
        ),
        carrier="install.tgz",
        installer=(
            LeftOut("install.tgz", f"the installer with its disk image; {_NO_DISK}", "ultimatedeployment, esx3i"),
            LeftOut("ienviron.tgz", "the installer's environment; the bank's environ.tgz stands for it", "xCAT"),
        ),
    ),
    Layout(
        Generation.ESXI40,
        product="VMware ESXi",
        architecture="x86_64",
        tell_tale=frozenset({"vmkboot.gz", "vmk.gz"}),
        kernel="vmkboot.gz",
        modules=(
            Slot("vmk.gz", Role.VMKERNEL),
            Slot("sys.vgz", Role.SYSTEM),
            Slot("cim.vgz", Role.CIM),
            Slot("oem.tgz", Role.OEM),
            Slot("license.tgz", Role.LICENSE),
            Slot("mod.tgz", Role.CUSTOM),
            Slot("cimstg.tgz", Role.CIM),
        ),
        carrier="image.tgz",
        installer=(_IMAGE, _INSTALL_TGZ, _IENVIRON_TGZ),
    ),
    Layout(
        Generation.ESXI41,
        product="VMware ESXi",
        architecture="x86_64",
        tell_tale=frozenset({"b.z", "k.z"}),
        kernel="b.z",
        modules=(
            Slot("k.z", Role.VMKERNEL),
            Slot("s.z", Role.SYSTEM),
            Slot("c.z", Role.CIM),
            Slot("oem.tgz", Role.OEM),
            Slot("license.tgz", Role.LICENSE),
            Slot("m.z", Role.CUSTOM),
        ),
        carrier="imagedd.bz2",
        installer=(_INSTALL_VGZ, _IENVIRON_VGZ),
    ),
)

CARRIERS = tuple(layout.carrier for layout in reversed(LAYOUTS))
"""In the order in which they are looked into: a 4.0 CD has an install.tgz too, without a disk image."""

_OWN_STATE = "the state of a host that ran from this disk; each host gets its own from the server"
NOT_LOADED = (
    LeftOut("boot.cfg", "the boot loader's list; one is made for each host", "esx-boot, mboot/config.c"),
    LeftOut("pkgdb.tgz", "the package database of an installed host, which its loader does not load", "xCAT"),
    LeftOut("state.tgz", _OWN_STATE, "VCL: boot.cfg of 4.1 names it last"),
    LeftOut("local.tgz", _OWN_STATE, "vm-help.com: ESXi 4.1 on flash"),
    _IMAGE,
    _INSTALL_TGZ,
    _INSTALL_VGZ,
    _IENVIRON_TGZ,
    _IENVIRON_VGZ,
)
"""Files that may lie in a boot bank and are no modules of a stateless host."""

LATER = frozenset({"tboot.b00", "b.b00", "s.v00"})
"""Any of these at the root of a medium or bank: ESXi 5.0 or later."""


def layout_of(names: frozenset[str]) -> Layout | None:
    """Return the generation of a boot bank with these file names (lower case), or None when it is no bank."""
    return next((layout for layout in LAYOUTS if layout.tell_tale <= names), None)
