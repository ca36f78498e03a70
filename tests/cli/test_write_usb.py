"""`hobnail write usb` and `hobnail devices` on loop devices, as a person runs them."""

import bz2
import contextlib
import hashlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import make_later_medium, spec_for
from tests.blockdev import MIB, loop_device
from tests.cli.command import hobnail
from tests.media.builders import FILES, make_iso, unpack_to
from tests.tools import need_root, need_tool

SIZE = 72 * MIB
PLAIN_FILES = {name: data for name, data in FILES.items() if name != "image.tgz"}
MARK = b"what was there" * 500


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installer ISO of 6.7."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("medium")
    make_later_medium(spec_for("6.7"), folder / "esxi.iso", folder)
    return folder / "esxi.iso"


@pytest.fixture(scope="module")
def store(medium: Path) -> Path:
    """A store with its image."""
    hobnail("image", "import", medium, store=medium.parent / "store")
    return medium.parent / "store"


@pytest.fixture
def device(tmp_path: Path) -> Iterator[Path]:
    """A disk that holds something."""
    (tmp_path / "disk").write_bytes(MARK)
    with loop_device(tmp_path / "disk", SIZE) as path:
        yield path


def write(device: Path, store: Path, *options: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    return hobnail("write", "usb", device, "--yes", "--serial", device.name, *options, store=store, status=status)


def start_of(device: Path, length: int) -> bytes:
    with open(device, "rb") as file:
        return file.read(length)


def untouched(device: Path) -> bool:
    return start_of(device, len(MARK)) == MARK


def test_writes_a_stick(device: Path, store: Path, tmp_path: Path) -> None:
    need_tool("sfdisk", "fsck.vfat", "mkfs.ext4", "wipefs", "mdir")
    subprocess.run(["mkfs.ext4", "-q", "-F", "-L", "precious", device], check=True)
    link = tmp_path / "by-id"
    link.symlink_to(device)
    done = hobnail("write", "usb", link, "--yes", "--serial", device.name, store=store)
    assert f"given as   {link}" in done.stderr
    assert 'is lost    ext4 "precious"' in done.stderr
    assert "no serial number" in done.stderr
    assert "written, and read back as written" in done.stdout
    assert "boots by UEFI" in done.stdout
    assert "boot menu" in done.stdout
    table = json.loads(subprocess.run(["sfdisk", "-J", device], check=True, capture_output=True).stdout)
    (part,) = table["partitiontable"]["partitions"]
    assert part["start"] == 2048
    found = json.loads(subprocess.run(["wipefs", "-nJ", device], check=True, capture_output=True).stdout)
    assert {one["type"] for one in found["signatures"]} == {"gpt", "PMBR"}
    copy = tmp_path / "volume"
    copy.write_bytes(device.read_bytes()[MIB : MIB + part["size"] * 512])
    subprocess.run(["fsck.vfat", "-n", copy], check=True, capture_output=True)
    listed = subprocess.run(["mdir", "-b", "-/", "-i", copy, "::/EFI"], check=True, capture_output=True, text=True)
    assert "BOOTX64.EFI" in listed.stdout


def test_a_stick_is_what_write_disk_makes(device: Path, store: Path, tmp_path: Path) -> None:
    """So what was proven of disk images in virtual machines holds for sticks too."""
    write(device, store)
    hobnail("write", "disk", tmp_path / "image", "--size", str(SIZE), store=store)
    assert subprocess.run(["cmp", device, tmp_path / "image"], check=False).returncode == 0


def test_as_json(device: Path, store: Path) -> None:
    done = write(device, store, "--json")
    facts = json.loads(done.stdout)
    assert (facts["device"], facts["verified"]) == (str(device), True)
    assert "UEFI" in facts["firmware"]
    steps = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert {step["phase"] for step in steps} == {"wiping", "writing", "verifying"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--yes"], "--yes needs --serial too"),
        ([], "nobody can be asked here"),
        (["--serial", "x"], "'x' is not its name"),
        (["--yes", "--serial", "WD-1"], "'WD-1' is not its name"),
    ],
)
def test_what_must_be_said(options: list[str], words: str, device: Path, store: Path) -> None:
    done = hobnail("write", "usb", device, *options, store=store, status=2)
    assert words in done.stderr
    assert untouched(device)


def test_a_mounted_device_is_refused(device: Path, store: Path, tmp_path: Path) -> None:
    need_tool("mkfs.ext4", "mount", "umount")
    subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
    place = tmp_path / "mounted here"
    place.mkdir()
    subprocess.run(["mount", device, place], check=True)
    try:
        done = write(device, store, status=2)
        listed = hobnail("devices", store=store).stdout
    finally:
        subprocess.run(["umount", place], check=True)
    assert f"it is mounted on {place}" in done.stderr
    assert f"mounted on {place}" in listed


