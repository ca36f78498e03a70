"""Export: the classic tree for somebody else's TFTP server, made from the same boot plans that we serve."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hobnail.boot.plan import PlanOptions, bootif, mac_address, plan_for
from hobnail.boot.pxelinux import render
from hobnail.errors import SystemFailure, UserError
from hobnail.store import Store, StoredImage
from hobnail.system.loaders import find_loaders


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
    installed = find_loaders(loaders)
    options = PlanOptions(kernel_options)
    texts = {"default": render(plan_for(image, None, options))}
    for mac in map(mac_address, macs):
        texts[bootif(mac)] = render(plan_for(image, mac, options))
    sources = {name: content.path for name, content in installed.files.items()}
    sources |= {f"{image.short_id}/{m.name}": store.blob_path(m.sha256) for m in (image.kernel, *image.modules)}
    stage = folder.parent / f".{folder.name}.hobnail-{os.getpid()}"
    try:
        stage.mkdir(parents=True)
        for name, source in sources.items():
            (stage / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(source, stage / name)
        (stage / "pxelinux.cfg").mkdir()
        for name, text in texts.items():
            (stage / "pxelinux.cfg" / name).write_bytes(text)
        if folder.exists():
            folder.rmdir()
        stage.rename(folder)
    except OSError as error:
        shutil.rmtree(stage, ignore_errors=True)
        raise SystemFailure(
            f"cannot be written: {error.strerror or error}",
            where=str(folder),
            next_step="check the disk's space and the folder's owner; if a module is lost, `hobnail image verify`",
        ) from error
    names = (*sources, *(f"pxelinux.cfg/{name}" for name in texts))
    return Exported(tuple(folder / name for name in names), tuple(installed.judged.lacking.values()))
