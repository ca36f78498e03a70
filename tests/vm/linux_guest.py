"""A Linux guest with NVDIMMs or sticks in QEMU: it sees this machine's own files, read-only, and runs a script.

The kernel is the distribution's (tools/guest-kernel). The first file system is made here: busybox, the modules, and a
script that mounts this machine's root over 9P and enters it.
"""

import re
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hobnail.system.processes import Process
from tests.tools import need_file, need_tool

PROJECT = Path(__file__).parents[2]
KERNEL = PROJECT / "build" / "guest-kernel"
BASE = ("virtio_pci", "9pnet_virtio", "9p")
NVDIMM_MODULES = ("libnvdimm", "nfit", "nd_btt", "nd_pmem", "vfat", "nls_cp437", "nls_ascii")
USB_MODULES = ("xhci-pci", "crct10dif_generic", "sd_mod", "usb-storage", "loop", "dm-mod", "dm-flakey")
ENDED = "the guest's program ended with status "
SHARE = "share"
"""A folder beside the NVDIMMs that the guest may write to."""

INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in {modules}; do /bin/busybox insmod /modules/$module.ko || echo "module $module cannot be loaded"; done
options=trans=virtio,version=9p2000.L,msize=262144
/bin/busybox mount -t 9p -o $options,ro,cache=loose root /host || echo "no root file system"
/bin/busybox mount -t 9p -o $options,rw share /host{share} || echo "no share"
for place in proc sys dev; do /bin/busybox mount -o bind /$place /host/$place; done
/bin/busybox mkdir /dev/pts
/bin/busybox mount -t devpts pts /host/dev/pts
/bin/busybox mount -t tmpfs tmp /host/run
cd /
HOME=/run PATH=/usr/sbin:/usr/bin:/sbin:/bin PYTHONPATH={project} PYTHONDONTWRITEBYTECODE=1 \\
/bin/busybox chroot /host {command} </dev/null
echo "{ended}$?"
/bin/busybox poweroff -f
"""


@dataclass(frozen=True, slots=True)
class Nvdimm:
    """A DIMM whose bytes are a file; the last `label_size` of them are its labels, 0: it has none."""

    path: Path
    label_size: int = 0


def need_guest() -> None:
    """Skip, or fail in CI, where the guest cannot be made."""
    need_tool("qemu-system-x86_64", "busybox", "ndctl")
    need_file(str(KERNEL / "vmlinuz"), "linux-image-amd64 (tools/guest-kernel unpacks it)")


@dataclass(frozen=True, slots=True)
class Stick:
    """A USB stick whose bytes are a file."""

    path: Path
    serial: str
    removable: bool = True


def run_in_guest(
    folder: Path, script: Path, nvdimms: Sequence[Nvdimm], seconds: float, *, sticks: Sequence[Stick] = ()
) -> list[str]:
    """Run a Python script in the guest, `folder`/share is its argument, and return what the console said."""
    share = folder / SHARE
    share.mkdir(exist_ok=True)
    command = f"{sys.executable} {script} {share}"
    order = _load_order([*BASE, *(NVDIMM_MODULES if nvdimms else ()), *(USB_MODULES if sticks else ())])
    init = INIT.format(modules=" ".join(order), share=share, project=PROJECT, command=command, ended=ENDED)
    initramfs = folder / "initramfs.cpio"
    initramfs.write_bytes(_cpio(_files(init, order)))
    with Process([*_qemu(initramfs, share, nvdimms), *_usb(sticks)]) as guest:
        said = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in guest.lines(seconds)]
    assert f"{ENDED}0" in [line.strip() for line in said], "\n".join(["the guest failed:", *said[-40:]])
    return said


def _qemu(initramfs: Path, share: Path, nvdimms: Sequence[Nvdimm]) -> Iterator[str]:
    yield from ("qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio")
    yield from ("-machine", "q35,nvdimm=on", "-accel", "tcg", "-cpu", "max", "-m", "512M,slots=8,maxmem=800G")
    yield from ("-kernel", str(KERNEL / "vmlinuz"), "-initrd", str(initramfs))
    yield from ("-append", "console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off tsc=unstable")
    for tag, path, access in (("root", "/", "on"), ("share", str(share), "off")):
        yield from ("-fsdev", f"local,id={tag},path={path},security_model=none,readonly={access},multidevs=remap")
        yield from ("-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}")
    for number, dimm in enumerate(nvdimms):
        size = dimm.path.stat().st_size
        backend = f"memory-backend-file,id=mem{number},share=on,mem-path={dimm.path},size={size}"
        labels = f",label-size={dimm.label_size}" if dimm.label_size else ""
        yield from ("-object", backend, "-device", f"nvdimm,id=nv{number},memdev=mem{number}{labels}")


def _usb(sticks: Sequence[Stick]) -> Iterator[str]:
    if sticks:
        yield from ("-device", "qemu-xhci,id=usb")
    for number, stick in enumerate(sticks):
        yield from ("-drive", f"if=none,id=stick{number},format=raw,file={stick.path}")
        kind = f"serial={stick.serial},removable={'on' if stick.removable else 'off'}"
        yield from ("-device", f"usb-storage,bus=usb.0,drive=stick{number},{kind}")


def _load_order(wanted: Iterable[str]) -> list[str]:
    """Return the names of the modules, each after those that it needs; what is built into the kernel is left out."""
    built_in = {Path(line).stem.replace("-", "_") for line in (KERNEL / "modules.builtin").read_text().split()}
    order: list[str] = []

    def add(name: str) -> None:
        if name in order or name in built_in:
            return
        path = KERNEL / "modules" / f"{name}.ko"
        assert path.exists(), f"the kernel's package has no module {name}"
        found = re.search(rb"\0depends=([^\0]*)\0", path.read_bytes())
        for needed in found[1].decode().split(",") if found else []:
            if needed:
                add(needed)
        order.append(name)

    for name in wanted:
        add(name)
    return order


def _files(init: str, modules: Iterable[str]) -> Iterator[tuple[str, int, bytes]]:
    """Yield path, mode and content of what the first file system holds."""
    busybox = subprocess.run(["which", "busybox"], capture_output=True, check=True, text=True).stdout.strip()
    libraries = subprocess.run(["ldd", busybox], capture_output=True, check=False, text=True).stdout
    needed = {path: Path(path) for path in re.findall(r"(/\S+) \(0x", libraries)}
    folders = {"bin", "proc", "sys", "dev", "host", "modules"}
    folders |= {str(parent).lstrip("/") for path in needed for parent in Path(path).parents} - {""}
    for folder in sorted(folders):
        yield folder, stat.S_IFDIR | 0o755, b""
    for path, source in needed.items():
        yield path.lstrip("/"), stat.S_IFREG | 0o755, source.read_bytes()
    yield "bin/busybox", stat.S_IFREG | 0o755, Path(busybox).read_bytes()
    for name in modules:
        yield f"modules/{name}.ko", stat.S_IFREG | 0o644, (KERNEL / "modules" / f"{name}.ko").read_bytes()
    yield "init", stat.S_IFREG | 0o755, init.encode()


def _cpio(files: Iterable[tuple[str, int, bytes]]) -> bytes:
    """Return a cpio archive of the kind that the kernel unpacks (Documentation/driver-api/early-userspace)."""
    pieces = []
    for number, (path, mode, data) in enumerate([*files, ("TRAILER!!!", 0, b"")], 1):
        name = path.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
        pieces += [head, bytes(-len(head) % 4), data, bytes(-len(data) % 4)]
    return b"".join(pieces)
