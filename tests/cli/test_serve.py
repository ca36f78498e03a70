"""`hobnail serve` and `hobnail up` in a network of their own: what is checked, what is answered, how it ends."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hobnail.image.model import Generation
from tests.cli.command import hobnail
from tests.namespaces import Namespace, Namespaces
from tests.tools import need_root, need_tool

SERVER = "10.77.9.1"
FULL = ("--dhcp", "full", "--range", "10.77.9.100-10.77.9.120")


@pytest.fixture(scope="module")
def store(isos: dict[Generation, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "store"
    hobnail("image", "import", isos[Generation.ESXI40], store=folder)
    return folder


@pytest.fixture
def lan() -> Iterator[tuple[Namespace, Namespace]]:
    """A server and a host, connected; the server's end is `lan0`, the host's `eth0`."""
    need_root()
    need_tool("curl", "ip")
    with Namespaces() as namespaces:
        server, host = namespaces.add("server"), namespaces.add("host")
        namespaces.connect(server, "lan0", host, "eth0")
        server.set_address("lan0", f"{SERVER}/24")
        host.set_address("eth0", "10.77.9.50/24")
        yield server, host


def command(store: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "hobnail", "--store", str(store), *map(str, arguments)]


class Served:
    """A running server whose records are read."""

    def __init__(self, server: Namespace, store: Path, *arguments: str | Path, log: Path) -> None:
        self._log = log
        self.process = server.start(*command(store, *arguments, "--log-format", "json"), log=log)
        self.wait_for("started")

    def records(self) -> list[dict[str, object]]:
        lines = self._log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def wait_for(self, event: str, seconds: float = 30) -> dict[str, object]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for record in self.records():
                if record.get("event") == event:
                    return record
            assert self.process.poll() is None, self._log.read_text()
            time.sleep(0.05)
        raise AssertionError(f"no {event} in {seconds} s:\n{self._log.read_text()}")

    def interrupt(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(10)


def test_a_host_gets_everything_by_tftp_and_http(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, host = lan
    served = Served(server, store, "serve", "-i", "lan0", *FULL, "--kernel-options", "a=1", log=tmp_path / "log")
    image = json.loads(hobnail("image", "show", "4.0.0", "--json", store=store).stdout)
    for scheme in ("tftp", "http"):
        config = host.run("curl", "-s", f"{scheme}://{SERVER}/pxelinux.cfg/01-52-54-00-4c-00-01").stdout
        (append,) = [line for line in config.splitlines() if line.startswith("APPEND ")]
        names = [part.split()[0] for part in append.removeprefix("APPEND ").split(" --- ")]
        assert "vmkboot.gz a=1 BOOTIF=01-52-54-00-4c-00-01 --- " in append
        for name, module in zip(names, [image["kernel"], *image["modules"]], strict=True):
            got = host.run("sh", "-c", f"curl -s {scheme}://{SERVER}/{name} | sha256sum").stdout.split()[0]
            assert got == module["sha256"], name
    missing = host.run("curl", "-s", f"tftp://{SERVER}/{image['id'][:12]}/nothing.tgz")
    assert missing.returncode == 68  # CURLE_TFTP_NOTFOUND
    record = served.wait_for("file_missing")
    assert record["peer"] == "10.77.9.50"
    assert "has no module nothing.tgz" in str(record["reason"])
    assert served.interrupt() == 0
    assert served.records()[-1] == {"event": "stopped"}


def test_up_imports_makes_default_and_serves(
    lan: tuple[Namespace, Namespace], isos: dict[Generation, Path], tmp_path: Path
) -> None:
    server, host = lan
    store = tmp_path / "store"
    hobnail("image", "import", isos[Generation.ESXI40], store=store)
    served = Served(server, store, "up", isos[Generation.ESX35], "-i", "lan0", log=tmp_path / "log")
    config = host.run("curl", "-s", f"http://{SERVER}/pxelinux.cfg/01-52-54-00-4c-00-01").stdout
    assert "vmkernel.gz BOOTIF=" in config
    assert served.interrupt(signal.SIGTERM) == 0
    (default,) = [one for one in json.loads(hobnail("image", "list", "--json", store=store).stdout) if one["default"]]
    assert default["version"] == "3.5.0"


def test_off_prints_what_to_set_and_opens_no_dhcp_port(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, _ = lan
    served = Served(server, store, "serve", "-i", "lan0", "--dhcp", "off", log=tmp_path / "log")
    text = (tmp_path / "log").read_text()
    assert f"next-server {SERVER};" in text
    assert "dhcp-boot=" in text
    ports = server.run("ss", "-uln").stdout
    assert ":69 " in ports
    assert ":67 " not in ports
    assert served.interrupt() == 0


def refused(server: Namespace, store: Path, *arguments: str, status: int) -> str:
    done = server.run(*command(store, *arguments), timeout=30)
    assert "Traceback" not in done.stderr
    assert done.returncode == status, done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


def test_what_is_in_the_way_is_said_before_anything_starts(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, _ = lan
    server.ip("link", "add", "down0", "type", "bridge")
    server.ip("link", "add", "bare0", "type", "bridge")
    server.ip("link", "set", "bare0", "up")
    (tmp_path / "empty").mkdir()
    serve = ("serve", "-i")
    assert "name one of: lo, " in refused(server, store, *serve, "none0", status=2)
    assert "ip link set down0 up" in refused(server, store, *serve, "down0", status=1)
    assert "ip address add" in refused(server, store, *serve, "bare0", status=1)
    assert "add --range" in refused(server, store, *serve, "lan0", "--dhcp", "full", status=2)
    wrong = refused(server, store, *serve, "lan0", "--dhcp", "full", "--range", "10.1.0.5-10.1.0.9", status=2)
    assert "is not inside 10.77.9.0/24" in wrong
    assert "is not MAC=ADDRESS" in refused(server, store, *serve, "lan0", *FULL, "--reserve", "x", status=2)
    assert "gives none" in refused(server, store, *serve, "lan0", "--range", "10.77.9.5-10.77.9.9", status=2)
    assert "no IPv4 address" in refused(server, store, *serve, "lan0", *FULL, "--gateway", "fe80::1", status=2)
    assert "kernel options" in refused(server, store, *serve, "lan0", "--kernel-options", "a --- b", status=2)
    lacking = refused(server, store, *serve, "lan0", "--loaders", str(tmp_path / "empty"), status=1)
    assert "apt-get install pxelinux" in lacking
    assert "apt-get install syslinux-common" in lacking
    assert "hobnail image import" in refused(server, tmp_path / "new", *serve, "lan0", status=2)


@pytest.mark.parametrize(
    ("protocol", "port", "says"),
    [("UDP", 67, "another DHCP server"), ("UDP", 69, "stop the program"), ("TCP", 80, "--http-port")],
)
def test_a_port_in_use_is_said_and_nothing_stays_open(
    lan: tuple[Namespace, Namespace], store: Path, protocol: str, port: int, says: str
) -> None:
    server, _ = lan
    kind = "SOCK_DGRAM" if protocol == "UDP" else "SOCK_STREAM"
    listen = "" if protocol == "UDP" else "s.listen();"
    code = f"import socket,time; s=socket.socket(type=socket.{kind}); s.bind(('',{port})); {listen} time.sleep(60)"
    server.start(sys.executable, "-c", code)
    wait_until(lambda: f":{port} " in server.run("ss", "-tuln").stdout)
    text = refused(server, store, "serve", "-i", "lan0", *FULL, status=1)
    assert f"{protocol} port {port}" in text
    assert says in text


def test_without_the_privilege_it_says_so_before_it_imports(
    lan: tuple[Namespace, Namespace], isos: dict[Generation, Path], tmp_path: Path
) -> None:
    need_tool("setpriv")
    server, _ = lan
    unprivileged = ("setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service")
    store = tmp_path / "store"
    done = server.run(*unprivileged, *command(store, "up", isos[Generation.ESX35], "-i", "lan0"))
    assert done.returncode == 1
    assert "run it as root" in done.stderr
    assert not store.exists(), "nothing may be imported before that is known"


def test_nothing_is_imported_nor_made_default_when_a_port_is_taken(
    lan: tuple[Namespace, Namespace], isos: dict[Generation, Path], tmp_path: Path
) -> None:
    server, _ = lan
    store = tmp_path / "store"
    hobnail("image", "import", isos[Generation.ESXI40], store=store)
    server.start(sys.executable, "-c", "import socket,time; s=socket.socket(type=2); s.bind(('',69)); time.sleep(60)")
    wait_until(lambda: ":69 " in server.run("ss", "-uln").stdout)
    text = refused(server, store, "up", str(isos[Generation.ESX35]), "-i", "lan0", *FULL, status=1)
    assert "UDP port 69" in text
    (image,) = json.loads(hobnail("image", "list", "--json", store=store).stdout)
    assert (image["version"], image["default"]) == ("4.0.0", True)


def test_ctrl_c_ends_it_though_a_host_downloads_slowly(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, host = lan
    served = Served(server, store, "serve", "-i", "lan0", *FULL, log=tmp_path / "log")
    short = json.loads(hobnail("image", "show", "4.0.0", "--json", store=store).stdout)["id"][:12]
    host.start("curl", "-s", "-o", "/dev/null", "--limit-rate", "1k", f"http://{SERVER}/{short}/sys.vgz")
    served.wait_for("file_started")
    assert served.interrupt() == 0


def test_a_closed_pipe_ends_it_without_a_word(lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path) -> None:
    server, host = lan
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    process = server.start(*command(store, "serve", "-i", "lan0", *FULL), log=pipe)
    wait_until(lambda: ":67 " in server.run("ss", "-uln").stdout)
    os.close(reader)
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        host.run("curl", "-s", "-o", "/dev/null", "--max-time", "1", f"tftp://{SERVER}/pxelinux.0")
    assert process.poll() == 0


def test_a_reader_that_stalls_does_not_hold_the_servers_up(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, host = lan
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    process = server.start(*command(store, "serve", "-i", "lan0", *FULL, "--log-format", "json"), log=pipe)
    wait_until(lambda: ":67 " in server.run("ss", "-uln").stdout)
    # Each miss is a record of 700 bytes; a pipe holds 64 KiB.
    fetch = f"for i in $(seq 200); do curl -s -o /dev/null --max-time 2 tftp://{SERVER}/{'x' * 300}; done"
    host.run("sh", "-c", fetch, timeout=60)
    got = host.run("sh", "-c", f"curl -s --max-time 3 tftp://{SERVER}/pxelinux.0 | wc -c")
    assert int(got.stdout) > 20_000
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0
    os.close(reader)


def test_an_interface_that_goes_away_ends_it_with_a_word(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, _ = lan
    served = Served(server, store, "serve", "-i", "lan0", *FULL, log=tmp_path / "log")
    server.ip("address", "flush", "dev", "lan0")
    assert served.process.wait(10) == 1
    assert "lan0" in (tmp_path / "log").read_text().splitlines()[-1]


def test_contradictory_options_are_refused(lan: tuple[Namespace, Namespace], store: Path) -> None:
    server, _ = lan
    twice = ("--reserve", "52:54:00:00:00:01=10.77.9.5", "--reserve", "52-54-00-00-00-01=10.77.9.6")
    assert "two addresses" in refused(server, store, "serve", "-i", "lan0", *FULL, *twice, status=2)
    assert "--gateway" in refused(server, store, "serve", "-i", "lan0", *FULL, "--gateway", "1.2.3.4", status=2)


def test_a_second_server_on_the_same_machine_is_noticed(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, _ = lan
    served = Served(server, store, "serve", "-i", "lan0", *FULL, log=tmp_path / "log")
    text = refused(server, store, "serve", "-i", "lan0", *FULL, status=1)
    assert "another DHCP server" in text
    assert served.interrupt() == 0


def test_nothing_is_answered_on_another_interface(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, host = lan
    with Namespaces() as more:
        stranger = more.add("stranger")
        more.connect(server, "other0", stranger, "eth0")
        server.set_address("other0", "10.78.0.1/24")
        stranger.set_address("eth0", "10.78.0.2/24")
        stranger.ip("route", "add", "default", "via", "10.78.0.1")
        served = Served(server, store, "serve", "-i", "lan0", *FULL, log=tmp_path / "log")
        for url in (f"http://{SERVER}/pxelinux.0", f"tftp://{SERVER}/pxelinux.0", "http://10.78.0.1/pxelinux.0"):
            fetch = ("curl", "-s", "-o", "/dev/null", "--max-time", "1")
            assert stranger.run(*fetch, url).returncode != 0, f"{url} was answered on other0"
            assert "10.78." in url or host.run(*fetch, url).returncode == 0, url
        assert served.interrupt() == 0


def test_a_terminal_gets_a_screen_that_ends_cleanly(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    need_tool("script")
    server, host = lan
    log = tmp_path / "screen"
    inner = " ".join(command(store, "serve", "-i", "lan0", *FULL))
    process = subprocess.Popen(
        server.command("script", "-qefc", inner, str(log)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "140", "LINES": "30"},
    )
    try:
        wait_for_text(log, "no host has asked yet")
        short = json.loads(hobnail("image", "show", "4.0.0", "--json", store=store).stdout)["id"][:12]
        host.run("curl", "-s", "-o", "/dev/null", f"tftp://{SERVER}/pxelinux.0")
        host.run("curl", "-s", "-o", "/dev/null", f"tftp://{SERVER}/{short}/lost.tgz")
        wait_for_text(log, "has no module lost.tgz")
        wait_for_text(log, "10.77.9.50")
        os.kill(innermost(process.pid), signal.SIGINT)
        assert process.wait(10) == 0
        assert "Traceback" not in log.read_text(errors="replace")
    finally:
        process.kill()
        process.wait()


def innermost(pid: int) -> int:
    """Return the last of a chain of processes that each wait for one child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return innermost(int(children[0])) if children else pid


def wait_for_text(path: Path, text: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists() and text in path.read_text(errors="replace"):
            return
        time.sleep(0.1)
    raise AssertionError(f"{text!r} never came:\n{path.read_text(errors='replace')[-3000:]}")


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.05)
