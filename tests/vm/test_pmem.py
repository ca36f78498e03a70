"""Persistent memory: a Linux guest with NVDIMMs, our BTT under its kernel and its under ours; OVMF boots the disk.

Without the guest's kernel (tools/guest-kernel) these tests are skipped, and fail in CI.
"""

import hashlib
import json
import os
import random
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hobnail.app.demo.machines import MEMORY, Booted, boot
from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import find_firmware
from hobnail.app.write import Wanted, chosen_plan
from hobnail.app.write_pmem import BttChoices, write_btt_image
from hobnail.boot.plan import plan_for
from hobnail.formats.btt.geometry import MAX_ARENA, BttGeometry, Version
from hobnail.formats.btt.reader import BttReader
from hobnail.formats.btt.writer import btt_pieces
from hobnail.formats.reader import SliceReader
from hobnail.image.model import Image
from hobnail.media.file import FileReader
from hobnail.store import Store
from hobnail.system.commands import run
from hobnail.write.contents import contents_of
from hobnail.write.disk_layout import disk_layout
from tests.vm.later import fill_later_store, name_of, need_uefi
from tests.vm.linux_guest import SHARE, Nvdimm, need_guest, run_in_guest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(600)]

SIZE = 64 << 20
"""Bytes of a namespace: whole regions of 16 MiB, which ndctl aligns to."""
LABELS = 256 << 10
LARGE = MAX_ARENA + (64 << 20)
"""Bytes of a namespace with two arenas; the file has holes."""
SMALL = (16 << 20) + 4096
GUEST_SECONDS = 400.0
BOOT_SECONDS = 60.0
SCRIPT = Path(__file__).parent / "pmem_in_guest.py"


@dataclass(frozen=True)
class Lab:
    """What the guest told, and the DIMMs as it left them."""

    told: dict[str, Any]
    dimms: list[Path]
    image: Image
    ours: dict[str, Any]

    def disk(self, number: int) -> BttReader:
        """Return the disk in a DIMM, read by us; labels stand behind the namespace."""
        file = FileReader(self.dimms[number])
        size = SIZE if number in (1, 2) else file.size
        return BttReader(SliceReader(f"dimm{number}", file, 0, size))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    need_guest()
    need_uefi()
    folder = tmp_path_factory.mktemp("pmem")
    standin = build_standin(folder).read_bytes()
    image = fill_later_store(folder / SHARE, "8.0", {"efi/boot/bootx64.efi": standin})
    dimms = [folder / f"dimm{number}" for number in range(6)]
    with Store.open(folder / SHARE / "store", now=lambda: 0.0) as store:
        made = write_btt_image(store, Wanted(), dimms[0], BttChoices(SIZE, 512, Version.LINUX))
    ours = {"version1": {"uuid": str(made.file.uuid), "disk": disk_facts(dimms[0])}}
    for dimm in dimms[1:3]:
        sparse(dimm, SIZE + LABELS)
    ours["arenas"] = two_arenas(dimms[4], folder / SHARE / "border")
    ours["interrupted"] = {"uuid": interrupted(dimms[5]), "disk": disk_facts(dimms[5])}
    sparse(dimms[3], SIZE)
    labels = (0, LABELS, LABELS, 0, 0, 0)
    run_in_guest(folder, SCRIPT, [Nvdimm(*one) for one in zip(dimms, labels, strict=True)], GUEST_SECONDS)
    return Lab(json.loads((folder / SHARE / "told.json").read_text()), dimms, image, ours)


