"""Run an overlay on the stand-in of a host: unpacked over a small busybox tree, its scripts call programs of ours.

The stand-ins (host_stubs/) keep what they are told in files and refuse what their release did not know. They show
that the scripts do what they say; that a real host takes each command is not shown (docs/overlay.md).
"""

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hobnail.errors import SystemFailure
from hobnail.image.model import Generation
from hobnail.profile.release import Release, release_of
from hobnail.system.commands import run

STUBS = Path(__file__).parent / "host_stubs"
PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "esxcli.sh": ("bin/esxcli", "bin/localcli"),
    "vim-cmd.sh": ("bin/vim-cmd",),
    "esxcfg.sh": tuple(
        f"bin/esxcfg-{name}" for name in ("nics", "advcfg", "route", "nas", "vswitch", "vmknic", "init")
    ),
    "small.sh": (
        *(f"bin/{n}" for n in ("logger", "sleep", "hostname", "chkconfig", "vsish")),
        "etc/init.d/SSH",
        "etc/init.d/ESXShell",
        "etc/init.d/ntpd",
    ),
}
"""Stand-in -> the names that it goes by."""
APPLETS = ("awk", "cat", "chmod", "cp", "date", "grep", "mkdir", "mv", "printf", "rm", "rmdir", "sed", "sort", "tar")
MORE_APPLETS = ("touch", "wc", "sh")
MAC = "52:54:00:4c:00:01"
"""Of vmnic1, the card that the stand-in was booted from."""
BOOTIF = f"BOOTIF=01-{MAC.replace(':', '-')}"
NICS = ("vmnic0 52:54:00:4c:00:00", f"vmnic1 {MAC}", "vmnic2 52:54:00:4c:00:02")
INETD = "#ssh     stream  tcp   nowait  root  /sbin/dropbearmulti  dropbear ++min=0,swap,group=shell -i -K60\n"
ENTER = 'mount --bind /dev/null "$0/dev/null" && exec chroot "$0" /bin/sh "$@"'


@dataclass(frozen=True, slots=True)
class HostState:
    """What a stand-in was told by the time that it is up. `kept` holds the stand-ins' files, each as key -> value."""

    ssh: bool
    host_name: str
    authorized_keys: str
    root_hash: str
    stores: tuple[str, ...]  # labels of the NFS datastores that are mounted
    log: tuple[str, ...]  # without the time
    kept: Mapping[str, Mapping[str, str]]

    @property
    def failures(self) -> tuple[str, ...]:
        """The lines of the log that tell a failure."""
        return tuple(line for line in self.log if " failed: " in line)


def run_overlay(archive: bytes, generation: Generation, workdir: Path, version: str = "") -> HostState:
    """Unpack an overlay over a host's stand-in in `workdir`, boot it once, and return what came of it.

    Needs busybox and unshare, and root or user namespaces. SystemFailure when one is missing or the boot stops.
    """
    host = HostStandIn(workdir, generation, version)
    host.lay(archive)
    host.boot()
    return host.state()


