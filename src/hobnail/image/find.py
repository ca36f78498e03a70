"""Tree -> what an image is made of: the hypervisor's kernel and modules, found by content."""

from hobnail.errors import MediumError
from hobnail.formats.el_torito import Firmware
from hobnail.image.bank import Bank, find_bank
from hobnail.image.boot_list import read_boot_list
from hobnail.image.disk import disk_images
from hobnail.image.found import Found, Source
from hobnail.image.generations import CARRIERS, LATER
from hobnail.image.installer import find_installer
from hobnail.image.model import LeftOut, Role
from hobnail.image.order import BootOrder, Placed, boot_order
from hobnail.image.version import read_release
from hobnail.media.tree import Tree


def find_image(tree: Tree, firmware: frozenset[Firmware] | None = None) -> Found:
    """Find the hypervisor in a medium: kernel and modules in boot order.

    Up to 4.1 they lie in the boot bank of a disk image inside; from 5.0 on the medium's boot.cfg names them.
    `firmware` is what the medium itself can be booted by, where that is known. MediumError when there is no
    hypervisor (said with what was looked for), when the medium is damaged on the way there, and when a file that a
    host needs is missing or empty.
    """
    notes: list[str] = []
    if not any(tree.find(name) for name in CARRIERS):  # a 4.1 CD has a boot.cfg too
        listed = read_boot_list(tree, notes.append)
        if listed is not None:
            return find_installer(tree, listed, firmware, notes)
        _refuse_without_list(tree)
    bank = _first_bank(tree, notes)
    try:
        return _plan(tree, bank, notes)
    except MediumError:
        bank.disk.close()
        raise


def _plan(tree: Tree, bank: Bank, notes: list[str]) -> Found:
    """Put together what is known of a bank; adds to the notes."""
    order = boot_order(bank, bank.boot_config(), notes.append)
    vmkernel = next((placed for placed in order.modules if placed.role is Role.VMKERNEL), order.kernel)
    release = read_release(tree, bank, vmkernel.file.reader(), notes.append)
    return Found(
        product=bank.layout.product,
        version=release.version,
        build=release.build,
        generation=bank.layout.generation,
        architecture=bank.layout.architecture,
        kernel=_source(bank, order.kernel),
        kernel_options=order.kernel_options,
        modules=tuple(_source(bank, placed) for placed in order.modules),
        left_out=_left_out(tree, bank, order),
        notes=tuple(notes),
        disk=bank.disk,
    )


def _first_bank(tree: Tree, notes: list[str]) -> Bank:
    """Return the bank of the first disk image that has one; MediumError with the first reason when none has."""
    problem: MediumError | None = None
    for disk in disk_images(tree, notes.append):
        try:
            return find_bank(disk)
        except MediumError as error:
            problem = problem or error
            disk.close()
    if problem is not None:
        raise problem
    raise _nothing(tree, notes)


def _nothing(tree: Tree, notes: list[str]) -> MediumError:
    """Say what was looked for and what is there instead."""
    names = _root(tree)
    holds = ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "no files at its root"
    what = (
        f"no installer of ESX 3i, ESXi 4.0 or 4.1: neither {', '.join(CARRIERS[:-1])} nor {CARRIERS[-1]} with a disk "
        f"image inside is there, nor another file that hides one (it holds {holds})"
    )
    return MediumError("; ".join((what, *notes)), where=tree.name)


def _refuse_without_list(tree: Tree) -> None:
    """MediumError when the files are those of 5.0 or later, and nothing tells their order."""
    found = sorted(LATER & {name.lower() for name in _root(tree)})
    if found:
        raise MediumError(
            f"{', '.join(found)}: this is ESXi 5.0 or later, without a boot.cfg that names kernel and modules",
            where=tree.name,
            next_step="import the installer ISO or all of its files: the order of the modules cannot be guessed",
        )


def _root(tree: Tree) -> list[str]:
    return [entry.path for entry in tree.files() if "/" not in entry.path]


def _source(bank: Bank, placed: Placed) -> Source:
    origin = "!".join((*bank.origin, placed.file.path))
    first = bank.partition.start + placed.file.extents[0].start
    return Source(placed.name, placed.role, placed.file.size, origin, first, placed.file.reader())


def _left_out(tree: Tree, bank: Bank, order: BootOrder) -> tuple[LeftOut, ...]:
    """Return what the bank leaves out and the CD's own modules for its installer."""
    known = {fact.name for fact in order.left_out}
    installer = (fact for fact in bank.layout.installer if fact.name not in known and tree.find(fact.name))
    return (*order.left_out, *installer)