def sparse(path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.truncate(size)


def interrupted(path: Path) -> str:
    """Make a BTT of padded blocks in which block 9 was written and its map entry not; return its UUID."""
    geometry = BttGeometry.for_size(SMALL, 512, version=Version.LINUX, internal_lba_size=576)
    (arena,) = geometry.arenas
    noise = random.Random(9)
    sparse(path, SMALL)
    with path.open("r+b") as file:
        for piece in btt_pieces(geometry, [(0, noise.randbytes(50_000)), (geometry.size - 512, b"end")]):
            file.seek(piece.offset)
            file.write(piece.data)
        file.seek(arena.block_at(arena.external_blocks))
        file.write(noise.randbytes(512))
        file.seek(arena.start + arena.flog_offset + 16)
        file.write(struct.pack("<4I", 9, 9, arena.external_blocks, 2))
    return str(BttReader(FileReader(path)).uuid)


def two_arenas(path: Path, border_file: Path) -> dict[str, Any]:
    """Make a BTT of two arenas with content on both sides of their border."""
    geometry = BttGeometry.for_size(LARGE, 4096, version=Version.LINUX)
    border = geometry.arenas[0].length
    noise = random.Random(4).randbytes(16384)
    sparse(path, LARGE)
    with path.open("r+b") as file:
        for piece in btt_pieces(geometry, [(border - 8192, noise)]):
            file.seek(piece.offset)
            file.write(piece.data)
    border_file.write_text(str(border))
    own = str(BttReader(FileReader(path)).uuid)
    return {"uuid": own, "size": geometry.size, "sha256": hashlib.sha256(noise).hexdigest()}


def disk_facts(path: Path) -> dict[str, Any]:
    return facts(BttReader(FileReader(path)))


def facts(disk: BttReader) -> dict[str, Any]:
    digest = hashlib.sha256()
    for offset in range(0, disk.size, 1 << 20):
        digest.update(disk.read_at(offset, 1 << 20))
    return {"size": disk.size, "sector": disk.sector_size, "sha256": digest.hexdigest()}


def test_the_kernel_takes_a_btt_of_ours(lab: Lab) -> None:
    """Version 1.1 without labels: not made anew, all bytes the same."""
    assert lab.told["version1"] == lab.ours["version1"]


def test_what_the_kernel_wrote_into_our_btt_is_read(lab: Lab) -> None:
    assert lab.told["version1 written"] == facts(lab.disk(0))
    assert lab.told["version1 written"]["sha256"] != lab.ours["version1"]["disk"]["sha256"]


def test_the_kernel_finishes_an_interrupted_write_as_we_do(lab: Lab) -> None:
    assert lab.told["interrupted"] == lab.ours["interrupted"]
    assert facts(lab.disk(5)) == lab.ours["interrupted"]["disk"]


def test_the_kernel_takes_two_arenas_and_writes_over_their_border(lab: Lab) -> None:
    assert lab.told["arenas"] == lab.ours["arenas"]
    disk = lab.disk(4)
    assert len(disk.arenas) == 2
    assert disk.read_at(disk.arenas[0].length - 4096, 12288) == b"kernel" * 2048


def test_the_kernel_takes_a_btt_2_of_ours(lab: Lab) -> None:
    told = lab.told["version2"]
    assert told["written"]["status"] == 0, told
    made = json.loads(told["written"]["out"])
    disk = lab.disk(2)
    assert (made["btt_version"], str(disk.version)) == ("2.0", "2.0")
    assert told["uuid"] == made["uuid"] == str(disk.uuid)
    assert told["namespace"] == made["namespace_uuid"] == str(disk.parent)
    assert told["disk"] == facts(disk)


def test_a_btt_of_the_kernels_is_read_and_counted_alike(lab: Lab) -> None:
    disk = lab.disk(1)
    assert disk.version is Version.UEFI
    assert disk.faults == []
    assert disk.parent == UUID(namespace_uuid(lab))
    assert list(disk.arenas) == list(BttGeometry.for_size(SIZE, 4096).arenas)
    assert lab.told["disk"] == facts(disk)


def namespace_uuid(lab: Lab) -> str:
    """The label's UUID: what stands in the info blocks (ndctl shows the BTT's own for a sector namespace)."""
    return str(lab.disk(1).parent)


def test_the_line_that_is_advised_makes_a_namespace_that_is_written(lab: Lab) -> None:
    """On a DIMM without labels the kernel makes a BTT 1.1."""
    assert lab.told["advised"]["status"] == 0, lab.told["advised"]
    assert "its BTT is version 1.1, which is Linux's own" in lab.told["advised"]["err"]
    disk = lab.disk(3)
    assert (disk.version, disk.sector_size) == (Version.LINUX, 4096)
    assert list(disk.arenas) == list(BttGeometry.for_size(SIZE, 4096, version=Version.LINUX).arenas)
    with Store.open(lab.dimms[0].parent / SHARE / "store", now=lambda: 0.0) as store:
        chosen = chosen_plan(store, Wanted())
        layout = disk_layout(contents_of(chosen.plan, chosen.content), size=disk.size, sector=4096)
    for offset, data in layout.pieces(1 << 20):
        assert disk.read_at(offset, len(data)) == data


def test_write_pmem_in_the_guest(lab: Lab) -> None:
    assert "is lost    " in lab.told["again"]["out"]
    assert "gpt" in lab.told["again"]["out"]  # the disk of the first time
    for run_ in (lab.told["write"], lab.told["again"]):
        assert run_["status"] == 0, run_
    written = json.loads(lab.told["write"]["out"])
    made = lab.told["namespace"]
    assert (written["namespace"], written["device"]) == (made["dev"], f"/dev/{made['blockdev']}")
    assert (written["image"], written["btt_version"]) == (lab.image.id, "2.0")
    assert (written["size"], written["sector_size"]) == (lab.told["disk"]["size"], 4096)
    assert "written and read back" in lab.told["again"]["out"]
    assert "UEFI driver for NVDIMMs" in lab.told["again"]["out"]


CREATE = ("ndctl create-namespace -f -e namespace", ".0 -m sector -l 4096")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("raw", ["is in raw mode", *CREATE]),
        ("raw by device", ["is in raw mode", *CREATE]),
        ("no namespace", ["is no namespace of this machine", ".0 (raw)"]),
        ("fsdax", ["is in fsdax mode", *CREATE]),
        ("disabled", ["is not enabled", "ndctl enable-namespace namespace"]),
        ("not agreed", ["--yes needs --serial too"]),
        ("another's name", ["it was not agreed to with its name, pmem"]),
        ("nobody to ask", ["nobody can be asked here"]),
        ("swapped to", ["swap space"]),
    ],
)
def test_what_is_refused(lab: Lab, case: str, said: list[str]) -> None:
    run_ = lab.told["refused"][case]
    assert run_["status"] == 2, run_
    for words in said:
        assert words in run_["err"]


