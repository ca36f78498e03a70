"""Export: the classic tree for somebody else's TFTP server, made from the same boot plans that we serve."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.loaders import loaders_for
from hobnail.boot import mboot_config
from hobnail.boot.plan import PlanOptions, bootif, mac_address, plan_for
from hobnail.boot.pxelinux import render
from hobnail.errors import SystemFailure, UserError
from hobnail.store import Store, StoredImage


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and which loaders could not be because they are not installed (with what to do)."""

    files: tuple[Path, ...]
    lacking: tuple[str, ...]


def export_image(
    store: Store,
    stored: StoredImage,
    folder: Path,
    *,
    macs: Sequence[str] = (),
    kernel_options: str = "",
    loaders: Path | None = None,
) -> Exported:
    """Write loaders, modules and `pxelinux.cfg/default` below `folder`, and a file for each MAC address given.

    Only a file for one MAC address can name the card that the host boots from (BOOTIF). The folder must be empty or
    new; it appears whole or not at all. UserError when it holds files, SystemFailure when it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError("is not an empty folder", where=str(folder), next_step="export into a new one")
    image = stored.image
    found = loaders_for(store, image, loaders)
    options = PlanOptions(kernel_options)
    plan = plan_for(image, None, options)
    texts = {"pxelinux.cfg/default": render(plan)}
    if image.boot_config:
        if macs:
            raise UserError("--mac is of no use here: from ESXi 5 on, mboot itself tells the kernel its card")
        texts[f"{image.short_id}/boot.cfg"] = mboot_config.render(plan)
    for mac in map(mac_address, macs):
        texts[f"pxelinux.cfg/{bootif(mac)}"] = render(plan_for(image, mac, options))
    sources = {name: candidate.path for name, candidate in found.chosen.items()}
    loaded = (image.kernel, *plan.modules, *image.loaders)
    sources |= {f"{image.short_id}/{module.name}": store.blob_path(module.sha256) for module in loaded}
    folder = folder.resolve()
    stage = folder.parent / f".{folder.name}.hobnail-{os.getpid()}"
    try:
        stage.mkdir(parents=True)
        for name, source in sources.items():
            (stage / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, stage / name)
        for name, text in texts.items():
            (stage / name).parent.mkdir(exist_ok=True)
            (stage / name).write_bytes(text)
        _let_all_read(stage)
        _put_in_place(stage, folder)
    except OSError as error:
        shutil.rmtree(stage, ignore_errors=True)
        raise SystemFailure(
            f"cannot be written: {error.strerror or error}",
            where=str(folder),
            next_step="check the disk's space and the folder's owner; if a module is lost, `hobnail image verify`",
        ) from error
    return Exported(tuple(folder / name for name in (*sources, *texts)), tuple(found.lacking.values()))


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