def test_a_mounted_partition_is_a_reason_against_its_disk(device: Path, store: Path, tmp_path: Path) -> None:
    need_tool("sfdisk", "partx", "mkfs.ext4")
    subprocess.run(["sfdisk", "-q", device], check=True, input=b"2048,,L\n", capture_output=True)
    subprocess.run(["partx", "-u", device], check=True, capture_output=True)
    part = Path(f"{device}p1")
    place = tmp_path / "mounted"
    place.mkdir()
    subprocess.run(["mkfs.ext4", "-q", "-F", part], check=True)
    subprocess.run(["mount", part, place], check=True)
    try:
        assert f"mounted on {place} ({part.name})" in write(device, store, status=2).stderr
    finally:
        subprocess.run(["umount", place], check=True)
        done = hobnail("write", "usb", part, "--yes", "--serial", device.name, store=store, status=2)
        write(device, store)  # and with nothing mounted the disk is written, its old partition forgotten
        subprocess.run(["partx", "-d", device], check=False, capture_output=True)
    assert f"it is a partition of {device.name}, and what boots is the whole disk: give {device}" in done.stderr


def test_a_device_that_a_program_holds_is_refused(device: Path, store: Path) -> None:
    held = os.open(device, os.O_RDONLY | os.O_EXCL)
    try:
        assert "a program holds it" in write(device, store, status=2).stderr
        assert "claimed" in hobnail("devices", store=store).stdout
    finally:
        os.close(held)
    assert untouched(device)


def test_a_loop_device_on_top_is_a_holder(device: Path, store: Path) -> None:
    with loop_device(device) as upper:
        assert f"loop device {upper.name} is on it" in write(device, store, status=2).stderr
    assert untouched(device)