def test_a_terminal_takes_the_name_and_nothing_else(lab: Lab) -> None:
    told = lab.told["typed wrongly"]
    assert told["status"] == 2
    assert "Erase it? Type pmem" in told["out"]
    assert "nothing was written: it was not agreed to" in told["out"]


def test_the_kernel_mounts_the_volume_and_a_mounted_one_is_refused(lab: Lab) -> None:
    told = lab.told["mounted"]
    image = lab.image
    assert told["files"]["EFI/BOOT/BOOTX64.EFI"] == next(
        one.sha256 for one in image.loaders if one.name == "mboot.efi"
    )
    modules = {one.name: one.sha256 for one in (image.kernel, *plan_for(image, None).modules)}
    assert {name: digest for name, digest in told["files"].items() if "/" not in name} == modules
    assert told["refusal"]["status"] == 2
    assert "it is mounted on /run/volume (pmem" in told["refusal"]["err"]
    assert "umount /run/volume" in told["refusal"]["err"]


def test_the_namespaces_disk_boots_under_uefi(lab: Lab, tmp_path: Path) -> None:
    """The disk, out of the DIMM by our reader, under OVMF as a drive of 4096-byte sectors: every module is loaded."""
    disk = lab.disk(1)
    path = tmp_path / "disk.raw"
    with path.open("wb") as file:
        for offset in range(0, disk.size, 1 << 20):
            if any(piece := disk.read_at(offset, 1 << 20)):
                file.seek(offset)
                file.write(piece)
        file.truncate(disk.size)
    console: list[str] = []
    result = boot(ovmf(path), BOOT_SECONDS, console.append)
    assert isinstance(result, Booted), (result, console)
    told = [(name_of(one.text), one.sha256) for one in result.report.modules]
    assert told == [(module.name, module.sha256) for module in plan_for(lab.image, None).modules]


def ovmf(disk: Path) -> list[str]:
    """Return QEMU's command for a machine with this disk only."""
    code, variables = find_firmware()
    machine = ["-machine", "q35,graphics=off", "-accel", "tcg", "-m", str(MEMORY), "-nodefaults", "-display", "none"]
    flash = ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}"]
    flash += ["-drive", f"if=pflash,format=raw,unit=1,snapshot=on,file={variables}"]
    drive = ["-drive", f"if=none,id=disk,format=raw,readonly=on,file={disk}"]
    drive += ["-device", "virtio-blk-pci,drive=disk,logical_block_size=4096,physical_block_size=4096,bootindex=1"]
    return ["qemu-system-x86_64", *machine, *flash, *drive, "-no-reboot", "-serial", "stdio"]


def test_the_disk_is_sound(lab: Lab, tmp_path: Path) -> None:
    """sgdisk is not for 4096-byte sectors in a file, so the table is read by its bytes, the FAT by fsck."""
    disk = lab.disk(1)
    assert disk.read_at(4096, 8) == b"EFI PART"
    assert disk.read_at(disk.size - 4096, 8) == b"EFI PART"
    first, last = struct.unpack("<QQ", disk.read_at(2 * 4096 + 32, 16))
    volume = tmp_path / "volume"
    volume.write_bytes(disk.read_at(first * 4096, (last - first + 1) * 4096))
    run(["fsck.vfat", "-n", volume])


def test_the_guest_is_the_distributions(lab: Lab) -> None:
    assert lab.told["kernel"] != os.uname().release
