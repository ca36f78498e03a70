"""Tree -> what an image is made of: the hypervisor's kernel and modules, found by content."""

from dataclasses import dataclass, field

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader
from hobnail.image.bank import Bank, find_bank, refuse_later_generation
from hobnail.image.disk import disk_images
from hobnail.image.generations import CARRIERS
from hobnail.image.model import Generation, LeftOut, Role
from hobnail.image.order import BootOrder, Placed, boot_order
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
    warnings: tuple[str, ...]
    disk: Reader = field(repr=False, compare=False)

    def close(self) -> None:
        """Give back what the decoder of the disk image holds; the sources cannot be read afterwards."""
        close = getattr(self.disk, "close", None)
        if close is not None:
            close()


def find_image(tree: Tree) -> Found:
    """Find the hypervisor in a medium: its disk image, the boot bank in that, kernel and modules in boot order.

    MediumError when there is none (said with what was looked for), when the medium is damaged on the way there, and
    when a file that a host needs is missing or empty.
    """
    warnings: list[str] = []
    bank = _first_bank(tree, warnings)
    order = boot_order(bank, bank.boot_config(), warnings.append)
    vmkernel = next((placed for placed in order.modules if placed.role is Role.VMKERNEL), order.kernel)
    release = read_release(tree, bank, vmkernel.file.reader(), warnings.append)
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
        warnings=tuple(warnings),
        disk=bank.disk.reader,
    )


def _first_bank(tree: Tree, warnings: list[str]) -> Bank:
    """Return the bank of the first disk image that has one; MediumError with the first reason when none has."""
    problem: MediumError | None = None
    for disk in disk_images(tree, warnings.append):
        try:
            return find_bank(disk)
        except MediumError as error:
            problem = problem or error
    if problem is not None:
        raise problem
    raise _nothing(tree, warnings)


def _nothing(tree: Tree, warnings: list[str]) -> MediumError:
    """Say what was looked for and what is there instead."""
    names = [entry.path for entry in tree.files() if "/" not in entry.path]
    refuse_later_generation(frozenset(name.lower() for name in names), tree.name)
    holds = ", ".join(names[:8]) + (", …" if len(names) > 8 else "") if names else "no files at its root"
    what = (
        f"no installer of ESX 3i, ESXi 4.0 or 4.1: neither {', '.join(CARRIERS[:-1])} nor {CARRIERS[-1]} with a disk "
        f"image inside is there, nor another file that hides one (it holds {holds})"
    )
    return MediumError("; ".join((what, *warnings)), where=tree.name)


def _source(bank: Bank, placed: Placed) -> Source:
    origin = "!".join((*bank.origin, placed.file.path))
    first = bank.partition.start + placed.file.extents[0].start
    return Source(placed.name, placed.role, placed.file.size, origin, first, placed.file.reader())


def _left_out(tree: Tree, bank: Bank, order: BootOrder) -> tuple[LeftOut, ...]:
    """Return what the bank leaves out and the CD's own modules for its installer."""
    known = {fact.name for fact in order.left_out}
    installer = (fact for fact in bank.layout.installer if fact.name not in known and tree.find(fact.name))
    return (*order.left_out, *installer)
