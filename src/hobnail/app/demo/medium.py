"""Synthetic installer media in the shapes of ESX 3i 3.5, ESXi 4.0 and 4.1, for the demo, the tests and the benchmark.

Everything but the partition table's bytes is written by foreign tools (mkfs.fat, mtools, bzip2, tar, xorriso), so
that the readers are not tested against our own writing. Nothing of a vendor's is in them: the kernel is given, the
modules are fillers; only names, places and order are the real ones.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from gzip import compress
from pathlib import Path
from tempfile import TemporaryDirectory

from hobnail.app.demo.disk_image import BANK, LOADER, LOCKER, write_disk
from hobnail.app.demo.packing import Names, pack_tgz, write_iso
from hobnail.app.demo.shapes import INSTALLER, SHAPES, SHIPPED_EMPTY, Shape
from hobnail.app.demo.sparse_bzip2 import compress_sparse
from hobnail.image.model import Generation

EMPTY_TGZ = compress(bytes(10240), mtime=0)
"""An archive without members."""
LEAST_CD_FILE = 2048
"""Bytes that fillers of the CD have at least: isolinux.bin is to be one sector."""


@dataclass(frozen=True, slots=True)
class MediumSpec:
    """What a medium is to hold; file names stand in the order in which they are written."""

    generation: Generation
    version: str  # "4.0.0"
    build: str  # "208167"
    bank: Mapping[str, bytes]  # root of partition 5
    loader: Mapping[str, bytes] = field(default_factory=dict)  # root of partition 4
    locker: Mapping[str, bytes] = field(default_factory=dict)  # root of partition 8
    cd: Mapping[str, bytes] = field(default_factory=dict)  # further files of the CD by path; these win
    names: Names = "both"

    @property
    def shape(self) -> Shape:
        """The generation's table."""
        return SHAPES[self.generation]

    @property
    def disk_name(self) -> str:
        """The vendor's name of the compressed disk image."""
        return self.shape.disk_name.format(version=self.version, build=self.build)


def bank_for(
    generation: Generation, kernel: bytes, *, version: str, build: str, filler: Callable[[str], bytes]
) -> dict[str, bytes]:
    """Return a boot bank's files; `kernel`, already gzip'd, is what the loader starts, `filler` makes the others."""
    shape = SHAPES[generation]
    bank = {name: EMPTY_TGZ if name in SHIPPED_EMPTY else filler(name) for name in shape.bank}
    bank[shape.kernel] = kernel
    if shape.modules:
        bank["boot.cfg"] = _boot_cfg(shape, f"{version}-{build}")
    return bank


def small_file(name: str) -> bytes:
    """Return a filler for a module: a gzip'd line with its name."""
    return compress(f"filler for {name}\n".encode(), mtime=0)


def make_disk(spec: MediumSpec, path: Path, work: Path) -> None:
    """Write the disk image alone, sparse. `work` is a folder for temporary files, which are removed.

    SystemFailure when a program is missing or fails, or a file does not fit.
    """
    with TemporaryDirectory(dir=work) as folder:
        write_disk(path, {LOADER: spec.loader, BANK: spec.bank, LOCKER: spec.locker}, Path(folder))


def make_medium(spec: MediumSpec, path: Path, work: Path) -> None:
    """Write the installer ISO. `work` is a folder for temporary files, which are removed.

    SystemFailure when a program is missing or fails, or a file does not fit.
    """
    with TemporaryDirectory(dir=work) as folder:
        root, parts = Path(folder) / "cd", Path(folder) / "parts"
        root.mkdir()
        parts.mkdir()
        make_disk(spec, parts / "disk", parts)
        compress_sparse(parts / "disk", parts / "disk.bz2")
        if spec.shape.disk.endswith(".tgz"):
            _pack_disk(spec, parts / "disk.bz2", parts / "archive", root)
        else:
            (parts / "disk.bz2").rename(root / spec.shape.disk)
            _write_sum(spec, root)
        for name, data in {**_cd_files(spec), **spec.cd}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
        label = f"ESXI-{spec.version}-{spec.build}".replace(".", "_")
        write_iso(root, path, label, spec.names)


def _pack_disk(spec: MediumSpec, packed: Path, archive: Path, root: Path) -> None:
    """Put the disk image into the archive that 3.5 and 4.0 have it in; 3.5's holds the installer's programs too."""
    (archive / INSTALLER).mkdir(parents=True)
    packed.rename(archive / INSTALLER / spec.disk_name)
    if spec.shape.disk == "install.tgz":
        (archive / "sbin").mkdir()
        (archive / "sbin" / "install").write_bytes(small_file("install"))
    pack_tgz(archive, root / spec.shape.disk)


def _write_sum(spec: MediumSpec, root: Path) -> None:
    """Write the MD5 sum that 4.1 has beside its disk image, with the image's own name."""
    image = root / spec.shape.disk
    digest = hashlib.md5(image.read_bytes(), usedforsecurity=False).hexdigest()
    image.with_suffix(".md5").write_text(f"{digest}  {spec.disk_name}\n")


def _cd_files(spec: MediumSpec) -> dict[str, bytes]:
    """Return the CD's files but for the disk image: the bank's own where it has them, else fillers."""
    shape = spec.shape
    files = {"isolinux.cfg": _isolinux_cfg(shape)}
    if spec.generation is not Generation.ESX35:  # whether 3.5 has one is not known
        files["README.txt"] = (
            f"VMware ESXi {spec.version}\n\nA synthetic medium without any file of VMware's.\n".encode()
        )
    for name in (*shape.cd, *shape.cd_extras):
        if name != shape.disk:
            filler = small_file(name).ljust(LEAST_CD_FILE, b"\0")
            files[name] = spec.bank.get(shape.from_bank.get(name, name), filler)
    return files


def _isolinux_cfg(shape: Shape) -> bytes:
    """Return the CD's menu."""
    menu = ["default menu.c32", f"menu title {shape.title}", "timeout 80", "label ESXi", f"menu label {shape.title}"]
    return _lines([*menu, "kernel mboot.c32", f"append {' --- '.join(shape.cd)}"])


def _boot_cfg(shape: Shape, build: str) -> bytes:
    """Return boot.cfg of a bank with the keys of an installed 4.1."""
    head = [f"kernel={shape.kernel}", "kernelopt=", f"modules={' --- '.join(shape.modules)}"]
    return _lines([*head, f"build={build}", "updated=2", "bootstate=0"])


def _lines(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
