"""The plan of an image: what was found in a medium, before anything of it is copied."""

from dataclasses import dataclass, field

from hobnail.formats.reader import Reader
from hobnail.image.disk import DiskImage
from hobnail.image.model import Generation, LeftOut, Role
from hobnail.image.order import kernel_doubt


@dataclass(frozen=True, slots=True)
class Source:
    """A file to be loaded, where it lies in the medium, and its bytes."""

    name: str
    role: Role
    size: int  # bytes
    origin: str  # places joined by "!"
    disk_offset: int  # of its first byte in the disk image, else its place among the medium's files: reads go forward
    content: Reader = field(repr=False, compare=False)
    options: str = ""  # what boot.cfg hands the module, after its name

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
    disk: DiskImage | None = field(default=None, repr=False, compare=False)  # up to 4.1
    boot_config: str = ""  # from 5.0 on: the medium's boot.cfg
    loaders: tuple[Source, ...] = ()  # from 5.0 on: the medium's own

    @property
    def sources(self) -> tuple[Source, ...]:
        """All files of the image: kernel, modules in boot order, loaders."""
        return (self.kernel, *self.modules, *self.loaders)

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
        if self.disk is not None:
            self.disk.close()
