"""Version and build of what a medium holds, from whatever the medium tells; never from the medium's own file name.

In the order of trust: boot.cfg of the bank (build=4.1.0-260247), the vendor's name of the disk image
(VMware-VMvisor-big-4.0.0-208167-x86_64.dd.bz2, or with the build alone), README.txt of the CD (xCAT), and the text
in the kernel (cobbler). A version that contradicts the boot bank's file names is not believed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hobnail.errors import MediumError
from hobnail.formats.gzip import GzipReader
from hobnail.formats.reader import Reader
from hobnail.image.bank import Bank
from hobnail.media.kind import Kind, kind_of
from hobnail.media.tree import Tree

MAX_KERNEL = 64 << 20
"""Bytes of an unpacked kernel that are searched."""
MAX_README = 64 << 10

_BUILD = re.compile(r"(\d+\.\d+\.\d+)-(\d+)")
_DISK_NAME = re.compile(r"VMware-VMvisor-[A-Za-z]+-(?:(\d+\.\d+\.\d+)(?:[._]\w+?)?-)?(\d+)[-.]")
_README = re.compile(rb"VMware ESX(?:i| Server 3i)?(?: version)? (\d+\.\d+(?:\.\d+)?)")
_KERNEL = re.compile(rb"(\d+\.\d+\.\d+) \[Releasebuild-(\d+)")
_OVERLAP = 64
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Release:
    """Version ("4.0.0") and build ("208167"); what the medium does not tell is empty."""

    version: str
    build: str


def read_release(tree: Tree, bank: Bank, kernel: Reader, warn: Callable[[str], None]) -> Release:
    """Return what is known; the version is at least the generation's ("4.0").

    `kernel` is the file with the vmkernel in it, which is unpacked only when nothing else tells the build.
    """
    generation = bank.layout.generation.value
    version = build = ""
    for evidence in _evidence(tree, bank, kernel):
        if evidence.version and not f"{evidence.version}.".startswith(f"{generation}."):
            warn(f"the medium says version {evidence.version}, its boot bank is that of {generation}")
            continue
        if not version or evidence.version.startswith(f"{version}."):  # 4.0.0 says more than 4.0
            version = evidence.version
        build = build or evidence.build
        if version and build:
            break
    return Release(version or generation, build)


def _evidence(tree: Tree, bank: Bank, kernel: Reader) -> Iterator[Release]:
    """Yield what each witness says, the trusted ones first, each read only when it is asked."""
    config = bank.boot_config()
    if config is not None and (match := _BUILD.fullmatch(config.build)):
        yield Release(match[1], match[2])
    for name in bank.disk.names:
        if match := _DISK_NAME.search(name):
            yield Release(match[1] or "", match[2])
    readme = tree.find("README.txt")
    if readme is not None and (found := _README.search(readme.reader().read_at(0, MAX_README))):
        yield Release(found[1].decode("ascii"), "")
    yield from in_kernel(kernel)


def in_kernel(kernel: Reader) -> Iterator[Release]:
    """Search the unpacked kernel, which may be anything on odd media, for `4.1.0 [Releasebuild-260247`."""
    unpacked: Reader = kernel
    if kind_of(kernel) is Kind.GZIP:
        unpacked = GzipReader(kernel.name, kernel, limit=MAX_KERNEL)
    before = b""
    for offset in range(0, MAX_KERNEL, _CHUNK):
        try:
            data = unpacked.read_at(offset, _CHUNK)
        except MediumError:
            return  # damaged or larger than any kernel: it tells no version
        if match := _KERNEL.search(before + data):
            yield Release(match[1].decode("ascii"), match[2].decode("ascii"))
            return
        if len(data) < _CHUNK:
            return
        before = data[-_OVERLAP:]
