"""The scripts that hosts run: our steps in their order, the runner, and the hooks by which a release calls it.

The scripts lie in host/ as they are and are the same on every host; values come from the data file (values.py).
"""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.resources import files

from hobnail.profile.overlay.member import STICKY, Member
from hobnail.profile.release import Release
from hobnail.profile.ways import way_of

FOLDER = "usr/lib/hobnail"
LOCAL_SCRIPT_SINCE: Release = (5, 1, 0)
"""The first release that runs etc/rc.local.d/local.sh; others run etc/rc.local, which is the image's own."""
INIT_SCRIPTS_SINCE: Release = (5, 0, 0)
"""The first release that runs etc/init.d; others source etc/vmware/init/init.d (xCAT)."""

ORDER: Mapping[str, int] = {
    "late-hook": 0,
    "root-edit": 5,
    "ssh-inetd": 10,
    "ssh-service": 11,
    "shell-service": 12,
    "host-name-legacy": 15,
    "host-name": 16,
    "management-legacy": 20,
    "management": 21,
    "switches-legacy": 25,
    "switches": 26,
    "vmkernel-legacy": 30,
    "vmkernel": 31,
    "vsan": 32,
    "dns-legacy": 40,
    "dns": 41,
    "ntp-conf": 45,
    "ntp": 46,
    "syslog-legacy": 50,
    "syslog": 51,
    "firewall": 55,
    "advanced-legacy": 60,
    "advanced": 61,
    "welcome": 65,
    "license": 70,
    "vmotion": 75,
    "ssh-tsm": 80,
    "ssh-hostd": 81,
    "shell-tsm": 82,
    "shell-hostd": 83,
    "nfs-legacy": 90,
    "nfs": 91,
}
"""Every step and the number by which it is run: the network before what needs it, stores last, as they may wait."""


@lru_cache(1024)
def runner(settings: tuple[str, ...], release: Release, user: tuple[bool, bool]) -> tuple[Member, ...]:
    """Return the scripts for what is asked; nothing when nothing is to run.

    `settings` are rows of the table of ways; `user` says whether there are early and late scripts of the person's.
    """
    ways = [way_of(setting, release) for setting in settings]
    early = {way.early for way in ways} - {""}
    late = {way.late for way in ways} - {""}
    if not early and not late and not any(user):
        return ()
    if (late or user[1]) and release < LOCAL_SCRIPT_SINCE:
        early.add("late-hook")
    common = [Member(f"{FOLDER}/{name}", _text(name), 0o755) for name in ("lib.sh", "run.sh")]
    return (*common, *_steps("early", early), *_steps("late", late), *_hooks(release))


def _steps(phase: str, names: Iterable[str]) -> list[Member]:
    return [
        Member(f"{FOLDER}/{phase}.d/{ORDER[name]:02d}-{name}.sh", _text(f"steps/{name}.sh"), 0o755) for name in names
    ]


def _hooks(release: Release) -> list[Member]:
    folder = "etc/init.d" if release >= INIT_SCRIPTS_SINCE else "etc/vmware/init/init.d"
    hooks = [Member(f"{folder}/47.hobnail", _text("init.sh"), 0o755)]
    if release >= LOCAL_SCRIPT_SINCE:
        # Also without late steps: it runs the early ones where the release did not run the init script.
        hooks.append(Member("etc/rc.local.d/local.sh", _text("local.sh"), STICKY | 0o755))
    return hooks


@cache
def _text(name: str) -> bytes:
    return files("hobnail.profile.overlay").joinpath("host", name).read_bytes()
