"""What runs in the demo's own network namespace: the server and the machines. Lines on standard output tell of it.

    python -m hobnail.app.demo.inside STORE WORK

Each machine's console is left in WORK (see `console_path`): whoever started us reads there what it was handed.
Exit status 0 when each machine reached the kernel.
"""

import contextlib
import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hobnail.app.demo.lab import HOSTS
from hobnail.app.demo.machines import Booted, Machine, NotBooted, boot
from hobnail.app.demo.network import BRIDGE, FIRST, LAST, add_link_local, set_up
from hobnail.app.demo.router import Router
from hobnail.errors import HobnailError
from hobnail.profile.overlay import NAME
from hobnail.system.processes import Process

START_SECONDS = 20.0
"""How long the server may take until it serves."""
BOOT_SECONDS = 75.0
"""How long a machine may take from power on to its report."""

_TIME_OF_DAY = re.compile(r"^\d\d:\d\d:\d\d ")
_SMALL = re.compile(r" has \S+ \(\d{1,5} bytes")
"""A file of less than 100 kB was handed over: the demo's releases have hundreds of them."""


def console_path(work: Path, machine: Machine) -> Path:
    """Return the file with all lines of a machine's console."""
    return work / f"machine{machine.number}.console"


def hobnail(store: Path, *arguments: str) -> list[str]:
    """Return the command that runs hobnail itself, with the demo's store."""
    return [sys.executable, "-m", "hobnail", "--store", str(store), *arguments]


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(store: Path, work: Path) -> int:
    """Serve what is in the store to the demo's machines and return the exit status."""
    machines = [host.machine for host in HOSTS]
    set_up([machine.tap for machine in machines])
    with contextlib.ExitStack() as stack:
        if not _advertise(stack):
            say("this machine has no IPv6, so the machines' firmware waits for a router: up to 20 s more")
        dhcp = ["--dhcp", "full", "--range", f"{FIRST}-{LAST}"]
        serve = hobnail(store, "serve", "--interface", BRIDGE, *dhcp, "--log-format", "text")
        server = stack.enter_context(Process(serve))
        if not any(line.startswith("serving ") for line in _relayed(server, START_SECONDS)):
            say("the server did not start")
            return 1
        threading.Thread(target=lambda: list(_relayed(server)), daemon=True).start()
        pool = stack.enter_context(ThreadPoolExecutor(len(machines)))
        reached = list(pool.map(lambda machine: _boot(machine, work), machines))
    return 0 if all(reached) else 1


def _advertise(stack: contextlib.ExitStack) -> bool:
    """Keep firmware from waiting for an IPv6 router, for as long as the stack is open; False where that cannot be."""
    if not add_link_local(BRIDGE):
        return False
    try:
        stack.enter_context(Router(BRIDGE))
    except OSError:
        return False
    return True


def _relayed(server: Process, seconds: float | None = None) -> Iterator[str]:
    """Pass on what the server says, but for the time of day: whoever reads us has a clock of their own."""
    for line in server.lines(seconds):
        text = _TIME_OF_DAY.sub("", line)
        if not _SMALL.search(text) or text.rpartition("/")[2].startswith(("boot.cfg", "ks.cfg", NAME)):
            say(f"server: {text}")
        yield text


def _boot(machine: Machine, work: Path) -> bool:
    """Boot a machine and tell how it went; True when it reached the kernel."""
    name = f"machine {machine.number}"
    say(f"{name}: power on ({machine.title}, {machine.mac})")
    with console_path(work, machine).open("w", encoding="utf-8", errors="backslashreplace") as console:
        result = boot(machine.command(), BOOT_SECONDS, lambda line: console.write(f"{line}\n"))
    match result:
        case Booted(report=report, seconds=seconds):
            say(f"{name}: the kernel runs after {seconds:.1f} s, with {len(report.modules)} modules")
            return True
        case NotBooted(reason=reason, console=last, seconds=seconds):
            say(f"{name}: did not boot in {seconds:.1f} s: {reason}. Its console's last lines:")
            for line in last:
                say(f"    {line}")
            return False


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
    except HobnailError as error:
        say(f"error: {error}")
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        sys.exit(130)
