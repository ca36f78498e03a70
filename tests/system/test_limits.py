"""Limits are raised as far as is wanted and allowed, never lowered."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from hobnail.system.limits import raise_open_files
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, 500))
print(raise_open_files({wanted}), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(
    ("soft", "wanted", "result"),
    [(100, 300, "300 300 500"), (100, 900, "500 500 500"), (400, 300, "300 400 500")],
)
def test_open_files(soft: int, wanted: int, result: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(soft=soft, wanted=wanted)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == result
