"""The hobnail command as a person runs it: a process of its own."""

import os
import subprocess
import sys
from pathlib import Path


def hobnail(*arguments: str | Path, store: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command on a store; the exit status must be `status`, and nothing may end in a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "hobnail", "--store", store, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == status, f"exit status {done.returncode}, not {status}:\n{done.stdout}{done.stderr}"
    return done
