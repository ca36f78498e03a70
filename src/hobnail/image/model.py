"""Image and Module: what a host is to load, content-addressed and immutable."""

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum


class Generation(StrEnum):
    """The generations of ESX(i) that differ in how they are packed and booted."""

    ESX35 = "3.5"
    ESXI40 = "4.0"
    ESXI41 = "4.1"
    ESXI5 = "5"
    ESXI6 = "6"
    ESXI7 = "7"
    ESXI8 = "8"
    ESXI9 = "9"


class Role(StrEnum):
    """What a module is for."""

    KERNEL = "kernel"  # started by the loader: vmkernel.gz (3.5), vmkboot.gz (4.0), b.z (4.1)
    VMKERNEL = "vmkernel"
    SYSTEM = "system"
    ENVIRON = "environ"
    CIM = "cim"
    OEM = "oem"
    LICENSE = "license"
    CUSTOM = "custom"  # mod.tgz, m.z: ships empty, for local changes
    INSTALLER = "installer"  # weaselin.*: the installer's plug-in (5 and later)
    TOOLS = "tools"  # tools.t00: what guests install
    DATABASE = "database"  # imgdb.tgz, imgpayld.tgz: the list of what is installed
    EXTRA = "extra"  # an OEM's own
    ADDED = "added"  # a ready-made module of the person's, never part of an image
    OVERLAY = "overlay"  # made for one host from its profile, never part of an image
    LOADER = "loader"  # of the medium itself: mboot.c32, mboot.efi, crypto64.efi, safeboot.efi, isolinux.bin


@dataclass(frozen=True, slots=True)
class Module:
    """One file that the boot loader loads."""

    name: str
    role: Role
    size: int
    sha256: str  # of the bytes as they are in the medium (compressed), 64 hex digits
    origin: str  # where it stood in the medium: places joined by "!"
    options: str = ""  # what boot.cfg hands it, after its name


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file of the boot bank or medium that is not loaded, and why."""

    name: str
    reason: str
    source: str  # the fact it rests on


@dataclass(frozen=True, slots=True)
class Image:
    """A kernel and its modules in boot order. Two imports of the same content give the same `id`."""

    product: str  # "VMware ESXi"
    version: str  # "4.0.0"
    build: str  # "208167"; empty when the medium does not tell
    generation: Generation
    architecture: str  # "i386", "x86_64"
    kernel: Module
    kernel_options: str
    modules: tuple[Module, ...]
    left_out: tuple[LeftOut, ...]
    boot_config: str = ""  # the medium's boot.cfg, as it is (5 and later)
    loaders: tuple[Module, ...] = ()  # the medium's own, under the names that hosts ask for (5 and later)

    @property
    def files(self) -> tuple[Module, ...]:
        """All that the image is made of: the kernel, the modules in boot order, the loaders."""
        return (self.kernel, *self.modules, *self.loaders)

    @property
    def id(self) -> str:
        """SHA-256 over what is booted, 64 hex digits; provenance (origins, what was left out) is not in it."""
        booted: dict[str, object] = {
            "product": self.product,
            "version": self.version,
            "build": self.build,
            "generation": self.generation,
            "architecture": self.architecture,
            "kernel_options": self.kernel_options,
            "modules": [[m.name, m.role, m.size, m.sha256, m.options] for m in (self.kernel, *self.modules)],
            "boot_config": self.boot_config,
            "loaders": [[m.name, m.size, m.sha256] for m in self.loaders],
        }
        return hashlib.sha256(json.dumps(booted, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    @property
    def short_id(self) -> str:
        """The first 12 digits of `id`: what people type, and the folder that hosts fetch from."""
        return self.id[:12]

    @property
    def title(self) -> str:
        """Product, version and build, as people say it."""
        return f"{self.product} {self.version}" + (f" build {self.build}" if self.build else "")
