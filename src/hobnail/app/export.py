"""Export: the classic tree for somebody else's TFTP server, made from the same boot plans that we serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.loaders import loaders_for
from hobnail.app.overlay import entries
from hobnail.app.write import Chosen, Wanted, chosen_plan
from hobnail.boot.boot_files import BootFile, BootFiles, Refused, files_of
from hobnail.boot.loaders import FIRST_LOADER, Candidate
from hobnail.boot.plan import PlanOptions, mac_address
from hobnail.errors import UserError
from hobnail.image.model import Role
from hobnail.store import Store, StoredImage
from hobnail.write.layout import FilePart
from hobnail.write.tree import Source, check_folder, tree_of, write_tree


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, which loaders could not be because they are not installed, and what DHCP is to say."""

    files: tuple[Path, ...]
    lacking: tuple[str, ...]
    chosen: Chosen
    boot_files: BootFiles
    secrets: tuple[str, ...]  # paths in the overlay that only root of the host may read


def export_image(
    store: Store,
    stored: StoredImage,
    folder: Path,
    *,
    macs: Sequence[str] = (),
    kernel_options: str = "",
    loaders: Path | None = None,
) -> Exported:
    """Write the tree of one image; see `export_tree`."""
    wanted = Wanted(image=stored.image.id, options=PlanOptions(kernel_options), loaders=loaders)
    return export_tree(store, wanted, folder, macs=macs)


def export_tree(store: Store, wanted: Wanted, folder: Path, *, macs: Sequence[str] = (), base: str = "") -> Exported:
    """Write loaders, modules and `pxelinux.cfg/default` below `folder`, and a file for each MAC address given.

    `base` is the URL at which a web server will have the folder. The folder must be empty or new, see
    write/tree.py; with an overlay only its owner may enter it. UserError when it holds files or the URL is none,
    SystemFailure when it cannot be written, or a module is lost or damaged.
    """
    check_folder(folder)
    base = _url(base)
    chosen = chosen_plan(store, wanted)
    image = chosen.plan.image
    if image.boot_config and macs:
        raise UserError("--mac is of no use here: from ESXi 5 on, mboot itself tells the kernel its card")
    found = loaders_for(store, image, wanted.loaders)
    loaders = _sources(store, found.chosen)
    files = tree_of(chosen.plan, chosen.content, loaders=loaders, macs=[*map(mac_address, macs)], base=base)
    lacks = "; ".join(found.lacking.values()) or None
    boot_files = files_of(image, base=base, first_loader=FIRST_LOADER, bios_lacks=lacks)
    private = any(module.role is Role.OVERLAY for module in chosen.plan.modules)  # hashes, a host's keys
    written = write_tree(files, folder, private=private)
    return Exported(written, tuple(found.lacking.values()), chosen, boot_files, _secrets(chosen.made))


def names_for_dhcp(boot_files: BootFiles, base: str) -> list[tuple[str, str]]:
    """Return firmware and the name or URL that a DHCP server is to give it, as far as these files serve it."""
    ways: list[tuple[str, BootFile | Refused | None]] = [("BIOS", boot_files.bios), ("UEFI", boot_files.uefi)]
    if base:
        ways += [("UEFI HTTP", boot_files.uefi_http), ("iPXE on UEFI", boot_files.ipxe_uefi)]
        ways += [("iPXE on BIOS", boot_files.ipxe_bios)]
    return [(firmware, file.name) for firmware, file in ways if isinstance(file, BootFile)]


def _sources(store: Store, loaders: Mapping[str, Candidate]) -> dict[str, Source]:
    """Return the loaders' files; those that the store keeps with their hashes."""
    kept = {store.blob_path(loader.sha256): loader.sha256 for loader in store.loaders()}
    return {
        name: FilePart(one.path, 0, one.size, kept[one.path]) if one.path in kept else one.path
        for name, one in loaders.items()
    }


def _secrets(overlay: bytes) -> tuple[str, ...]:
    """Name what nobody else may read on the host either: password hashes, keys, a ks.cfg, what our steps read."""
    if not overlay:
        return ()
    closed = (one for one in entries("the overlay", overlay) if one.kind == "file" and not one.mode & 0o077)
    return tuple(one.path for one in closed)


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise UserError(f"{text!r} is no URL", next_step="write it like http://10.0.0.1/esxi")
    if any(not "!" <= char <= "~" for char in text):
        raise UserError(f"{text!r} has characters that no URL has", next_step="write it like http://10.0.0.1/esxi")
    return text.rstrip("/")
