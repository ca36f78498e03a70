"""Synthetic installer media in the shapes of ESXi 5.0 to 9.1, written by xorriso, mkfs.fat and mtools.

From 5.0 on the installer is the image: one flat CD, whose boot.cfg lists the modules. Nothing of a vendor's is in
these: only names, places and order are the real ones. What is not published and was chosen here: metadata.xml's
outer element, the text of vmware-esx-base-readme after its first line, that Arm media have crypto64.efi too.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from hobnail.app.demo.disk_image import FIXED_TIME
from hobnail.app.demo.later_bodies import Architecture, body_of, com32, tardisk, uefi_program
from hobnail.app.demo.later_releases import RELEASES
from hobnail.app.demo.packing import NAME_OPTIONS, Names
from hobnail.system.commands import run

BootEntries = Literal["both", "bios", "uefi"]
LineEnd = Literal["\n", "\r\n"]
UEFI_NAMES: Mapping[Architecture, str] = {"x86_64": "bootx64.efi", "aarch64": "bootaa64.efi"}
EFI_IMAGE = "efiboot.img"
EFI_IMAGE_SIZE = 1 << 20
OSL_SINCE, TIMEOUT_SINCE, BUILD_SINCE, CRYPTO_SINCE = (6, 5), (6, 0), (7, 0), (7, 0)
"""First releases with vmware-esx-base-osl.txt; with timeout= and prefix=; with a build; with crypto64.efi (7.0.2)."""

_BIOS_ENTRY = ("-b", "isolinux.bin", "-no-emul-boot", "-boot-load-size", "4")
_UEFI_ENTRY = ("-eltorito-platform", "efi", "-b", EFI_IMAGE, "-no-emul-boot")
BOOT_OPTIONS: Mapping[BootEntries, tuple[str, ...]] = {
    "both": (*_BIOS_ENTRY, "-eltorito-alt-boot", *_UEFI_ENTRY),
    "bios": _BIOS_ENTRY,
    "uefi": _UEFI_ENTRY,
}


@dataclass(frozen=True, slots=True)
class LaterSpec:
    """What a medium is to hold. `modules` and `kernel` are names without the slash that boot.cfg has before them."""

    version: str  # "7.0.3"
    build: str  # "18825058"
    kernel: str
    kernel_options: str
    modules: tuple[str, ...]  # as boot.cfg lists them; a word after the name is the module's options
    release: str = ""  # before the build in build= and metadata.xml
    bodies: Mapping[str, bytes] = field(default_factory=dict)  # by file name; the others are made by `filler`
    filler: Callable[[str], bytes] | None = None  # None: a small body of the kind that the name tells
    extra: Mapping[str, bytes] = field(default_factory=dict)  # further files by path; these win over all others
    without: frozenset[str] = frozenset()  # paths to leave out
    architecture: Architecture = "x86_64"
    names: Names = "both"
    entries: BootEntries = "both"
    line_end: LineEnd = "\n"
    slash: str = "/"  # before each name in boot.cfg; 9.1's published list has none
    bounce: bytes = b""  # the UEFI program inside efiboot.img; empty: one that cannot run

    @property
    def minor(self) -> tuple[int, int]:
        """The first two numbers of the version."""
        first, second = self.version.split(".")[:2]
        return int(first), int(second)

    @property
    def uefi_name(self) -> str:
        """Path of the medium's mboot.efi."""
        return f"efi/boot/{UEFI_NAMES[self.architecture]}"


def spec_for(name: str) -> LaterSpec:
    """Return the medium of a release of `RELEASES`: 5.0, 5.5, 6.0, 6.5, 6.7, 7.0, 8.0 or 9.1."""
    row = RELEASES[name]
    slash = "" if name == "9.1" else "/"
    return LaterSpec(row.version, row.build, row.kernel, row.kernel_options, row.modules, row.release, slash=slash)


def make_later_medium(spec: LaterSpec, path: Path, work: Path) -> None:
    """Write the installer ISO. `work` is a folder for temporary files, which are removed.

    SystemFailure when a program is missing or fails.
    """
    with TemporaryDirectory(dir=work) as folder:
        root = Path(folder) / "cd"
        root.mkdir()
        for name, data in later_files(spec).items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        if EFI_IMAGE not in spec.without:
            _write_efi_image(root / EFI_IMAGE, spec, Path(folder))
        _write_iso(spec, root, path)


def later_files(spec: LaterSpec) -> dict[str, bytes]:
    """Return all files of the medium by path, but for efiboot.img, which other programs make."""
    files = _loaders(spec) | _texts(spec)
    filler = spec.filler or partial(body_of, architecture=spec.architecture)
    for name in (spec.kernel, *(module.split()[0] for module in spec.modules)):
        files[name] = spec.bodies.get(name) or (
            _system(spec) if name == "s.v00" and not spec.filler else filler(name)
        )
    return {name: data for name, data in (files | dict(spec.extra)).items() if name not in spec.without}


def boot_config(spec: LaterSpec) -> bytes:
    """Return boot.cfg with its keys in the vendor's order."""
    head = ["bootstate=0", "title=Loading ESXi installer"]
    if spec.minor >= TIMEOUT_SINCE:
        head += ["timeout=5", "prefix="]
    modules = " --- ".join(f"{spec.slash}{module}" for module in spec.modules)
    build = f"{spec.version}-{spec.release}.{spec.build}" if spec.minor >= BUILD_SINCE else ""
    kernel = [f"kernel=/{spec.kernel}", f"kernelopt={spec.kernel_options}"]
    return _lines([*head, *kernel, f"modules={modules}", f"build={build}", "updated=0"], spec.line_end)