class HostStandIn:
    """A folder with busybox and the stand-ins in it. `shell` names the program that is its /bin/sh."""

    def __init__(
        self,
        folder: Path,
        generation: Generation,
        version: str = "",
        *,
        shell: str = "busybox",
        failing: Iterable[str] = (),
    ) -> None:
        self.folder = folder.resolve()
        self.release = release_of(generation, version)
        for name in ("bin", "dev", "etc/init.d", "stub", "tmp", "var/log", "var/run"):
            (self.folder / name).mkdir(parents=True)
        (self.folder / "dev/null").touch()
        self._install_programs(shell)
        _write(self.folder, _system_files(self.release))
        _write(self.folder / "stub", _stub_files(self.release, failing))

    def lay(self, archive: bytes) -> None:
        """Unpack an overlay over the tree, as the host's own tar does."""
        (self.folder / "tmp/overlay.tgz").write_bytes(archive)
        self._run("-c", "tar -xzf /tmp/overlay.tgz -C /")

    def boot(self) -> None:
        """Run the hooks that the overlay brought, until the late steps are done. SystemFailure when they stop it."""
        shutil.rmtree(self.folder / "var/run/hobnail", ignore_errors=True)
        self._run("/stub/boot.sh")

    def state(self) -> HostState:
        """Return what the host was told."""
        kept = {path.name: _table(path) for path in sorted((self.folder / "stub").iterdir()) if _is_table(path)}
        names = kept.get("hostname", {})
        advanced = kept.get("advanced", {}).get("/Misc/HostName", "")
        return HostState(
            ssh=self._read("etc/inetd.conf").startswith("ssh") or kept.get("running", {}).get("SSH") == "on",
            host_name=names.get("fqdn") or advanced,
            authorized_keys=self._read(".ssh/authorized_keys") + self._read("etc/ssh/keys-root/authorized_keys"),
            root_hash=self._read("etc/shadow").partition("root:")[2].partition(":")[0],
            stores=tuple(kept.get("nfs", {})),
            log=tuple(line.partition(" ")[2] for line in self._read("var/log/hobnail.log").splitlines()),
            kept=kept,
        )

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.is_file() else ""

    def _run(self, *words: str) -> None:
        rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        environment = {"PATH": "/bin", "HOME": "/"}
        run(["unshare", "--mount", *rights, "sh", "-c", ENTER, self.folder, *words], env=environment)

    def _install_programs(self, shell: str) -> None:
        for name in {"busybox", shell}:
            _copy_program(name, self.folder)
        for name in (*APPLETS, *MORE_APPLETS):
            (self.folder / "bin" / name).symlink_to("busybox")
        if shell != "busybox":
            (self.folder / "bin/sh").unlink()
            (self.folder / "bin/sh").symlink_to(shell)
        for stub, names in PROGRAMS.items():
            for name in names:
                (self.folder / name).write_bytes((STUBS / stub).read_bytes())
                (self.folder / name).chmod(0o755)
        for name in ("common.sh", "boot.sh"):
            shutil.copyfile(STUBS / name, self.folder / "stub" / name)


def _copy_program(name: str, folder: Path) -> None:
    """Copy a program of this machine and the libraries that it is linked with."""
    found = shutil.which(name)
    if found is None:
        raise SystemFailure(f"the program {name} is not installed", next_step=f"apt-get install {name}")
    shutil.copy(found, folder / "bin" / name)
    try:
        listed = run(["ldd", found]).stdout.decode()
    except SystemFailure:
        return  # linked statically: it needs none
    for word in listed.split():
        if word.startswith("/"):
            target = folder / word[1:]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(word, target)


def _system_files(release: Release) -> dict[str, str]:
    files = {"etc/shadow": "root::13358:0:99999:7:::\nnobody:*:13358:0:99999:7:::\n"}
    if release < (4, 1, 0):
        files["etc/inetd.conf"] = INETD
    if release < (5, 1, 0):
        files["etc/rc.local"] = "#!/bin/sh\n# the image's own\nexit 0\n"
    return files


def _stub_files(release: Release, failing: Iterable[str]) -> dict[str, str]:
    files = {
        "release": ".".join(map(str, release)) + "\n",
        "fail": "".join(f"{line}\n" for line in failing),
        "nics": "".join(f"{line}\n" for line in NICS),
        "bootCmdLine": f"Boot Command Line {{\n   trusted=false {BOOTIF} more=1\n}}\n",
        "hostd-after": "2\n",
        "groups": "",
        "nfs": "",
        "uplinks": "",
    }
    if release >= (5, 0, 0):  # later releases make their management network before any script of ours runs
        files |= {
            "uplinks": "vSwitch0\tvmnic0\n",
            "groups": "Management Network\tvSwitch0|0\n",
            "vmk": "vmk0\tManagement Network\n",
            "ipv4": "vmk0\tdhcp\n",
            "tags": "vmk0\tManagement\n",
        }
    return files


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755 if text.startswith("#!") else 0o644)


def _is_table(path: Path) -> bool:
    return path.suffix == "" and path.name not in (
        "calls",
        "release",
        "fail",
        "nics",
        "bootCmdLine",
        "hostd",
        "hostd-after",
    )


def _table(path: Path) -> dict[str, str]:
    rows = (line.partition("\t") for line in path.read_text().splitlines())
    return {key: value for key, _, value in rows}
