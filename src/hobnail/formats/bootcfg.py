"""boot.cfg, the list of what VMware's boot loader loads, read as mboot reads it.

Source: vmware/esx-boot, config.c and config_file.c (lines, keys by prefix), safeboot (build, updated, bootstate).
Reading never fails: what mboot would call a syntax error is left to whoever needs the value.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MBOOT_KEYS = (
    "kernel",
    "kernelopt",
    "modules",
    "title",
    "prefix",
    "nobootif",
    "timeout",
    "noquirks",
    "norts",
    "nativehttp",
    "crypto",
    "runtimewd",
    "runtimewdtimeout",
    "tftpblksize",
    "acpitables",
    "skip",
    "errtimeout",
)
"""In the order of mboot's table: what stands before `=` matches the first key that it begins."""
SAFEBOOT_KEYS = ("build", "updated", "bootstate")
SEPARATOR = "---"

_BLANKS = re.compile(r"[ \t\v\f\r]+")


@dataclass(frozen=True, slots=True)
class BootModule:
    """One item of `modules=`: a path as it is written, and the options after it."""

    path: str
    options: str


@dataclass(frozen=True, slots=True)
class BootConfig:
    """What a boot.cfg says; a key that is missing or empty is an empty value."""

    title: str
    kernel: str
    kernel_options: str
    modules: tuple[BootModule, ...]
    build: str


def parse_boot_config(data: bytes) -> BootConfig:
    """Read a boot.cfg: CRLF or LF, `#` comments, runs of blanks merged, the last of equal keys wins."""
    lines = [_BLANKS.sub(" ", line).strip(" ") for line in data.decode("latin-1").split("\n")]
    pairs = [line.partition("=")[::2] for line in lines if "=" in line and not line.startswith("#")]
    mboot, safeboot = _values(pairs, MBOOT_KEYS), _values(pairs, SAFEBOOT_KEYS)
    return BootConfig(
        title=mboot.get("title", ""),
        kernel=mboot.get("kernel", ""),
        kernel_options=mboot.get("kernelopt", ""),
        modules=tuple(_modules(mboot.get("modules", ""))),
        build=safeboot.get("build", ""),
    )


def _values(pairs: Sequence[tuple[str, ...]], keys: Sequence[str]) -> dict[str, str]:
    """Return the values by their full key; `ker=x` and even `=x` are the kernel, `kernel =x` is nothing."""
    found = {}
    for written, value in pairs:
        key = next((key for key in keys if key.startswith(written.lower())), None)
        if key is not None:
            found[key] = value.strip(" ")
    return found


def _modules(text: str) -> list[BootModule]:
    """Split at each `---`, with or without blanks around it; empty items are dropped."""
    items = (item.strip(" ").partition(" ") for item in text.split(SEPARATOR))
    return [BootModule(path, options.strip(" ")) for path, _, options in items if path]
