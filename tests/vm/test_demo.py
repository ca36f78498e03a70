"""The demo as a person runs it: one command, in a network of its own."""

import sys
import time
from pathlib import Path

import pytest

from hobnail.system.commands import run
from hobnail.system.processes import Process

pytestmark = pytest.mark.vm

BUDGET = 150
"""Seconds, on two cores without KVM."""


def test_the_demo_ends_well_and_leaves_nothing(tmp_path: Path) -> None:
    before = run(["ip", "-o", "link"]).stdout
    began = time.monotonic()
    with Process([sys.executable, "-m", "hobnail", "demo", "--keep", str(tmp_path / "kept")]) as program:
        lines = list(program.lines(BUDGET))
        status = program.wait(5)
    assert status == 0, "\n".join(lines)
    assert time.monotonic() - began < BUDGET
    assert sum(line.startswith("  equal  hobnail.tgz ") for line in lines) == 3, "three hosts, an overlay each"
    state = "SSH on, the key in place, the password set, the datastore isos mounted"
    assert sum(state in line for line in lines) == 3
    assert not [line for line in lines if "WRONG" in line or "NOT" in line]
    for number in (1, 2, 3):
        assert any("equal  kernel" in line and f"BOOTIF=01-52-54-00-4c-00-0{number}" in line for line in lines)
    assert {"hobnail.toml", "store", "machine1.console", "machine3.console", "host-new"} <= {
        entry.name for entry in (tmp_path / "kept").iterdir()
    }
    assert run(["ip", "-o", "link"]).stdout == before, "no interface of this machine was touched"
