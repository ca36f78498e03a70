"""Namespaces as ndctl 76 prints them, and as the kernel shows them."""

import json
from pathlib import Path

import pytest

from hobnail.system.pmem_namespaces import Namespace, read_namespaces

SECTOR = {
    "dev": "namespace0.0",
    "mode": "sector",
    "size": 532440846336,
    "uuid": "9a8f6cd6",
    "sector_size": 4096,
    "blockdev": "pmem0s",
}
FSDAX = {"dev": "namespace1.0", "mode": "fsdax", "map": "dev", "size": 4225761280, "blockdev": "pmem1"}
DEVDAX = {
    "dev": "namespace1.1",
    "mode": "devdax",
    "size": 4225761280,
    "chardev": "dax1.1",
    "daxregion": {"id": 1, "devices": [{"chardev": "dax1.1", "size": 4225761280}]},
}
DISABLED = {"dev": "namespace1.2", "mode": "raw", "size": 0, "blockdev": "pmem1.2", "state": "disabled"}
WHOLE = {
    "dimms": [{"dev": "nmem0", "id": "8089-a2-1840-00000001", "handle": 1, "phys_id": 17}],
    "regions": [
        {"dev": "region1", "type": "pmem", "namespaces": [FSDAX, DEVDAX, DISABLED], "mappings": [{"dimm": "nmem1"}]},
        {"dev": "region0", "type": "pmem", "persistence_domain": "memory_controller", "namespaces": [SECTOR]},
    ],
}


def named(tmp_path: Path, said: object) -> tuple[Namespace, ...]:
    return read_namespaces(tmp_path, lambda: json.dumps(said).encode())


def test_what_ndctl_says(tmp_path: Path) -> None:
    sector, fsdax, devdax, disabled = named(tmp_path, WHOLE)
    assert sector == Namespace(
        "namespace0.0", "sector", 532440846336, 4096, "pmem0s", "9a8f6cd6", "region0", "memory_controller"
    )
    assert sector.is_sector
    assert (fsdax.mode, fsdax.node, fsdax.region, fsdax.is_sector) == ("fsdax", "pmem1", "region1", False)
    assert (devdax.mode, devdax.node) == ("devdax", "dax1.1")
    assert disabled.node == ""


@pytest.mark.parametrize("said", [[SECTOR], SECTOR, [{"dev": "region0", "namespaces": [SECTOR]}]])
def test_every_shape_of_its_json(said: object, tmp_path: Path) -> None:
    (one,) = named(tmp_path, said)
    assert (one.name, one.size) == ("namespace0.0", 532440846336)


def test_sizes_for_people_are_not_taken_for_numbers(tmp_path: Path) -> None:
    (one,) = named(tmp_path, [SECTOR | {"size": "495.88 GiB (532.44 GB)"}])
    assert one.size == 0


@pytest.mark.parametrize("said", [b"", b"no such device", b"[]", b"{}", b"null"])
def test_no_namespaces(said: bytes, tmp_path: Path) -> None:
    assert read_namespaces(tmp_path, lambda: said) == ()


def kernel(root: Path, files: dict[str, str]) -> None:
    """Write a region's devices as libnvdimm has them, with links in /sys/bus/nd/devices."""
    bus = root / "sys/bus/nd/devices"
    bus.mkdir(parents=True)
    region = root / "sys/devices/LNXSYSTM:00/ndbus0/region0"
    for name, text in files.items():
        path = region / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    for device in region.iterdir():
        if device.is_dir():
            (bus / device.name).symlink_to(device)


def test_without_ndctl_the_kernel_is_asked(tmp_path: Path) -> None:
    kernel(
        tmp_path,
        {
            "persistence_domain": "cpu_cache",
            "namespace0.0/size": "1073741824",
            "namespace0.0/mode": "safe",
            "namespace0.0/holder": "btt0.0",
            "btt0.0/size": "1071640576",
            "btt0.0/sector_size": "4096",
            "btt0.0/uuid": "9a8f6cd6",
            "btt0.0/block/pmem0s/size": "0",
            "namespace0.1/size": "1073741824",
            "namespace0.1/mode": "memory",
            "namespace0.1/holder": "pfn0.0",
            "pfn0.0/size": "1056964608",
            "pfn0.0/block/pmem0.1/size": "0",
            "namespace0.2/size": "1073741824",
            "namespace0.2/mode": "raw",
            "namespace0.2/block/pmem0.2/size": "0",
            "namespace0.3/size": "0",
            "namespace0.3/mode": "raw",
        },
    )
    sector, fsdax, raw = read_namespaces(tmp_path, lambda: b"")
    assert sector == Namespace(
        "namespace0.0", "sector", 1071640576, 4096, "pmem0s", "9a8f6cd6", "region0", "cpu_cache"
    )
    assert (fsdax.mode, fsdax.node) == ("fsdax", "pmem0.1")
    assert (raw.mode, raw.node, raw.size) == ("raw", "pmem0.2", 1 << 30)


def test_this_machine_can_be_asked() -> None:
    assert isinstance(read_namespaces(), tuple)
