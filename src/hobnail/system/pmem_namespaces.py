"""Namespaces of persistent memory: what ndctl says, and the kernel's own files where there is no ndctl.

Sources: ndctl-list(1) and its JSON (ndctl/util/json.c); linux drivers/nvdimm/namespace_devs.c (mode, holder),
btt_devs.c. The kernel's words for modes are not ndctl's: "memory" is fsdax, "dax" devdax, "safe" sector.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hobnail.errors import SystemFailure
from hobnail.system.commands import run
from hobnail.system.sysfs import names_in, number, text

SECTOR_MODE = "sector"
_MODES = {"memory": "fsdax", "dax": "devdax", "safe": SECTOR_MODE, "raw": "raw"}


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace. `node` is its device in /dev (pmem0s, dax0.0), "" when it is not enabled."""

    name: str  # namespace0.0
    mode: str  # fsdax, devdax, raw, sector
    size: int  # bytes
    sector_size: int  # bytes; 0 when not known
    node: str
    uuid: str = ""
    region: str = ""
    persistence: str = ""  # of its region: cpu_cache, memory_controller …

    @property
    def is_sector(self) -> bool:
        """Whether writes are whole or not at all (BTT), as a disk's are."""
        return self.mode == SECTOR_MODE


def read_namespaces(root: Path = Path("/"), ndctl: Callable[[], bytes] | None = None) -> tuple[Namespace, ...]:
    """Return the namespaces by name. `ndctl` returns its JSON; default: ask it where root is this machine."""
    if not names_in(root / "sys/bus/nd/devices") and ndctl is None:
        return ()
    try:
        said = ndctl() if ndctl else _ask_ndctl() if root == Path("/") else b""
        found = list(_from_json(json.loads(said), {})) if said else []
    except (SystemFailure, ValueError):  # not installed, or not its JSON: the kernel knows nearly as much
        found = []
    return tuple(sorted(found or _from_sysfs(root), key=lambda one: one.name))


def _ask_ndctl() -> bytes:
    """Sizes in bytes (no -u, which writes them for people); -i: those that are not enabled too."""
    return run(["ndctl", "list", "-N", "-D", "-R", "-i"]).stdout


def _from_json(piece: Any, region: dict[str, Any]) -> Iterator[Namespace]:
    """Walk the JSON: an object or a list, namespaces alone or below their region, whatever was asked for."""
    if isinstance(piece, list):
        for one in piece:
            yield from _from_json(one, region)
    elif isinstance(piece, dict):
        name = str(piece.get("dev", ""))
        if name.startswith("namespace"):
            yield _namespace(name, piece, region)
        elif name.startswith("region"):
            region = piece
        for value in piece.values():
            if isinstance(value, (list, dict)):
                yield from _from_json(value, region)


def _namespace(name: str, facts: dict[str, Any], region: dict[str, Any]) -> Namespace:
    node = facts.get("blockdev") or facts.get("chardev") or ""
    if facts.get("state") == "disabled":
        node = ""
    return Namespace(
        name,
        str(facts.get("mode", "")),
        _whole(facts.get("size")),
        _whole(facts.get("sector_size")),
        str(node),
        str(facts.get("uuid", "")),
        str(region.get("dev", "")),
        str(region.get("persistence_domain", "")),
    )


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _from_sysfs(root: Path) -> Iterator[Namespace]:
    devices = root / "sys/bus/nd/devices"
    for name in names_in(devices):
        size = number(devices / name / "size")
        if not name.startswith("namespace") or not size:  # each region has an empty one, the seed of the next
            continue
        mode = text(devices / name / "mode")
        holder = text(devices / name / "holder")  # btt0.0, pfn0.0, dax0.0: what gives it its mode
        place = devices / (holder or name)
        block, dax = names_in(place / "block"), names_in(place / "dax")
        region = (devices / name).resolve().parent
        yield Namespace(
            name,
            _MODES.get(mode, mode),
            number(place / "size") or size,
            number(place / "sector_size") if holder else number(devices / name / "sector_size"),
            (block or dax or ("",))[0],
            text(place / "uuid"),
            region.name if region.name.startswith("region") else "",
            text(region / "persistence_domain"),
        )
