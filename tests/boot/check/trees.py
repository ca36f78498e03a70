"""Served trees as dicts, made of small files, and a dry boot over such a dict."""

import gzip
import struct
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from hobnail.boot.check.body import body_of
from hobnail.boot.check.clients import Client
from hobnail.boot.check.firmware import Start, run_client
from hobnail.boot.check.journal import Answer, Failed, Fetch, Fetched, Journal, Trouble

MAC = "52:54:00:4c:00:01"
SERVER = "10.77.0.1"
EMPTY_MODULE = gzip.compress(b"", mtime=0)


def kernel(magic: int = 0x1BADB002, flags: int = 3, bits: int = 32) -> bytes:
    """Return a gzip'd ELF executable for x86 with one segment and a Multiboot or ESXBootInfo header in it."""
    if bits == 32:
        head = (
            b"\x7fELF\x01\x01\x01"
            + bytes(9)
            + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0, 52, 0, 0, 52, 32, 1, 0, 0, 0)
        )
        head += struct.pack("<IIIIIIII", 1, 0, 1 << 20, 1 << 20, 512, 512, 5, 4096)
    else:
        head = b"\x7fELF\x02\x01\x01" + bytes(9)
        head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0)
        head += struct.pack("<IIQQQQQQ", 1, 5, 0, 1 << 20, 1 << 20, 512, 512, 4096)
    body = head.ljust(128, b"\0") + struct.pack("<III", magic, flags, -(magic + flags) & 0xFFFFFFFF)
    return gzip.compress(body.ljust(4096, b"\0"), mtime=0)


def module(name: str, size: int = 3000) -> bytes:
    """Return a gzip'd module."""
    return gzip.compress((name * size).encode()[:size], mtime=0)


def efi(machine: int = 0x8664, text: bytes = b"") -> bytes:
    """Return the first bytes of a UEFI program."""
    return (b"MZ".ljust(60, b"\0") + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine)).ljust(
        2000, b"\0"
    ) + text


def pxelinux(release: str) -> bytes:
    """Return something that says which PXELINUX it is."""
    return b"\xfa\xfc" + bytes(100) + f"PXELINUX {release} PXE 2020".encode() + bytes(3000)


COM32R = bytes.fromhex("b8fe4ccd21") + bytes(3000)
VMWARE_MBOOT = COM32R + b"boot.cfg\0"
ELF_C32 = b"\x7fELF" + bytes(3000)
NAMES = ("vmkboot.gz", "vmk.gz", "sys.vgz", "cim.vgz", "oem.tgz", "license.tgz", "mod.tgz")
APPEND = " --- ".join(["esxi4/vmkboot.gz", *(f"esxi4/{name}" for name in NAMES[1:])])


def configuration(append: str = APPEND, kernel_name: str = "mboot.c32") -> bytes:
    return f"DEFAULT esxi\nLABEL esxi\n  KERNEL {kernel_name}\n  APPEND {append}\n".encode()


def bios_tree() -> dict[str, bytes]:
    """Return what PXELINUX 6.04 and ESXi 4.0 need."""
    return {
        "pxelinux.0": pxelinux("6.04"),
        "ldlinux.c32": ELF_C32,
        "libcom32.c32": ELF_C32,
        "mboot.c32": ELF_C32,
        "pxelinux.cfg/default": configuration(),
        "esxi4/vmkboot.gz": kernel(),
        **{f"esxi4/{name}": module(name) for name in NAMES[1:]},
    }


def vmware_tree() -> dict[str, bytes]:
    """Return what PXELINUX 3.86 and ESXi 7 need."""
    return {
        "pxelinux.0": pxelinux("3.86"),
        "mboot.c32": VMWARE_MBOOT,
        "pxelinux.cfg/default": configuration("-c boot.cfg ks=http://x/ks"),
        **uefi_files(""),
    }


BOOT_CFG = b"""bootstate=0
title=Loading ESXi installer
timeout=5
prefix=
kernel=b.b00
kernelopt=runweasel
modules=jumpstrt.gz --- useropts.gz --- k.b00 --- s.v00
build=7.0.3-0.5.18825058
updated=0
"""


def uefi_files(folder: str, config: bytes = BOOT_CFG) -> dict[str, bytes]:
    return {
        f"{folder}boot.cfg": config,
        f"{folder}b.b00": kernel(0x1BADB005, 4, bits=64),
        f"{folder}jumpstrt.gz": EMPTY_MODULE,
        f"{folder}useropts.gz": EMPTY_MODULE,
        f"{folder}k.b00": module("k.b00"),
        f"{folder}s.v00": module("s.v00", 70_000),
    }


def uefi_tree(folder: str = "esxi7/", config: bytes = BOOT_CFG) -> dict[str, bytes]:
    """Return what a UEFI client needs of ESXi 7."""
    return {f"{folder}mboot.efi": efi(), f"{folder}crypto64.efi": efi(), **uefi_files(folder, config)}


def write_tree(folder: Path, tree: Mapping[str, bytes]) -> Path:
    """Write a tree into a folder; return the folder."""
    for name, data in tree.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


class Played:
    """A dry boot that was played over a dict: what was asked, and what was found."""

    def __init__(self, journal: Journal, asked: list[Fetch]) -> None:
        self.journal = journal
        self.asked = asked

    @property
    def names(self) -> list[str]:
        return [fetch.name for fetch in self.asked if not fetch.extra]

    @property
    def requests(self) -> list[tuple[str, bool]]:
        return [(fetch.name, fetch.size_only) for fetch in self.asked if not fetch.extra]

    @property
    def failures(self) -> list[str]:
        return [f"{one.where}: {one.cause}" for one in self.journal.findings if one.severity == "fails"]

    @property
    def first(self) -> tuple[str, str, str, str]:
        """Where, cause, screen and fix of the first failure."""
        one = self.journal.first_failure
        assert one is not None, "nothing fails"
        return one.where, one.cause, one.screen.text, one.fix


def play(
    tree: Mapping[str, bytes],
    client: Client = Client.BIOS,
    file: str | None = None,
    *,
    prefix: str = "",
    config: str = "",
    answers: Mapping[str, Answer] | None = None,
) -> Played:
    """Play a client over a tree. Names lose `http://10.77.0.1/`, `tftp://10.77.0.1/` and leading slashes."""
    journal, asked = Journal(), list[Fetch]()
    first = file or {Client.BIOS: "pxelinux.0"}.get(client, "esxi7/mboot.efi")
    ladder = run_client(journal, Start(client, MAC, "10.77.0.108", SERVER, first, prefix, config))
    with suppress(StopIteration):
        fetch = next(ladder)
        while True:
            asked.append(fetch)
            fetch = ladder.send((answers or {}).get(fetch.name) or look_up(tree, fetch))
    return Played(journal, asked)


def look_up(tree: Mapping[str, bytes], fetch: Fetch) -> Answer:
    name = fetch.name
    for start in (f"http://{SERVER}/", f"tftp://{SERVER}/"):
        name = name.removeprefix(start)
    data = tree.get(name.lstrip("/"))
    if data is None:
        return Failed(Trouble.NOT_FOUND, "is not there", 0.001)
    return Fetched(len(data), 0.001, None if fetch.size_only else body_of(data))
