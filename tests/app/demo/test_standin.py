"""The stand-in for mboot.efi without a virtual machine: its build, and its reading of boot.cfg, in this process."""

import ctypes
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hobnail.app.demo import standin
from hobnail.app.demo.report import ReportedModule
from hobnail.app.demo.standin import build_standin, parse_loaded
from hobnail.errors import SystemFailure
from hobnail.system.commands import run
from tests.tools import need_file, need_tool

ROOM = 64


class Config(ctypes.Structure):
    """struct boot_config of config.h."""

    _fields_ = [(name, ctypes.c_char_p) for name in ("kernel", "options", "modules", "prefix", "no_bootif")]


@dataclass(frozen=True, slots=True)
class Read:
    """What the stand-in made of a boot.cfg; names are those that it would ask for."""

    kernel: str
    options: str
    modules: list[tuple[str, str]]
    no_bootif: str


Reader = Callable[..., Read]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    need_tool("gcc")
    library = tmp_path_factory.mktemp("config") / "config.so"
    run(["gcc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", library, standin.SOURCES / "config.c"])
    code = ctypes.CDLL(str(library))
    code.next_module.restype = code.resolve.restype = ctypes.c_bool

    def name(config: Config, folder: str, file: bytes | None) -> str:
        out = ctypes.create_string_buffer(ROOM)
        fits = code.resolve(ctypes.byref(config), folder.encode(), file, out, ctypes.c_size_t(ROOM))
        return out.value.decode() if fits else "too long"

    def read_config(text: bytes, folder: str = "e") -> Read:
        buffer = ctypes.create_string_buffer(text, len(text) + 1)
        config = Config()
        code.read_config(buffer, ctypes.c_size_t(len(text)), ctypes.byref(config))
        rest = ctypes.c_void_p.from_buffer(config, Config.modules.offset)
        modules, file, options = [], ctypes.c_char_p(), ctypes.c_char_p()
        while code.next_module(ctypes.byref(rest), ctypes.byref(file), ctypes.byref(options)):
            modules.append((name(config, folder, file.value), (options.value or b"").decode()))
        kernel = name(config, folder, config.kernel) if config.kernel else ""
        return Read(kernel, config.options.decode(), modules, config.no_bootif.decode())

    return read_config


@pytest.mark.parametrize(
    ("text", "kernel", "options"),
    [
        ("kernel=k\nkernelopt=a b\n", "e/k", "a b"),
        ("kernel=k\r\nkernelopt=a\r\n", "e/k", "a"),
        ("  kernel= k  \n\tkernelopt=\ta   b\t c ", "e/k", "a b c"),
        ("# kernel=x\n\n#\nkernel=k", "e/k", ""),
        ("KERNEL=k\nKernelOpt=A", "e/k", "A"),
        ("ker=k\nkernelo=a", "e/k", "a"),
        ("=k", "e/k", ""),
        ("kernel=x\nkernel=k", "e/k", ""),
        ("kernel=x\nkernel=", "", ""),
        ("kernel =k", "", ""),
        ("kernels=k\nunknown=x\nkernel", "", ""),
        ("kernelopt=a=b c==d", "", "a=b c==d"),
        ("", "", ""),
    ],
)
def test_lines_and_keys(text: str, kernel: str, options: str, read: Reader) -> None:
    found = read(text.encode())
    assert (found.kernel, found.options) == (kernel, options)


@pytest.mark.parametrize(
    ("value", "modules"),
    [
        ("a", [("e/a", "")]),
        ("a --- b --- c", [("e/a", ""), ("e/b", ""), ("e/c", "")]),
        ("a---b", [("e/a", ""), ("e/b", "")]),
        ("a x  y=z ---  b", [("e/a", "x y=z"), ("e/b", "")]),
        (" --- --- a --- ", [("e/a", "")]),
        ("a ----b", [("e/a", ""), ("e/-b", "")]),
        ("", []),
    ],
)
def test_modules_are_parted(value: str, modules: list[tuple[str, str]], read: Reader) -> None:
    assert read(f"modules={value}\n".encode()).modules == modules


@pytest.mark.parametrize(
    ("file", "prefix", "folder", "asked"),
    [
        ("k", "", "e", "e/k"),
        ("k", "", "", "k"),
        ("k", "", "http://h/e", "http://h/e/k"),
        ("k", "http://h/x/", "e", "http://h/x/k"),
        ("/k", "p", "e", "/k"),
        ("//k", "p", "e", "/k"),
        ("a//b", "/p/", "e", "/p/a/b"),
        ("a\\b", "../p", "e", "../p/a/b"),
        ("http://h//k", "p", "e", "http://h/k"),
        ("k" * 80, "", "e", "too long"),
    ],
)
def test_names(file: str, prefix: str, folder: str, asked: str, read: Reader) -> None:
    assert read(f"prefix={prefix}\nkernel={file}\nnobootif=1\n".encode(), folder).kernel == asked


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    need_tool("gcc", "objcopy")
    need_file("/usr/lib/crt0-efi-x86_64.o", "gnu-efi")
    return build_standin(tmp_path_factory.mktemp("standin")).read_bytes()


def test_it_is_a_uefi_application(program: bytes) -> None:
    at = struct.unpack_from("<I", program, 0x3C)[0]
    assert (program[:2], program[at : at + 4]) == (b"MZ", b"PE\0\0")
    machine, optional, subsystem = (struct.unpack_from("<H", program, at + n)[0] for n in (4, 24, 24 + 68))
    assert (machine, optional, subsystem) == (0x8664, 0x20B, 10)


def test_the_same_bytes_each_time(program: bytes, tmp_path: Path) -> None:
    assert build_standin(tmp_path).read_bytes() == program
    assert [path.name for path in tmp_path.iterdir()] == ["standin.efi"]


def test_a_missing_kit_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(standin, "FOLDERS", (tmp_path,))
    with pytest.raises(SystemFailure, match=r"gnu-efi is not installed.*apt-get install .*gnu-efi"):
        build_standin(tmp_path)


def test_files_that_are_no_modules() -> None:
    digest = "0" * 64
    lines = ["firmware", f"LOADED 5 {digest} e/boot.cfg", f"MODULE 0 5 {digest} e/m", "LOADED 5 e/k"]
    assert parse_loaded(lines) == (ReportedModule("e/boot.cfg", 5, digest),)
