"""Small images for tests of what comes after import."""

import hashlib
from dataclasses import replace

from hobnail.image.model import Generation, Image, LeftOut, Module, Role

NAMES_40 = {
    "vmkboot.gz": Role.KERNEL,
    "vmk.gz": Role.VMKERNEL,
    "sys.vgz": Role.SYSTEM,
    "cim.vgz": Role.CIM,
    "oem.tgz": Role.OEM,
    "license.tgz": Role.LICENSE,
    "mod.tgz": Role.CUSTOM,
    "cimstg.tgz": Role.CIM,
}


def body(name: str) -> bytes:
    """The bytes that stand for a module."""
    return f"{name} of the test\n".encode() * (len(name) * 100)


def module(name: str, role: Role) -> Module:
    data = body(name)
    return Module(name, role, len(data), hashlib.sha256(data).hexdigest(), f"test.iso!image.tgz!{name}")


def image_40(kernel_options: str = "", *, names: dict[str, Role] = NAMES_40) -> Image:
    kernel, *modules = (module(name, role) for name, role in names.items())
    return Image(
        product="VMware ESXi",
        version="4.0.0",
        build="208167",
        generation=Generation.ESXI40,
        architecture="x86_64",
        kernel=kernel,
        kernel_options=kernel_options,
        modules=tuple(modules),
        left_out=(LeftOut("pkgdb.tgz", "only the installer's package list", "facts 3"),),
    )


NAMES_67 = {
    "b.b00": Role.KERNEL,
    "jumpstrt.gz": Role.EXTRA,
    "k.b00": Role.VMKERNEL,
    "s.v00": Role.SYSTEM,
    "vsan.v00": Role.EXTRA,
    "weaselin.t00": Role.INSTALLER,
    "tools.t00": Role.TOOLS,
    "imgdb.tgz": Role.DATABASE,
    "imgpayld.tgz": Role.DATABASE,
}
CONFIG_67 = (
    "bootstate=0\r\ntitle=Loading ESXi installer\r\ntimeout=5\r\nprefix=\r\nkernel=/b.b00\r\n"
    "kernelopt=cdromBoot runweasel\r\nmodules=" + " --- ".join(f"/{name}" for name in list(NAMES_67)[1:]) + "\r\n"
    "build=\r\nupdated=0\r\n"
)


def image_67() -> Image:
    """An image as a 6.7 medium gives it: its own boot.cfg and loaders, the installer among the modules."""
    kernel, *modules = (module(name, role) for name, role in NAMES_67.items())
    loaders = tuple(module(name, Role.LOADER) for name in ("mboot.c32", "mboot.efi", "safeboot.efi"))
    return replace(
        image_40("cdromBoot runweasel"),
        version="6.7.0",
        build="10302608",
        generation=Generation.ESXI6,
        kernel=kernel,
        modules=tuple(modules),
        left_out=(),
        boot_config=CONFIG_67,
        loaders=loaders,
    )
