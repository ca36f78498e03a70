"""A folder for somebody else's TFTP or HTTP server: the names that hosts ask for, made from the plans that we serve.

pxelinux.0, mboot.c32 …       loaders of this machine, for BIOS
pxelinux.cfg/default          PXELINUX's file for every host, pxelinux.cfg/01-MAC for one
IMAGE/vmk.gz, IMAGE/mboot.efi modules, the overlay, and loaders of the medium
IMAGE/boot.cfg                mboot's file (5 and later), by which it finds all else beside itself
IMAGE/boot.ipxe, bios.ipxe    iPXE's scripts, where the server's URL is known
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hobnail.boot import ipxe, mboot_config, pxelinux
from hobnail.boot.content import BytesContent, Content
from hobnail.boot.loaders import FIRST_LOADER
from hobnail.boot.plan import BootPlan, bootif
from hobnail.errors import SystemFailure, UserError
from hobnail.image.medium_loaders import CD_LOADERS
from hobnail.image.model import Module

Files = Mapping[str, bytes | Path]
"""Name below the folder -> its bytes, or the file that has them."""


def tree_of(
    plan: BootPlan,
    content: Callable[[Module], Content],
    *,
    loaders: Mapping[str, Path],
    macs: Iterable[str] = (),
    base: str = "",
) -> dict[str, bytes | Path]:
    """Return the files. `macs` get a file of their own, which alone can name the card (BOOTIF) up to 4.1.

    From 5.0 on mboot itself tells the kernel its card, and takes the folder of its boot.cfg as that of all names: so
    there is one boot.cfg, beside the modules. `base` is the server's URL for the folder; without it no iPXE scripts.
    """
    image = plan.image
    hosts = [*macs] if plan.mac is None else [plan.mac, *macs]
    plain = replace(plan, mac=None)
    files: dict[str, bytes | Path] = dict(loaders)
    loaded = [module for module in image.loaders if module.name not in CD_LOADERS]
    for module in (image.kernel, *plan.modules, *loaded):
        found = content(module)
        files[plan.path(module)] = found.data if isinstance(found, BytesContent) else found.path
    files["pxelinux.cfg/default"] = pxelinux.render(plain)
    if not image.boot_config:
        files |= {f"pxelinux.cfg/{bootif(mac)}": pxelinux.render(replace(plan, mac=mac)) for mac in hosts}
    else:
        files[f"{plan.folder}/boot.cfg"] = mboot_config.render(plain)
        if base:
            files[f"{plan.folder}/{ipxe.SCRIPT}"] = _uefi_script(plain, base)
        if base and FIRST_LOADER in loaders:
            files[f"{plan.folder}/{ipxe.BIOS_SCRIPT}"] = _bios_script(plain, base)
    return files


def _uefi_script(plan: BootPlan, base: str) -> bytes:
    """Return a script for any host: BOOTIF is filled in by iPXE, for 2.0 does not tell mboot (boot-traces, 4)."""
    folder = f"{base}/{plan.folder}"
    words = [f"{folder}/mboot.efi", *plan.options.loader_options.split(), "-c", f"{folder}/boot.cfg"]
    if not plan.options.no_bootif and "BOOTIF=" not in plan.kernel_options:
        words.append("BOOTIF=01-${netX/mac:hexhyp}")
    return _script(plan, f"kernel {' '.join(words)}", "boot")


def _bios_script(plan: BootPlan, base: str) -> bytes:
    return _script(plan, f"set 210:string {base}/", f"chain {base}/pxelinux.0")


def _script(plan: BootPlan, *lines: str) -> bytes:
    return "\n".join(("#!ipxe", f"# {plan.image.title}, made by hobnail", *lines, "")).encode("ascii")


def check_folder(folder: Path) -> None:
    """UserError unless the folder is empty or new."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError("is not an empty folder", where=str(folder), next_step="export into a new one")


def write_tree(files: Files, folder: Path) -> tuple[Path, ...]:
    """Write the files below `folder`, which must be empty or new and appears whole or not at all.

    UserError when it holds files, SystemFailure when it cannot be written.
    """
    check_folder(folder)
    folder = folder.resolve()
    stage = folder.parent / f".{folder.name}.hobnail-{os.getpid()}"
    try:
        stage.mkdir(parents=True)
        for name, source in files.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            if isinstance(source, bytes):
                (stage / name).write_bytes(source)
            else:
                shutil.copyfile(source, stage / name)
        _let_all_read(stage)
        _put_in_place(stage, folder)
    except OSError as error:
        shutil.rmtree(stage, ignore_errors=True)
        raise SystemFailure(
            f"cannot be written: {error.strerror or error}",
            where=str(folder),
            next_step="check the disk's space and the folder's owner; if a module is lost, `hobnail image verify`",
        ) from error
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    return tuple(folder / name for name in files)


def _put_in_place(stage: Path, folder: Path) -> None:
    """Move the staged tree to its place. An empty folder that is there stays the same: a shell may stand in it."""
    if not folder.exists():
        stage.rename(folder)
        return
    for child in stage.iterdir():
        child.rename(folder / child.name)
    stage.rmdir()


def _let_all_read(folder: Path) -> None:
    """Open the tree to whichever user a TFTP server runs as, whatever our umask is."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
