"""Tree -> what an image is made of: the hypervisor's kernel and modules, found by content."""

from dataclasses import dataclass, field

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader
from hobnail.image.bank import Bank, find_bank, refuse_later_generation
from hobnail.image.disk import DiskImage, disk_images
from hobnail.image.generations import CARRIERS
from hobnail.image.model import Generation, LeftOut, Role
from hobnail.image.order import BootOrder, Placed, boot_order, kernel_doubt
from hobnail.image.version import read_release
from hobnail.media.tree import Tree


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be loaded, where it lies in the medium, and its bytes."""

    name: str
    role: Role
    size: int  # bytes
    origin: str  # places joined by "!"
    disk_offset: int  # of its first byte in the disk image: reading in this order decodes everything once
    content: Reader = field(repr=False, compare=False)

    def reader(self) -> Reader:
        """Return the bytes, as they are in the medium (compressed)."""
        return self.content


@dataclass(frozen=True, slots=True)
class Found:
    """The plan of an image: what a medium holds, nothing of it read further than was needed to know it."""

    product: str
    version: str  # "4.0.0"; at least the generation's
    build: str  # "208167"; empty when the medium does not tell
    generation: Generation
    architecture: str
    kernel: Source
    kernel_options: str
    modules: tuple[Source, ...]  # in boot order
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]  # what was odd on the way
    disk: DiskImage = field(repr=False, compare=False)

    @property
    def warnings(self) -> tuple[str, ...]:
        """The notes, and whether the kernel looks like one.

        Reads the kernel's first bytes, which in a compressed disk image may lie behind everything else: ask when the
        sources have been read, and nothing is decoded twice.
        """
        doubt = kernel_doubt(self.kernel.reader().read_at(0, 4))
        return (*self.notes, f"the kernel {self.kernel.name} is {doubt}") if doubt else self.notes

    def close(self) -> None:
        """End the threads that decode the disk image; read the sources before."""
        self.disk.close()


def find_image(tree: Tree) -> Found:
    """Find the hypervisor in a medium: its disk image, the boot bank in that, kernel and modules in boot order.

    MediumError when there is none (said with what was looked for), when the medium is damaged on the way there, and
    when a file that a host needs is missing or empty.
    """
    notes: list[str] = []
    refuse_later_generation(frozenset(name.lower() for name in _root(tree)), tree.name)
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
