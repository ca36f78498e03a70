"""Which namespace is meant, and what is refused: only sector mode is written, and nothing that is in use."""

from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.errors import UserError
from hobnail.formats.btt.geometry import BttGeometry, Version
from hobnail.system.block_devices import BlockDevice, Kind, Machine
from hobnail.system.device_identity import Identity
from hobnail.system.pmem_namespaces import Namespace
from hobnail.write.pmem import btt_version, check_mode, create_line, find_namespace, pmem_refusals
from hobnail.write.safety import Danger

GIB = 1 << 30
SECTOR = Namespace("namespace0.0", "sector", 64 * GIB, 4096, "pmem0s", "5b6c")
FSDAX = Namespace("namespace1.0", "fsdax", 62 * GIB, 512, "pmem1")
DEVDAX = Namespace("namespace2.0", "devdax", 62 * GIB, 0, "dax2.0")
OFF = Namespace("namespace3.0", "raw", 62 * GIB, 512, "")
ALL = (SECTOR, FSDAX, DEVDAX, OFF)
PMEM = BlockDevice(
    name="pmem0s",
    path=Path("/dev/pmem0s"),
    device_number=(259, 0),
    kind=Kind.PMEM,
    size=64 * GIB,
    sector_size=4096,
    read_only=False,
    removable=False,
    identity=Identity(transport="nvdimm"),
    partitions=("pmem0s1",),
)
PART = replace(PMEM, name="pmem0s1", path=Path("/dev/pmem0s1"), kind=Kind.PARTITION, part_of="pmem0s", partitions=())
DISK = replace(PMEM, name="sda", path=Path("/dev/sda"), kind=Kind.DISK, partitions=())


def machine(*devices: BlockDevice) -> Machine:
    return Machine({device.name: device for device in devices})


HERE = machine(PMEM, PART, DISK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("namespace0.0", SECTOR),
        ("pmem0s", SECTOR),
        ("/dev/pmem0s", SECTOR),
        ("namespace1.0", FSDAX),
        ("/dev/pmem1", FSDAX),
        ("dax2.0", DEVDAX),
        ("/dev/dax2.0", DEVDAX),
        ("namespace3.0", OFF),
    ],
)
def test_names_of_a_namespace(text: str, expected: Namespace) -> None:
    assert find_namespace(ALL, HERE, text) is expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/dev/sda", "is a disk, not persistent memory; for a stick: hobnail write usb"),
        ("/dev/pmem0s1", "is a partition, and what boots is the whole namespace; give pmem0s"),
        ("namespace9.0", "is no namespace of this machine; there are namespace0.0 (sector), namespace1.0 (fsdax)"),
        ("/etc/passwd", "is no namespace of this machine"),
        ("", "is no namespace of this machine"),
        ("/dev/", "is no namespace of this machine"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        find_namespace(ALL, HERE, text)
    assert said in str(caught.value)


def test_a_machine_without_persistent_memory() -> None:
    with pytest.raises(UserError, match="there is no persistent memory here"):
        find_namespace((), HERE, "namespace0.0")


@pytest.mark.parametrize("namespace", [FSDAX, DEVDAX, replace(FSDAX, mode="raw"), replace(FSDAX, mode="")])
def test_other_modes_are_refused_with_the_line_that_helps(namespace: Namespace) -> None:
    with pytest.raises(UserError) as caught:
        check_mode(namespace)
    assert f"is in {namespace.mode or 'no known'} mode" in caught.value.what
    line = f"ndctl create-namespace -f -e {namespace.name} -m sector -l 4096"
    assert str(caught.value).endswith(line)
    assert "loses what is in it" in str(caught.value)
    assert create_line(namespace.name) == line


def test_a_namespace_that_is_not_enabled_is_not_made_anew() -> None:
    """The kernel calls its mode raw until it is enabled: advice to make it anew would lose what is in it."""
    with pytest.raises(UserError, match=r"is not enabled.*; ndctl enable-namespace namespace3\.0$"):
        check_mode(OFF)


def test_sector_mode_is_taken() -> None:
    check_mode(SECTOR)
    assert pmem_refusals(HERE, PMEM) == ()


@pytest.mark.parametrize("sector", [512, 4096])
@pytest.mark.parametrize("raw_size", [64 << 20, 16 << 30, 1500 * GIB])
@pytest.mark.parametrize("version", list(Version))
def test_the_version_of_a_btt_shows_in_the_disks_size(version: Version, raw_size: int, sector: int) -> None:
    disk = replace(PMEM, sector_size=sector, size=BttGeometry.for_size(raw_size, sector, version=version).size)
    assert btt_version(raw_size, disk) is version


def test_a_version_that_is_not_known() -> None:
    assert btt_version(0, PMEM) is None
    assert btt_version(64 << 20, PMEM) is None
    alike = 33619968  # 4096 bytes more or less are no block more or less
    size = BttGeometry.for_size(alike, 4096).size
    assert btt_version(alike, replace(PMEM, size=size)) is None


@pytest.mark.parametrize(
    ("device", "part", "danger"),
    [
        (replace(PMEM, mounts=("/mnt",)), PART, Danger.MOUNTED),
        (PMEM, replace(PART, mounts=("/mnt",)), Danger.MOUNTED),
        (PMEM, replace(PART, mounts=("/",)), Danger.SYSTEM),
        (replace(PMEM, swap=True), PART, Danger.SYSTEM),
        (replace(PMEM, holders=("dm-0",)), PART, Danger.HELD),
        (replace(PMEM, pool="tank"), PART, Danger.HELD),
        (replace(PMEM, read_only=True), PART, Danger.READ_ONLY),
        (replace(PMEM, kind=Kind.LOOP), PART, Danger.KIND),
    ],
)
def test_what_is_in_use_is_refused(device: BlockDevice, part: BlockDevice, danger: Danger) -> None:
    assert [reason.danger for reason in pmem_refusals(machine(device, part), device)] == [danger]
