"""CPU time of a server with all its threads and children, those that have ended included."""

import contextlib
import itertools
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

_ACCOUNTING = Path("/sys/fs/cgroup/cpuacct")
_UNIFIED = (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified"))
_numbers = itertools.count()


class CpuMeter:
    """A control group that a server is started in; either version of the kernel's interface will do."""

    def __enter__(self) -> Self:
        parent = _ACCOUNTING if _ACCOUNTING.exists() else next(p for p in _UNIFIED if (p / "cgroup.procs").exists())
        self._group = parent / f"hobnail-bench-{os.getpid()}-{next(_numbers)}"
        self._group.mkdir()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # a process that is still on its way out; the group is empty soon
            self._group.rmdir()

    @contextlib.contextmanager
    def running(self, command: Sequence[str]) -> Iterator[None]:
        """Run a program, and all that it starts, inside the group; stop them on leaving."""
        members = self._group / "cgroup.procs"
        process = subprocess.Popen(
            ["sh", "-c", 'echo $$ >"$0" && exec "$@"', str(members), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.terminate()
            for pid in members.read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            process.wait()

    def seconds(self) -> float:
        """Return the CPU seconds used so far, user and system."""
        usage = self._group / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        fields = dict(line.split() for line in (self._group / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) / 1e6
