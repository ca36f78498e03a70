"""`hobnail demo`: from installer media to running kernels, on this machine alone and in about a minute.

Makes media in the shapes of ESXi 4.0, 6.7 and 8.0 around stand-ins of our own, imports them, applies settings, serves
all in a network of its own, boots virtual machines from it, and compares what each was handed with what was imported
and made for it. Then each host's overlay is run on a stand-in of that host.
"""

import contextlib
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hobnail.app.configuration import load_configuration
from hobnail.app.demo import prerequisites
from hobnail.app.demo.comparison import Imported, compare, expected_of, table
from hobnail.app.demo.inside import console_path, hobnail
from hobnail.app.demo.lab import HOSTS, KEY, LabHost, Say, make_media, settings
from hobnail.app.demo.network import in_namespace
from hobnail.app.demo.overlay_run import run_overlay
from hobnail.app.demo.report import parse_report
from hobnail.app.host_plans import HostPlans, default_image, plan_of
from hobnail.boot.shelf import HostPlan
from hobnail.errors import HobnailError, SystemFailure, UserError
from hobnail.image.model import Module
from hobnail.profile.overlay import NAME
from hobnail.profile.password import Scheme, hash_password
from hobnail.store import Store
from hobnail.system.keys import make_salt
from hobnail.system.processes import PATIENCE, Process


@dataclass(frozen=True, slots=True)
class _Due:
    """What a host is to be handed."""

    host: LabHost
    host_plan: HostPlan
    expected: Imported

    @property
    def overlay(self) -> bytes:
        return self.host_plan.made[NAME].data


def demo(*, keep: Path | None, report: Say) -> int:
    """Run the demo; `report` is told each line as it happens. Return 0 only if every host has all that is its own.

    `keep` is a folder for what is made (media, settings, store, consoles); by default nothing stays. SystemFailure,
    before anything is done, when this machine lacks what is needed.
    """
    began = time.monotonic()

    def say(text: str) -> None:
        report(f"{time.monotonic() - began:6.1f} s  {text}")

    prerequisites.check()
    with _folder(keep) as work:
        store = work / "store"
        for medium in make_media(work, say):
            say(f"{medium.name} is made, {medium.stat().st_size:,} bytes")
            _do(hobnail(store, "image", "import", str(medium)), say)
        _apply(work, store, say)
        due = _read_back(store)
        say(f"serving them to {len(HOSTS)} machines in a network of their own")
        inside = [sys.executable, "-m", "hobnail.app.demo.inside", str(store), str(work)]
        _follow(in_namespace(inside), say, patience=0)  # nothing in there is worth a farewell
        wrong = [one.host.name for one in due if not (_compare(work, one, report) & _run(work, one, report))]
        if wrong:
            say(f"not as it should be: {', '.join(wrong)}")
            return 1
        say("each machine has in its memory what was imported and made for it, byte for byte, and each overlay works")
        return 0


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield the folder to work in."""
    if keep is None:
        with TemporaryDirectory(prefix="hobnail-demo-") as folder:
            yield Path(folder)
        return
    if keep.exists() and (not keep.is_dir() or any(keep.iterdir())):
        raise UserError("it is not an empty folder", where=str(keep), next_step="name another one for --keep")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()


def _apply(work: Path, store: Path, say: Say) -> None:
    """Write the settings file, with a password that nobody knows, and apply it."""
    path = work / "hobnail.toml"
    path.write_text(
        settings(hash_password(secrets.token_hex(), Scheme.SHA512, make_salt(Scheme.SHA512))), encoding="utf-8"
    )
    _do(hobnail(store, "apply", "-f", str(path)), say)


def _read_back(store: Path) -> tuple[_Due, ...]:
    """Return what each host is to be handed, by the store."""
    with Store.open(store, now=time.time) as opened:
        plans = HostPlans(opened, load_configuration(opened), default=default_image(opened))

        def due(host: LabHost) -> _Due:
            host_plan = plan_of(plans.prepare(plans.host(host.name)), host.machine.mac)

            def read(module: Module) -> bytes:
                made = host_plan.made.get(module.name)
                return made.data if made is not None else opened.blob_path(module.sha256).read_bytes()

            return _Due(host, host_plan, expected_of(host_plan.plan, read, unpacked=host.unpacks))

        return tuple(map(due, HOSTS))


def _do(command: list[str], say: Say) -> None:
    if _follow(command, say) != 0:
        raise SystemFailure(f"`hobnail {command[-2]} …` failed; what went wrong stands above")


def _follow(command: list[str], say: Say, patience: float = PATIENCE) -> int | None:
    """Run a program, tell each line of it, and return its exit status; None if it closed its output and stayed."""
    with Process(command, patience=patience) as program:
        for line in program.lines():
            say(line)
        return program.wait(PATIENCE)


def _compare(work: Path, due: _Due, report: Say) -> bool:
    """Print one machine's table; True when all of it is right."""
    machine = due.host.machine
    title = due.host_plan.plan.image.title
    report(f"\nhost {due.host.name}, {title} ({machine.title}, {machine.mac}) has in memory:")
    path = console_path(work, machine)
    try:
        told = parse_report(path.read_text(encoding="utf-8").splitlines()) if path.exists() else None
    except HobnailError as error:
        report(f"  {error}")
        return False
    if told is None:
        report("  nothing: it did not reach the kernel")
        return False
    rows = compare(due.expected, machine.mac, told)
    for line in table(rows):
        report(line)
    return all(row.right for row in rows)


def _run(work: Path, due: _Due, report: Say) -> bool:
    """Run the overlay on the stand-in of its host; True when all that the settings say has come about."""
    image = due.host_plan.plan.image
    folder = work / f"host-{due.host.name}"
    state = run_overlay(due.overlay, image.generation, folder, image.version)
    facts = {
        "SSH on": state.ssh,
        "the key in place": KEY in state.authorized_keys,
        "the password set": state.root_hash.startswith("$6$"),
        "the datastore isos mounted": "isos" in state.stores,
        f"its name {state.host_name or 'not set'}": state.host_name.startswith(due.host.name),
    }
    for failure in state.failures:
        report(f"  ! {failure}")
    done = ", ".join(fact for fact, true in facts.items() if true)
    missing = ", ".join(fact for fact, true in facts.items() if not true)
    report(f"  its overlay, run on a stand-in of that host: {done}" + (f"; NOT {missing}" if missing else ""))
    return not missing and not state.failures
