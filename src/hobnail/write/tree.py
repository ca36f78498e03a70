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
from io import FileIO
from pathlib import Path

from hobnail.boot import ipxe, mboot_config, pxelinux
from hobnail.boot.content import BytesContent, Content
from hobnail.boot.loaders import FIRST_LOADER
from hobnail.boot.plan import BootPlan, bootif
from hobnail.errors import UserError
from hobnail.formats.printable import printable
from hobnail.image.medium_loaders import CD_LOADERS
from hobnail.image.model import Module
from hobnail.write.layout import Extent, FilePart, Layout
from hobnail.write.staging import appeared, cannot_be_written, left_behind, stage_path

Source = bytes | Path | FilePart
Files = Mapping[str, Source]
"""Name below the folder -> its bytes, or the file that has them, with its hash where that is known."""
CHUNK = 4 << 20
"""Bytes that are held at a time."""


def tree_of(
    plan: BootPlan,
    content: Callable[[Module], Content],
    *,
    loaders: Mapping[str, Source],
    macs: Iterable[str] = (),
    base: str = "",
) -> dict[str, Source]:
    """Return the files. `macs` get a file of their own, which alone can name the card (BOOTIF) up to 4.1.

    From 5.0 on mboot itself tells the kernel its card, and takes the folder of its boot.cfg as that of all names: so
    there is one boot.cfg, beside the modules. `base` is the server's URL for the folder; without it no iPXE scripts.
    """
    image = plan.image
    hosts = [*macs] if plan.mac is None else [plan.mac, *macs]
    plain = replace(plan, mac=None)
    files: dict[str, Source] = dict(loaders)
    loaded = [module for module in image.loaders if module.name not in CD_LOADERS]
    for module in (image.kernel, *plan.modules, *loaded):
        found = content(module)
        if isinstance(found, BytesContent):
            files[plan.path(module)] = found.data
        else:
            files[plan.path(module)] = FilePart(found.path, 0, found.size, module.sha256)
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
    return "\n".join(("#!ipxe", f"# {printable(plan.image.title)}, made by hobnail", *lines, "")).encode("ascii")


def check_folder(folder: Path) -> None:
    """UserError unless the folder is empty or new."""
    if folder.exists() and not folder.is_dir():
        raise UserError("is no folder", where=str(folder), next_step="name a new one")
    there = next(folder.iterdir(), None) if folder.exists() else None
    if there is not None:
        raise UserError(
            f"is not an empty folder, {there.name} is in it", where=str(folder), next_step="export into a new one"
        )


def write_tree(files: Files, folder: Path, *, private: bool = False) -> tuple[Path, ...]:
    """Write the files below `folder`, which must be empty or new; return their paths. They are checked on the way.

    A new folder appears whole or not at all. One that is there stays the same, for a shell may stand in it, or a disk
    be mounted there: the names in its top appear one by one when all is written, and go again after an error. All may
    read all of it, whatever our umask is: a TFTP server runs as some other user. `private`: nobody but the owner of
    the folder may enter it; one that is closed to others already keeps its mode and group.

    UserError when the folder holds files, SystemFailure when it cannot be written, or a module is lost or damaged.
    """
    check_folder(folder)
    folder = folder.resolve()
    stage = folder / f".hobnail-{os.getpid()}" if folder.exists() else stage_path(folder)
    ours = True
    try:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            stage.mkdir(mode=0o700)
        except FileExistsError as error:
            ours = False
            raise left_behind(stage) from error
        for name, source in files.items():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            _write_file(stage / name, source)
        _let_all_read(stage, 0o700 if private else 0o755)
        _put_in_place(stage, folder, private)
    except OSError as error:
        raise cannot_be_written(folder, error) from error
    finally:
        if ours:
            shutil.rmtree(stage, ignore_errors=True)
    return tuple(folder / name for name in files)


def _write_file(path: Path, source: Source) -> None:
    if isinstance(source, bytes):
        path.write_bytes(source)
    elif isinstance(source, Path):
        shutil.copyfile(source, path)
    else:
        buffer = memoryview(bytearray(min(CHUNK, max(1, source.length))))
        with FileIO(path, "x") as file:
            for _, length in Layout(source.length, (Extent(0, source.length, source),)).fill(buffer):
                left = buffer[:length]
                while left:
                    left = left[file.write(left) :]


def _put_in_place(stage: Path, folder: Path, private: bool) -> None:
    if not folder.exists():
        stage.rename(folder)
        return
    if private and folder.stat().st_mode & 0o007:
        folder.chmod(0o700)
    moved: list[Path] = []
    try:
        for child in sorted(stage.iterdir(), key=Path.is_file):  # loaders last: they are what is asked for first
            if (folder / child.name).exists():
                raise appeared(folder / child.name, next_step="choose another folder")
            moved.append(child.rename(folder / child.name))
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _let_all_read(folder: Path, mode: int) -> None:
    """Open the tree below the folder to all, and the folder itself as far as `mode` says."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    folder.chmod(mode)
