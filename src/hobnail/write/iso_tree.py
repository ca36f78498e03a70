"""The front of an ISO 9660 image, by pycdlib: descriptors, folders, small files, and the BIOS boot entry.

Names come three times: plain (upper case), Rock Ridge and Joliet. Large files are entered as empty ones; where they
lie is put into their records afterwards (iso_records). Sources: ECMA-119; El Torito 1.0; syslinux utils/isohybrid.c,
whose boot code pycdlib has.
"""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pycdlib

from hobnail.write.iso_names import PlainName, folder_name

ISOLINUX = "isolinux.bin"
CATALOGUE = "boot.cat"
HYBRID_MAGIC = bytes.fromhex("fbc07870")
"""At offset 64 of an isolinux.bin that can be started from a disk (syslinux core/isolinux.asm, 3.72 and later)."""
FILE_MODE, FOLDER_MODE = 0o100444, 0o040555
LOAD_SECTORS = 4


@dataclass(frozen=True, slots=True)
class TreeSpec:
    """What the front is to hold."""

    small: Mapping[str, bytes]  # by path; with isolinux.bin there is a BIOS entry
    placed: Iterable[str]  # paths of the files that lie behind the front
    names: Mapping[str, PlainName]  # of all of them, and of the catalogue
    volume_id: str
    disk_id: int  # of the MBR


def can_be_hybrid(isolinux: bytes) -> bool:
    """Whether an isolinux.bin can also be started from a disk."""
    return isolinux[64:68] == HYBRID_MAGIC


def build_tree(spec: TreeSpec) -> bytes:
    """Return the front: whole sectors, with today's dates and empty records for what is placed elsewhere."""
    paths = [*spec.small, *spec.placed]
    names = spec.names
    iso: Any = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=spec.volume_id, sys_ident="")
    for folder in _folders(paths):
        plain = "".join(f"/{folder_name(part)}" for part in folder.split("/"))
        name = PurePosixPath(folder).name
        iso.add_directory(plain, rr_name=name, joliet_path=f"/{folder}", file_mode=FOLDER_MODE)
    for path in paths:
        data = spec.small.get(path, b"")
        name = PurePosixPath(path).name
        own = {"rr_name": name, "joliet_path": f"/{path}", "file_mode": FILE_MODE}
        iso.add_fp(io.BytesIO(data), len(data), names[path].stand_in, **own)
    bios = ISOLINUX in spec.small
    boot_file = names[ISOLINUX if bios else next(iter(spec.small))].stand_in
    catalogue = {"rr_bootcatname": CATALOGUE, "joliet_bootcatfile": f"/{CATALOGUE}"}
    platform = {"platform_id": 0, "boot_info_table": True} if bios else {"platform_id": 0xEF}
    iso.add_eltorito(boot_file, names[CATALOGUE].stand_in, boot_load_size=LOAD_SECTORS, **catalogue, **platform)
    if bios and can_be_hybrid(spec.small[ISOLINUX]):
        iso.add_isohybrid(mbr_id=spec.disk_id)
    front = io.BytesIO()
    iso.write_fp(front)
    iso.close()
    return front.getvalue()


def _folders(paths: Iterable[str]) -> list[str]:
    """Return all folders, parents first."""
    parents = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."}
    return sorted(parents, key=lambda folder: (folder.count("/"), folder))
