"""What each machine was handed, against what was imported: the demo's last word."""

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hobnail.app.demo.report import ProbeReport, ReportedModule
from hobnail.boot.plan import BootPlan, bootif
from hobnail.image.model import Module

DIGITS = 16
"""How many of a digest's 64 digits the table shows; all are compared."""

SHOWN, FIRST, LAST = 12, 3, 3
"""Rows of a table that are shown whole; of a longer one, how many at its beginning and end."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What is served to a machine, as it must find it in memory: mboot.c32 unpacks gzip."""

    kernel_name: str
    kernel_options: str
    modules: tuple[ReportedModule, ...]


def expected_of(plan: BootPlan, read: Callable[[Module], bytes], *, unpacked: bool) -> Imported:
    """Return what a machine must find in its memory by its plan. `read` gives a module's bytes as they are served."""
    modules = []
    for module in plan.modules:
        data = read(module)
        data = gzip.decompress(data) if unpacked else data
        name = module.name.rpartition("/")[2]
        modules.append(ReportedModule(name, len(data), hashlib.sha256(data).hexdigest()))
    return Imported(plan.image.kernel.name, plan.kernel_options, tuple(modules))


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
    """Yield the rows as text; of many that are right, the first and the last, and how many stand between them."""
    width = max(len(row.what) for row in rows)
    skipped = 0
    for number, row in enumerate(rows):
        if row.right and FIRST <= number < len(rows) - LAST and len(rows) > SHOWN:
            skipped += 1
            continue
        if skipped:
            yield f"  equal  … and {skipped} more"
            skipped = 0
        yield f"  {'equal ' if row.right else 'WRONG '} {row.what:<{width}}  {row.handed}"