def test_a_read_only_device_is_refused(store: Path, tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", SIZE, "-r") as path:
        assert "it is read-only" in write(path, store, status=2).stderr


def test_a_device_that_is_too_small_is_refused(store: Path, medium: Path, tmp_path: Path) -> None:
    with loop_device(tmp_path / "disk", 3 * MIB) as path:
        assert "too small" in write(path, store, status=2).stderr
    with loop_device(tmp_path / "other", MIB) as path:
        assert "too small" in write(path, store, "--raw", medium, status=2).stderr


def test_the_system_disk_is_refused(store: Path) -> None:
    need_root()
    number = os.stat("/").st_dev
    place = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not place.exists():
        pytest.skip("the root file system of this machine is on no device")
    name = place.resolve().name
    done = hobnail("write", "usb", f"/dev/{name}", "--yes", "--serial", "x", store=store, status=2)
    assert "this system runs from it: /" in done.stderr or "cannot be opened" in done.stderr


@pytest.mark.parametrize(
    ("path", "words"),
    [("/dev/null", "no block device"), ("/etc", "no block device"), ("/nonexistent", "No such file")],
)
def test_what_is_no_device(path: str, words: str, store: Path) -> None:
    assert words in write(Path(path), store, status=2).stderr


def answered(device: Path, store: Path, answer: str) -> tuple[int, str]:
    """Run the command with a terminal in front of it, and answer its question."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hobnail", "--store", str(store), "write", "usb", str(device)]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    os.close(theirs)
    os.write(ours, answer.encode())
    assert process.stdout is not None
    said = process.stdout.read().decode()
    status = process.wait(60)
    process.stdout.close()
    os.close(ours)
    return status, said


def test_the_serial_number_is_typed(device: Path, store: Path) -> None:
    for answer in ("yes\n", "\x04"):
        status, said = answered(device, store, answer)
        assert status != 0
        assert "type its name" in said
        assert untouched(device), answer
    status, said = answered(device, store, f"{device.name}\n")
    assert status == 0, said
    assert "read back as written" in said
    assert not untouched(device)


def test_raw_iso(device: Path, store: Path, medium: Path) -> None:
    done = write(device, store, "--raw", medium)
    assert "it is not hybrid" in done.stderr
    assert "hobnail write usb DEVICE --image" in done.stderr
    data = medium.read_bytes()
    assert start_of(device, len(data)) == data


def test_raw_hybrid_iso(device: Path, store: Path, tmp_path: Path) -> None:
    """One that BIOS starts from a disk: boot code and a partition table before the volume."""
    need_tool("xorriso")
    iso = make_iso(tmp_path / "hybrid.iso", unpack_to(tmp_path / "tree", PLAIN_FILES))
    data = bytearray(iso.read_bytes())
    data[:3] = b"\xfa\x31\xc0"
    data[446:462] = bytes.fromhex("80000100 17ffffff 01000000 00080000")
    data[510:512] = b"\x55\xaa"
    iso.write_bytes(data)
    done = write(device, store, "--raw", iso)
    assert "it is hybrid, and boots by BIOS" in done.stderr
    assert "BIOS: choose" in done.stdout
    assert "UEFI: choose" not in done.stdout
    assert start_of(device, len(data)) == data


def test_raw_iso_that_boots_nowhere(device: Path, store: Path, tmp_path: Path) -> None:
    iso = make_iso(tmp_path / "plain.iso", unpack_to(tmp_path / "tree", PLAIN_FILES))
    done = write(device, store, "--raw", iso, status=2)
    assert "no machine boots it from a stick" in done.stderr
    assert "--force" in done.stderr
    assert untouched(device)
    write(device, store, "--raw", iso, "--force")
    assert start_of(device, iso.stat().st_size) == iso.read_bytes()


@pytest.mark.parametrize("packed", ["plain", "bzip2", "gzip"])
def test_raw_disk_image(packed: str, device: Path, store: Path, tmp_path: Path) -> None:
    need_tool("sfdisk", "bzip2", "gzip")
    image = tmp_path / "big.dd"
    with open(image, "wb") as file:
        file.truncate(5 * MIB)
    subprocess.run(["sfdisk", "-q", image], check=True, input=b"2048,,L,*\n", capture_output=True)
    with open(image, "r+b") as file:
        file.seek(4 * MIB)
        file.write(os.urandom(MIB))
    data = image.read_bytes()
    if packed != "plain":
        subprocess.run([packed, image], check=True)
        (image,) = tmp_path.glob("big.dd.*")
    done = write(device, store, "--raw", image)
    assert "disk image" in done.stderr
    assert start_of(device, len(data)) == data


def test_raw_damage_is_found_before_anything_is_erased(device: Path, store: Path, tmp_path: Path) -> None:
    need_tool("sfdisk", "bzip2")
    image = tmp_path / "big.dd"
    image.write_bytes(bytes(512) + os.urandom(4 * MIB))
    subprocess.run(["sfdisk", "-q", image], check=True, input=b"2048,,L,*\n", capture_output=True)
    subprocess.run(["bzip2", image], check=True)
    packed = tmp_path / "big.dd.bz2"
    data = bytearray(packed.read_bytes())
    data[3 * MIB] ^= 0xFF
    packed.write_bytes(data)
    write(device, store, "--raw", packed, status=2)
    assert untouched(device)


def test_raw_takes_the_disk_image_out_of_an_installer(device: Path, store: Path, tmp_path: Path) -> None:
    """In the shape of a 4.1 CD, with a small disk."""
    need_tool("xorriso", "sfdisk")
    image = tmp_path / "dd"
    image.write_bytes(bytes(512) + os.urandom(3 * MIB))
    subprocess.run(["sfdisk", "-q", image], check=True, input=b"2048,,L,*\n", capture_output=True)
    data = image.read_bytes()
    packed = bz2.compress(data)
    name = b"VMware-VMvisor-big-260247-x86_64.dd.bz2"
    files = {
        "imagedd.bz2": packed,
        "imagedd.md5": hashlib.md5(packed).hexdigest().encode() + b"  " + name + b"\n",
        "README.txt": b"VMware ESXi 4.1",
    }
    iso = make_iso(tmp_path / "cd.iso", unpack_to(tmp_path / "tree", files), "-R")
    done = write(device, store, "--raw", iso)
    assert "writing disk image cd.iso!IMAGEDD.BZ2".lower() in done.stderr.lower()
    assert start_of(device, len(data)) == data
    assert len(data) % 512 == 0


@contextlib.contextmanager
def small_tmpfs(place: Path, size: int) -> Iterator[Path]:
    """Mount a file system that is full soon: a sparse file in it is a device that fails when it is written to."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_device_that_fails_half_way(store: Path, tmp_path: Path) -> None:
    need_root()
    need_tool("mount", "umount")
    raw = tmp_path / "big.dd"
    raw.write_bytes(bytes(510) + b"\x55\xaa" + os.urandom(40 * MIB))
    subprocess.run(["sfdisk", "-q", raw], check=True, input=b"2048,,L,*\n", capture_output=True)
    with small_tmpfs(tmp_path / "small", 16 * MIB) as folder, loop_device(folder / "disk", SIZE) as path:
        done = write(path, store, "--raw", raw, status=1)
        assert not any(start_of(path, 4096))
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("hobnail: ")]
    assert "NOT finished: it boots nothing now" in line
    assert "read back as written" not in done.stdout
    assert "it is full" in line


def test_devices_as_json(device: Path, store: Path) -> None:
    need_tool("mkfs.vfat")
    subprocess.run(["mkfs.vfat", "-n", "KEY", device], check=True, capture_output=True)
    listing = json.loads(hobnail("devices", "--json", store=store).stdout)
    (one,) = [entry for entry in listing["devices"] if entry["path"] == str(device)]
    assert one["kind"] == "loop device"
    assert {(entry["type"], entry["label"]) for entry in one["signatures"]} == {("vfat", "KEY")}
    assert (one["writable"], one["needs_serial"], one["installer"]["lists"]) == (True, True, False)
    assert one["size"] == SIZE


def test_devices_without_root(device: Path, store: Path) -> None:
    need_tool("setpriv")
    command = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        sys.executable,
        "-m",
        "hobnail",
        "devices",
    ]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd="/", env={"PATH": os.environ["PATH"]}
    )
    if "Permission denied" in done.stderr and done.returncode:
        pytest.skip("our own files may not be read by other users here")
    assert done.returncode == 0, done.stderr
    assert str(device) in done.stdout
    assert "seen by root only" in done.stderr
    assert "  holds" not in done.stdout
