"""What each machine was handed, against what was imported: the demo's last word."""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.demo.report import ProbeReport, ReportedModule
from hobnail.boot.plan import bootif
from hobnail.image.model import Image

DIGITS = 16
"""How many of a digest's 64 digits the table shows; all are compared."""


@dataclass(frozen=True, slots=True)
class Imported:
    """An image as a machine must find it in memory: mboot.c32 unpacks gzip."""

    kernel_name: str
    kernel_options: str
    modules: tuple[ReportedModule, ...]


def imported(image: Image, blob_path: Callable[[str], Path]) -> Imported:
    """Read what the store holds of an image, unpacked. `blob_path` finds the file of a SHA-256."""
    return Imported(
        image.kernel.name,
        image.kernel_options,
        tuple(_unpacked(module.name, blob_path(module.sha256)) for module in image.modules),
    )


def _unpacked(name: str, path: Path) -> ReportedModule:
    data = gzip.decompress(path.read_bytes())
    return ReportedModule(name, len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    what: str
    handed: str
    right: bool


def compare(expected: Imported, mac: str, report: ProbeReport) -> list[Line]:
    """Compare command line and modules; every row that is not `right` is a fault."""
    rows = [Line("kernel", report.command_line, _is_command_line(expected, mac, report.command_line))]
    for number in range(max(len(expected.modules), len(report.modules))):
        want = expected.modules[number] if number < len(expected.modules) else None
        got = report.modules[number] if number < len(report.modules) else None
        rows.append(_row(want, got))
    return rows


def _is_command_line(expected: Imported, mac: str, line: str) -> bool:
    name, *options = line.split(" ")
    wanted = [*expected.kernel_options.split(), f"BOOTIF={bootif(mac)}"]
    return name.rpartition("/")[2] == expected.kernel_name and options == wanted


def _row(want: ReportedModule | None, got: ReportedModule | None) -> Line:
    if got is None:
        assert want is not None, "one of them is there"
        return Line(want.text, f"{_facts(want)} was not handed over", False)
    name = got.text.rpartition("/")[2]
    if want is None:
        return Line(name, f"{_facts(got)}, which was not imported", False)
    if (name, got.size, got.sha256) == (want.text, want.size, want.sha256):
        return Line(name, _facts(got), True)
    return Line(name, f"{_facts(got)}, imported was {want.text}: {_facts(want)}", False)


def _facts(module: ReportedModule) -> str:
    return f"{module.size:>10,} bytes  SHA-256 {module.sha256[:DIGITS]}…"


def table(rows: list[Line]) -> Iterator[str]:
    """Yield the rows as text."""
    width = max(len(row.what) for row in rows)
    for row in rows:
        yield f"  {'equal ' if row.right else 'WRONG '} {row.what:<{width}}  {row.handed}"
