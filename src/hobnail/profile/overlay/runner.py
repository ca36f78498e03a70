"""The scripts that hosts run: our steps in their order, the runner, and the hooks by which a release calls it.

The scripts lie in host/ as they are and are the same on every host; values come from the data file (values.py).
"""

from collections.abc import Iterable
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

ORDER = (
    *("late-hook", "root-edit", "ssh-inetd", "ssh-service", "host-name-legacy", "host-name"),
    *("management-legacy", "management", "switches-legacy", "switches", "vmkernel-legacy", "vmkernel", "vsan"),
    *("dns-legacy", "dns", "ntp-conf", "ntp", "syslog-legacy", "syslog", "firewall"),
    *("advanced-legacy", "advanced", "welcome", "license", "vmotion", "ssh-tsm", "ssh-hostd", "shell-tsm"),
    *("shell-hostd", "nfs-legacy", "nfs"),
)
"""Every step, in the order in which it runs: the network before what needs it, stores last, as they may wait."""


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
        Member(f"{FOLDER}/{phase}.d/{ORDER.index(name):02d}-{name}.sh", _text(f"steps/{name}.sh"), 0o755)
        for name in names
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
