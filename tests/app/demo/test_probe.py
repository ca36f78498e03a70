"""The probe kernel: started by QEMU's own Multiboot loader, its digests are hashlib's."""

import hashlib
import random
import struct
from pathlib import Path

import pytest

from hobnail.app.demo import probe
from hobnail.app.demo.probe import build_probe
from hobnail.app.demo.report import ProbeReport, parse_report
from hobnail.errors import SystemFailure
from hobnail.system.commands import run
from hobnail.system.processes import Process
from tests.tools import need_tool

MAGIC, HEADER_SCAN, HEADER_ROOM = 0x1BADB002, 8192, 64
MULTIBOOT_MEMORY, MULTIBOOT_ADDRESSES = 1 << 1, 1 << 16
LOAD, MIB = 1, 1 << 20
EDGES = [1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1000, 4095, 4096, 4097, 65535, 300_001]
"""Sizes around SHA-256's blocks, its padding, and pages; QEMU takes no empty file as a module."""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("gcc", "qemu-system-x86_64")
    return build_probe(tmp_path_factory.mktemp("probe"))


def boot(kernel: Path, command_line: str = "", initrd: str | None = None, more: tuple[str, ...] = ()) -> ProbeReport:
    """Let QEMU load the probe, and wait for it to power the machine off by itself."""
    machine = ["qemu-system-x86_64", "-accel", "tcg", "-m", "128", "-nodefaults", "-display", "none", "-no-reboot"]
    load = ["-kernel", str(kernel), "-append", command_line, *(["-initrd", initrd] if initrd is not None else [])]
    with Process([*machine, "-serial", "stdio", *more, *load]) as qemu:
        lines = list(qemu.lines(30))
        assert qemu.wait(5) is not None, f"still running after: {lines}"
    report = parse_report(lines)
    assert report is not None, lines
    return report


def test_the_file_is_a_kernel_that_all_loaders_take(kernel: Path) -> None:
    data = kernel.read_bytes()
    at = next(i for i in range(0, HEADER_SCAN, 4) if struct.unpack_from("<I", data, i)[0] == MAGIC)
    magic, flags, checksum = struct.unpack_from("<3I", data, at)
    assert (magic + flags + checksum) % 2**32 == 0
    assert flags & 0xFFFF0000 == 0, "bit 16 makes VMware's mboot refuse; the others are reserved"
    assert flags & MULTIBOOT_MEMORY
    assert at + HEADER_ROOM <= min(HEADER_SCAN, len(data))
    kind, machine, _, entry = struct.unpack_from("<HHII", data, 16)
    assert (data[:7], kind, machine) == (b"\x7fELF\x01\x01\x01", 2, 3), "ELF32, little-endian, ET_EXEC, EM_386"
    offset, size, count = struct.unpack_from("<I", data, 28)[0], *struct.unpack_from("<HH", data, 42)
    segments = [struct.unpack_from("<8I", data, offset + size * i) for i in range(count)]
    loaded = [(physical, physical + memory) for kind, _, _, physical, _, memory, _, _ in segments if kind == LOAD]
    assert all(start >= MIB for start, _ in loaded)
    assert loaded[0][0] <= entry < loaded[0][1]
    assert max(end for _, end in loaded) - min(start for start, _ in loaded) < 64 * 1024, "small: modules need room"


def test_the_same_bytes_each_time(kernel: Path, tmp_path: Path) -> None:
    assert build_probe(tmp_path).read_bytes() == kernel.read_bytes()


def test_digests_of_modules_of_all_sizes(kernel: Path, tmp_path: Path) -> None:
    noise = random.Random(4)
    contents = [noise.randbytes(size) for size in EDGES]
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    initrd = ",".join(f"{tmp_path / str(number)} word{number} x" for number in range(len(contents)))
    report = boot(kernel, initrd=initrd)
    assert [module.size for module in report.modules] == [len(content) for content in contents]
    assert [module.sha256 for module in report.modules] == [hashlib.sha256(c).hexdigest() for c in contents]
    assert [m.text for m in report.modules] == [f"{tmp_path / str(n)} word{n} x" for n in range(len(contents))]


def test_no_modules_and_an_odd_command_line(kernel: Path) -> None:
    report = boot(kernel, 'a="b c" \\ \t é')
    assert report.modules == ()
    assert report.command_line.encode("latin-1") == f'{kernel} a="b c" \\ \t é'.encode()
    assert report.loader == "qemu"
    assert report.memory_kib[0] > 512
    assert 100 * 1024 < report.memory_kib[1] < 128 * 1024


def test_thirty_modules_and_a_long_command_line(kernel: Path, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(b"m" * 777)
    words = " ".join(f"option{number}=value" for number in range(230))
    report = boot(kernel, words, initrd=",".join([f"{tmp_path / 'm'} {'s' * 200}"] * 30))
    assert report.command_line.endswith(words)
    assert len(words) > 3500
    assert {module.sha256 for module in report.modules} == {hashlib.sha256(b"m" * 777).hexdigest()}
    assert len(report.modules) == 30


def test_machines_without_power_management_end_by_the_debug_exit(kernel: Path) -> None:
    report = boot(kernel, more=("-machine", "pc,acpi=off", "-device", "isa-debug-exit,iobase=0xf4,iosize=1"))
    assert report.modules == ()


def test_hashing_is_fast_enough_for_a_demo(kernel: Path, tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(48 << 20))
    report = boot(kernel, initrd=str(tmp_path / "big"))  # boot() gives it 30 s; the target is a few MB a second
    assert report.modules[0].sha256 == hashlib.sha256(bytes(48 << 20)).hexdigest()


def test_a_missing_compiler_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(probe, "compiler", lambda: str(tmp_path / "gcc"))
    with pytest.raises(SystemFailure, match=r"gcc is not installed.*(apt-get )?install .*gcc"):
        build_probe(tmp_path)


def test_it_needs_no_library(kernel: Path) -> None:
    need_tool("readelf")
    assert b"There is no dynamic section" in run(["readelf", "-d", kernel]).stdout
    assert run(["readelf", "-r", kernel]).stdout.strip() == b"There are no relocations in this file."
