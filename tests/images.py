"""Small images for tests of what comes after import."""

import hashlib

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
