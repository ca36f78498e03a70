"""The comparison: every difference between what was imported and what a machine has is a row that is not right."""

import gzip
import hashlib
from dataclasses import replace

import pytest

from hobnail.app.demo.comparison import Imported, Line, compare, expected_of, table
from hobnail.app.demo.report import ProbeReport, ReportedModule
from hobnail.boot.plan import plan_for
from hobnail.image.model import Module
from tests.images import image_40

MAC = "52:54:00:4C:00:01"
ONE = ReportedModule("vmk.gz", 3, "1" * 64)
TWO = ReportedModule("sys.vgz", 5, "2" * 64)
EXPECTED = Imported("vmkboot.gz", "quiet", (ONE, TWO))
LINE = "be62/vmkboot.gz quiet BOOTIF=01-52-54-00-4c-00-01"


def handed(line: str, *modules: ReportedModule) -> ProbeReport:
    return ProbeReport("PXELINUX", (1, 1), line, tuple(replace(m, text=f"be62/{m.text}") for m in modules))


def wrong(report: ProbeReport) -> list[str]:
    return [row.what for row in compare(EXPECTED, MAC, report) if not row.right]


def test_the_same_is_right() -> None:
    assert wrong(handed(LINE, ONE, TWO)) == []


@pytest.mark.parametrize(
    "line",
    [
        "be62/vmkboot.gz quiet",
        "be62/vmkboot.gz BOOTIF=01-52-54-00-4c-00-01",
        "be62/vmkboot.gz quiet BOOTIF=01-52-54-00-4c-00-02",
        "be62/vmk.gz quiet BOOTIF=01-52-54-00-4c-00-01",
        f"{LINE} more",
        "",
    ],
)
def test_another_command_line(line: str) -> None:
    assert wrong(handed(line, ONE, TWO)) == ["kernel"]


@pytest.mark.parametrize(
    ("modules", "names"),
    [
        ((TWO, ONE), ["sys.vgz", "vmk.gz"]),
        ((ONE,), ["sys.vgz"]),
        ((), ["vmk.gz", "sys.vgz"]),
        ((ONE, TWO, ONE), ["vmk.gz"]),
        ((replace(ONE, size=4), TWO), ["vmk.gz"]),
        ((ONE, replace(TWO, sha256="2" * 63 + "3")), ["sys.vgz"]),
        ((replace(ONE, text="vmk.gz2"), TWO), ["vmk.gz2"]),
    ],
)
def test_other_modules(modules: tuple[ReportedModule, ...], names: list[str]) -> None:
    report = handed(LINE, *modules)
    assert wrong(report) == names
    assert sum(line.startswith("  WRONG ") for line in table(compare(EXPECTED, MAC, report))) == len(names)


def test_what_is_expected_is_the_plan_unpacked_or_as_it_is_served() -> None:
    image = image_40()

    def read(module: Module) -> bytes:
        return gzip.compress(module.name.encode(), mtime=0)

    for unpacked in (True, False):
        expected = expected_of(plan_for(image, MAC), read, unpacked=unpacked)
        assert (expected.kernel_name, expected.kernel_options) == ("vmkboot.gz", image.kernel_options)
        name = image.modules[0].name
        data = name.encode() if unpacked else read(image.modules[0])
        assert expected.modules[0] == ReportedModule(name, len(data), hashlib.sha256(data).hexdigest())
        assert len(expected.modules) == len(image.modules)


def test_a_long_table_shows_its_ends_and_whatever_is_wrong() -> None:
    rows = [Line(f"m{number}", "x", number != 20) for number in range(40)]
    shown = list(table(rows))
    assert [line.split()[1] for line in shown] == ["m0", "m1", "m2", "…", "m20", "…", "m37", "m38", "m39"]
    assert [line for line in shown if "WRONG" in line] == ["  WRONG  m20  x"]
    assert sum(int(line.split()[3]) for line in shown if "…" in line) + 7 == len(rows)
