"""The demo's network: a namespace of its own, which dies with whoever made it; refusals name the next step."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from hobnail.app.demo import network
from hobnail.app.demo.network import BRIDGE, check_namespace, check_tun, in_namespace, set_up
from hobnail.app.demo.router import Router
from hobnail.errors import SystemFailure
from hobnail.system.commands import run
from hobnail.system.processes import Process
from tests.namespaces import Namespaces
from tests.tools import need_root, need_tool


@pytest.fixture(autouse=True)
def _tools() -> None:
    need_tool("unshare", "ip")


def interfaces(text: bytes) -> set[str]:
    return {line.split(":")[1].strip().split("@")[0] for line in text.decode().splitlines()}


@pytest.mark.parametrize("as_user", [False, True], ids=["as we are", "as a plain user does it"])
def test_a_namespace_has_nothing_of_ours(as_user: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    need_root()
    if as_user:  # --map-root-user works for root too
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert interfaces(run(in_namespace(["ip", "-o", "link"])).stdout) == {"lo"}
    assert run(in_namespace(["id", "-u"])).stdout.strip() == b"0"
    check_namespace()


def test_all_of_it_disappears_when_its_maker_is_killed() -> None:
    need_root()
    number = 600_000 + os.getpid()  # another run of the tests may be under way
    maker = (
        "from hobnail.app.demo.network import in_namespace\n"
        "from hobnail.system.processes import Process\n"
        f"with Process(in_namespace(['sh', '-c', 'sleep {number} & echo up; wait'])) as program:\n"
        "    for line in program.lines(): print(line, flush=True)\n"
    )
    with Process([sys.executable, "-c", maker]) as program:
        assert next(program.lines(20)) == "up"
        inner: set[str] = set()
        deadline = time.monotonic() + 20
        while not inner and time.monotonic() < deadline:  # the shell says "up" before its child has become sleep
            inner = {entry.name for entry in Path("/proc").iterdir() if _words(entry) == b"sleep\x00%d\x00" % number}
        assert inner
        os.kill(program.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while any(Path("/proc", pid).exists() for pid in inner) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not [pid for pid in inner if Path("/proc", pid).exists()]


def _words(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_the_bridge_joins_the_machines_and_has_our_address() -> None:
    need_root()
    with Namespaces() as lan:
        host = lan.add("host")
        with host.entered():
            set_up(["tap1", "tap2"])
        shown = host.run("ip", "-o", "address", "show", BRIDGE).stdout
        assert "10.77.0.1/24" in shown
        ports = host.run("ip", "-o", "link", "show", "master", BRIDGE).stdout
        assert interfaces(ports.encode()) == {"tap1", "tap2"}


@pytest.mark.parametrize(
    ("setting", "forbids", "allows"), [("kernel.restrict", "1", "0"), ("user.max", "0", "10000")]
)
def test_a_refused_namespace_names_the_setting(
    setting: str, forbids: str, allows: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "proc" / setting.replace(".", "/")
    file.parent.mkdir(parents=True)
    file.write_text(f"{forbids}\n")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(network, "SETTINGS", ((setting, forbids, allows),))
    monkeypatch.setattr(network, "SYSCTL", tmp_path / "proc")
    monkeypatch.setattr(network, "in_namespace", lambda argv: ["sh", "-c", "echo 'not permitted' >&2; exit 1"])
    with pytest.raises(SystemFailure, match=rf"namespace: not permitted; .*sudo sysctl {setting}={allows}"):
        check_namespace()
    file.write_text(f"{allows}\n")
    with pytest.raises(SystemFailure, match=r"not permitted; run it as root"):
        check_namespace()


def test_a_missing_tun_device_names_the_next_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(network, "TUN", tmp_path / "tun")
    with pytest.raises(SystemFailure, match=r"tun: it is missing.*modprobe tun"):
        check_tun()
    (tmp_path / "tun").touch(0o000)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(SystemFailure, match=r"you may not open it.*chmod"):
        check_tun()


def test_another_machines_kernel_takes_the_advertisement() -> None:
    """It counts router advertisements that are valid, and no errors."""
    need_root()
    reader = (
        "import time, pathlib\n"
        "end = time.monotonic() + 8\n"
        "def count():\n"
        "    rows = dict(r.split() for r in pathlib.Path('/proc/net/snmp6').read_text().splitlines())\n"
        "    return int(rows['Icmp6InRouterAdvertisements']), int(rows['Icmp6InErrors'])\n"
        "while count()[0] < 2 and time.monotonic() < end: time.sleep(0.05)\n"
        "print(*count())\n"
    )
    with Namespaces() as lan:
        host, other = lan.add("host"), lan.add("other")
        lan.connect(host, "eth0", other, "eth0")
        host.ip("address", "add", "fe80::1/64", "dev", "eth0", "nodad")
        with host.entered():
            router = Router("eth0")
        with router:
            advertised, errors = other.run(sys.executable, "-c", reader).stdout.split()
    assert int(advertised) >= 2
    assert int(errors) == 0
