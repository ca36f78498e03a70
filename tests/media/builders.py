"""Small media made by foreign programs (xorriso, tar), for the tests of the readers."""

import subprocess
from pathlib import Path

from tests.tools import need_tool

FILES = {
    "image.tgz": b"\x1f\x8b\x08 not really gzip" * 500,
    "README.txt": b"Release notes for VMware ESXi version 4.0\n",
    "isolinux.cfg": b"default menu.c32\n",
    "vmware-esx-base-osl.txt": b"a long name\n",
    "docs/notes/deep.txt": b"three levels\n" * 300,
    "empty.bin": b"",
}
"""Content of the test media: path -> bytes."""

NAMINGS = {
    "plain": ("--norock", "-iso-level", "1"),
    "plain-level-3": ("--norock", "-iso-level", "3"),
    "joliet": ("--norock", "-J"),
    "rock-ridge": ("-R",),
    "both": ("-R", "-J"),
}
"""Options of mkisofs for each kind of names."""


def unpack_to(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files under a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def make_iso(target: Path, source: Path, *options: str) -> Path:
    """Make an ISO 9660 image of a folder."""
    need_tool("xorriso")
    subprocess.run(
        ["xorriso", "-as", "mkisofs", "-quiet", *options, "-o", str(target), str(source)],
        check=True,
        capture_output=True,
    )
    return target


def make_tar(target: Path, source: Path, *options: str) -> Path:
    """Make a tar archive of a folder's files."""
    need_tool("tar")
    names = sorted(path.name for path in source.iterdir())
    subprocess.run(["tar", "-C", str(source), *options, "-cf", str(target), *names], check=True, capture_output=True)
    return target