def _texts(spec: LaterSpec) -> dict[str, bytes]:
    """Return the files that tell the release, and both copies of boot.cfg."""
    short = ".".join(str(number) for number in spec.minor)
    config = boot_config(spec)
    texts = {
        "boot.cfg": config,
        "efi/boot/boot.cfg": config,
        "isolinux.cfg": _isolinux_cfg(spec),
        ".discinfo": _lines(["ESXi", f"Version: {spec.version}"]),
        "upgrade/metadata.xml": _metadata(spec),
        "vmware-esx-base-readme": _lines([f"VMware ESXi {short}", "", "A synthetic medium."]),
    }
    if spec.minor >= OSL_SINCE:
        texts["vmware-esx-base-osl.txt"] = _lines([f"VMware ESXi {short}", "", "No licences: nothing is in here."])
    return texts


def _loaders(spec: LaterSpec) -> dict[str, bytes]:
    """Return loaders that nothing could run; `extra` puts real ones in their places."""
    uefi = {spec.uefi_name: "mboot", "efi/boot/safeboot.efi": "safeboot"}
    if spec.minor >= CRYPTO_SINCE:
        uefi["efi/boot/crypto64.efi"] = "crypto"
    loaders = {path: uefi_program(f"stands in for {name}", spec.architecture) for path, name in uefi.items()}
    if spec.architecture == "x86_64":
        loaders |= {name: com32(f"stands in for {name}") for name in ("mboot.c32", "menu.c32", "safeboot.c32")}
        loaders["isolinux.bin"] = b"\xfa\xf4stands in for isolinux.bin".ljust(2048, b"\0")  # cli, hlt
    return loaders


def _system(spec: LaterSpec) -> bytes:
    """Return s.v00, which names version and build."""
    text = f"VMware ESXi {spec.version} build-{spec.build}\n"
    return tardisk({"etc/vmware/release": text.encode(), "bin/sh": b"#!"}, xz=spec.minor >= OSL_SINCE)


def _isolinux_cfg(spec: LaterSpec) -> bytes:
    title = f"ESXi-{spec.version}-{spec.build}-standard"
    head = ["DEFAULT menu.c32", f"MENU TITLE {title} Boot Menu", "NOHALT 1", "PROMPT 0", "TIMEOUT 80"]
    install = ["LABEL install", "  KERNEL mboot.c32", "  APPEND -c boot.cfg", f"  MENU LABEL {title} ^Installer"]
    return _lines([*head, *install, "LABEL hddboot", "  LOCALBOOT 0x80", "  MENU LABEL ^Boot from local disk"])


def _metadata(spec: LaterSpec) -> bytes:
    release = f"{spec.release or '0.0'}.{spec.build}"
    version = f"  <esxVersion>{spec.version}</esxVersion>"
    return _lines(
        ['<?xml version="1.0"?>', "<metadata>", version, f"  <esxRelease>{release}</esxRelease>", "</metadata>"]
    )


def _write_efi_image(image: Path, spec: LaterSpec, work: Path) -> None:
    """Write the FAT file system that UEFI starts from a CD: a program that goes on with the CD's own."""
    bounce, driver = work / "bounce", work / "driver"
    bounce.write_bytes(spec.bounce or uefi_program("goes on with the CD", spec.architecture))
    driver.write_bytes(uefi_program("stands in for a driver of ISO 9660", spec.architecture))
    image.write_bytes(bytes(max(EFI_IMAGE_SIZE, len(spec.bounce) + (256 << 10))))
    run(["mkfs.fat", "-F", "12", "--invariant", "-n", "EFIBOOT", "-i", "48594f42", image], env=FIXED_TIME)
    run(["mmd", "-i", image, "::EFI", "::EFI/BOOT", "::EFI/DRIVERS"], env=FIXED_TIME)
    name = UEFI_NAMES[spec.architecture].upper()
    run(["mcopy", "-i", image, bounce, f"::EFI/BOOT/{name}"], env=FIXED_TIME)
    run(["mcopy", "-i", image, driver, "::EFI/DRIVERS/ISO9660.EFI"], env=FIXED_TIME)


def _write_iso(spec: LaterSpec, root: Path, path: Path) -> None:
    """Write the CD. Plain names are upper case, up to 31 characters, and may hold dots and hyphens anywhere.

    That is what the vendor's have by the tools that read them (`.DISCINFO`, `ata-pata.v00`), and more than ISO 9660
    allows.
    """
    for entry in (root, *root.rglob("*")):
        os.utime(entry, (int(FIXED_TIME["SOURCE_DATE_EPOCH"]),) * 2)
    form = ["-relaxed-filenames", "-full-iso9660-filenames", *NAME_OPTIONS[spec.names]]
    label = f"ESXI-{spec.version}-{spec.build}"[:32]
    entries: BootEntries = spec.entries if (root / "isolinux.bin").exists() else "uefi"  # Arm has no BIOS
    boot = ["-c", "boot.cat", *BOOT_OPTIONS[entries]]
    run(["xorriso", "-as", "mkisofs", "-quiet", "-o", path, *form, "-V", label, *boot, root], env=FIXED_TIME)


def _lines(lines: list[str], end: LineEnd = "\n") -> bytes:
    return "".join(f"{line}{end}" for line in lines).encode()
