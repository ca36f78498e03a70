"""A boot.cfg as a dry boot needs it: what mboot loads by it, and why mboot would refuse it.

The rules are those of formats/bootcfg.py; `hobnail bootcfg lint` says all that can be said about the file alone.
"""

from dataclasses import dataclass

from hobnail.formats.bootcfg import BootConfigText, BootModule
from hobnail.formats.bootcfg_keys import MBOOT_TABLE, Kind, is_number
from hobnail.formats.bootcfg_paths import resolve

DEFAULT_TIMEOUT = 5
"""Seconds of mboot's countdown when boot.cfg does not say timeout= (facts, section 4.1)."""


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """A file that mboot loads: its name as written, where that leads, and what the kernel is told of it."""

    written: str
    path: str
    options: str


@dataclass(frozen=True, slots=True)
class CheckedConfig:
    """A boot.cfg that was read. `files` is the kernel and the modules, in order; `refused` is "" when it is sound."""

    directory: str
    prefix: str
    crypto: str
    timeout: int  # seconds
    adds_bootif: bool
    files: tuple[LoadedFile, ...]
    refused: str


def check_config(data: bytes, directory: str) -> CheckedConfig:
    """Read a boot.cfg that stands in `directory`. Never raises."""
    text = BootConfigText.parse(data)
    prefix = text.value("prefix")
    items = [BootModule(text.kernel, text.kernel_options)] if text.kernel else []
    return CheckedConfig(
        directory=directory,
        prefix=prefix,
        crypto=text.value("crypto"),
        timeout=_number(text, "timeout", DEFAULT_TIMEOUT),
        adds_bootif=not _number(text, "nobootif", 0),
        files=tuple(
            LoadedFile(one.path, resolve(one.path, prefix, directory), one.options) for one in (*items, *text.modules)
        ),
        refused=_refused(text),
    )


def _refused(text: BootConfigText) -> str:
    """Say why mboot would call it a syntax error, "" when it would not."""
    for key in MBOOT_TABLE:
        for line in text.lines_of(key.name) if key.kind is Kind.NUMBER else ():
            if line.value and not is_number(line.value):
                return f"line {line.number}: {key.name}={line.value} is no number"
    return "" if text.kernel else "it names no kernel: kernel= is missing or empty"


def _number(text: BootConfigText, name: str, default: int) -> int:
    """Return a number's value; a key without a value is 0."""
    lines = text.lines_of(name)
    if not lines:
        return default
    value = lines[-1].value
    return int(value) if value.removeprefix("-").isdecimal() and len(value) < 10 else 0
