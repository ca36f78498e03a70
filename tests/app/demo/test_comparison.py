"""The comparison: every difference between what was imported and what a machine has is a row that is not right."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.comparison import Imported, compare, imported, table
from hobnail.app.demo.report import ProbeReport, ReportedModule
from hobnail.image.model import Generation, Image, Module, Role

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


def test_what_is_imported_is_read_unpacked(tmp_path: Path) -> None:
    body = b"module" * 1000
    (tmp_path / "blob").write_bytes(gzip.compress(body))
    module = Module("vmk.gz", Role.VMKERNEL, 1, "ab" * 32, "x")
    image = Image(
        *("VMware ESXi", "4.0.0", "1", Generation.ESXI40, "x86_64"),
        kernel=replace(module, name="vmkboot.gz"),
        kernel_options="quiet",
        modules=(module,),
        left_out=(),
    )
    assert imported(image, lambda sha256: tmp_path / {"ab" * 32: "blob"}[sha256]) == Imported(
        "vmkboot.gz", "quiet", (ReportedModule("vmk.gz", len(body), hashlib.sha256(body).hexdigest()),)
    )
