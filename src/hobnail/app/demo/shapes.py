"""What the media with a disk image hold, by name and in order; a table, so that no code asks for the generation.

Sources. 3.5: a published PXE how-to and the Ultimate Deployment Appliance's template. 4.0: a listing of partition 5
of build 208167, Jenkins' PXE plug-in. 4.1: a listing of the CD of build 260247, an installed host's boot.cfg.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hobnail.image.model import Generation


@dataclass(frozen=True, slots=True)
class Shape:
    """One generation's file names, each list in the vendor's order."""

    bank: tuple[str, ...]  # root of partition 5
    kernel: str  # what the loader starts, in the bank
    modules: tuple[str, ...]  # of boot.cfg; empty when the bank has none
    cd: tuple[str, ...]  # what the CD's isolinux.cfg loads
    cd_extras: tuple[str, ...]  # further files of the CD
    disk: str  # where the CD has the compressed disk image
    disk_name: str  # the image's own name, with places for version and build
    title: str  # of isolinux.cfg
    from_bank: Mapping[str, str] = field(default_factory=dict)  # CD names of bank files, where the names differ


INSTALLER = "usr/lib/vmware/installer"
"""Folder of the disk image inside install.tgz (3.5) and image.tgz (4.0)."""
LOADERS = ("mboot.c32", "menu.c32", "isolinux.bin")
SHIPPED_EMPTY = frozenset({"mod.tgz", "m.z"})
"""Modules that are archives without members until somebody fills them."""

SHAPES: Mapping[Generation, Shape] = {
    Generation.ESX35: Shape(
        bank=("vmkernel.gz", "binmod.tgz", "environ.tgz", "cim.tgz", "oem.tgz", "license.tgz"),
        kernel="vmkernel.gz",
        modules=(),
        cd=("vmkernel.gz", "binmod.tgz", "ienviron.tgz", "cim.tgz", "oem.tgz", "license.tgz", "install.tgz"),
        cd_extras=LOADERS,
        disk="install.tgz",
        disk_name="VMware-VMvisor-big-{version}-{build}.i386.dd.bz2",
        title="ThinESX Installer",
    ),
    Generation.ESXI40: Shape(
        bank=(
            *("boot.cfg", "cim.vgz", "cimstg.tgz", "license.tgz", "mod.tgz"),
            *("oem.tgz", "pkgdb.tgz", "sys.vgz", "vmkboot.gz", "vmk.gz"),
        ),
        kernel="vmkboot.gz",
        # The text of 4.0's boot.cfg was not published: 4.1's keys, with the names and order of PXE how-tos.
        modules=("vmk.gz", "sys.vgz", "cim.vgz", "oem.tgz", "license.tgz", "mod.tgz", "cimstg.tgz"),
        cd=("vmkboot.gz", "vmkernel.gz", "sys.vgz", "cim.vgz", "ienviron.tgz", "image.tgz", "install.tgz"),
        cd_extras=LOADERS,
        disk="image.tgz",
        disk_name="VMware-VMvisor-big-{version}-{build}-x86_64.dd.bz2",
        title="ESXi Installer",
        from_bank={"vmkernel.gz": "vmk.gz"},
    ),
    Generation.ESXI41: Shape(
        bank=("boot.cfg", "b.z", "k.z", "s.z", "c.z", "oem.tgz", "license.tgz", "m.z", "state.tgz"),
        kernel="b.z",
        modules=("k.z", "s.z", "c.z", "oem.tgz", "license.tgz", "m.z", "state.tgz"),
        cd=("vmkboot.gz", "vmkernel.gz", "sys.vgz", "cim.vgz", "ienviron.vgz", "install.vgz"),
        cd_extras=("a.z", "cimstg.tgz", "tboot.gz", "open_source_licenses.txt", *LOADERS),
        disk="imagedd.bz2",
        disk_name="VMware-VMvisor-big-{build}-x86_64.dd.bz2",
        title="ESXi Installer",
        from_bank={"vmkboot.gz": "b.z", "vmkernel.gz": "k.z", "sys.vgz": "s.z", "cim.vgz": "c.z"},
    ),
}
