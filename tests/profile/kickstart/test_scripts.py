"""The scripts of %post and %firstboot, run in the shells that they may meet."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from hobnail.profile.kickstart.render import render
from hobnail.profile.settings import Script, Source
from tests.profile.kickstart.hosts import SHELLS, ScriptHost, section
from tests.profile.kickstart.test_render import FULL, PLAIN


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path, applets: Path) -> ScriptHost:
    made = ScriptHost(tmp_path, request.param, applets)
    for name in ("logger", "localcli", "esxcli", "vim-cmd", "chkconfig", "sleep"):
        made.stub(name)
    return made


@contextmanager
def server(statuses: list[int]) -> Iterator[tuple[str, list[str]]]:
    """An HTTP server that answers with these, then with the last one."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(statuses[min(len(asked), len(statuses)) - 1])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/installed/t0ken?x=1&y=$HOME", asked
        finally:
            running.shutdown()
            thread.join()


def test_the_server_is_called_back_once(host: ScriptHost) -> None:
    with server([200]) as (url, asked):
        done = host.run(section(render(PLAIN, "7.0", callback_url=url), "%post"))
    assert done.returncode == 0, done.stderr
    assert asked == ["/installed/t0ken?x=1&y=$HOME"]
    assert host.calls == [
        "localcli network firewall ruleset set -r httpClient -e true",
        "localcli network firewall ruleset set -r httpClient -e false",
    ]


def test_a_server_that_is_busy_is_asked_again(host: ScriptHost) -> None:
    with server([503, 503, 200]) as (url, asked):
        done = host.run(section(render(PLAIN, "7.0", callback_url=url), "%post"))
    assert done.returncode == 0
    assert len(asked) == 3


def test_a_call_back_that_fails_fails_the_installation(host: ScriptHost) -> None:
    """The installer then stops instead of rebooting: otherwise the host would be installed for ever."""
    with server([403]) as (url, asked):
        done = host.run(section(render(PLAIN, "7.0", callback_url=url), "%post"))
    assert done.returncode == 1
    assert len(asked) == 10
    assert "hobnail: installed, but the server did not answer the call-back" in done.stderr
    assert "t0ken" not in done.stderr


def test_without_localcli_it_calls_back_too(host: ScriptHost) -> None:
    (host.root / "stubs" / "localcli").unlink()
    with server([200]) as (url, _):
        assert host.run(section(render(PLAIN, "5.0", callback_url=url), "%post")).returncode == 0


@pytest.mark.parametrize("version", ["5.1", "6.7", "8.0.3", "9.0"])
def test_the_first_boot_makes_the_settings(host: ScriptHost, version: str) -> None:
    host.stub("mark")
    user = b"#!/bin/sh\nmark mine\nexit 0\n%post\ninclude x\nHOBNAIL\n|bar\n"
    settings = replace(FULL, scripts=(Script("mine", "late", Source("mine.sh", "", len(user))),))
    text = section(render(settings, version, content=lambda source: user), "%firstboot")
    assert "late </dev/null >/dev/null 2>&1 &\n" in text
    done = host.run(text.replace("2>&1 &\n", "2>&1\n"))  # the boot does not wait for it, the test does
    assert done.returncode == 0, done.stderr
    unpacked = host.root / "tmp" / "hobnail"
    assert (unpacked / "late.user" / "00-mine").read_bytes() == user
    keys = host.root / "etc" / "ssh" / "keys-root" / "authorized_keys"
    assert keys.read_text() == "ssh-ed25519 AAAAC3NzaC1lZDI1 me@there\n"
    assert keys.stat().st_mode & 0o7777 == 0o1600
    assert (unpacked / "settings").stat().st_mode & 0o077 == 0
    assert not (host.root / "etc/init.d").exists()  # once, not at each boot
    assert not (host.root / "etc/rc.local.d").exists()
    calls = "\n".join(host.calls)
    assert "network vswitch standard" in calls
    assert "storage nfs" in calls
    assert "mark mine" in host.calls
    if version >= "7":
        assert "system ntp set" in calls
    assert "license" not in calls or version == "9.0"
    log = (host.root / "var" / "log" / "hobnail.log").read_text()
    assert "late run ok: late steps are done" in log


def test_what_is_unpacked_is_what_an_overlay_has(host: ScriptHost) -> None:
    from hobnail.image.model import Generation
    from hobnail.profile.kickstart.first_boot import remaining
    from hobnail.profile.overlay.build import build
    from hobnail.profile.settings import HostSecrets

    text = section(render(FULL, "8.0"), "%firstboot")
    text = "".join(line for line in text.splitlines(keepends=True) if "run.sh late" not in line)
    assert host.run(text).returncode == 0
    rest = remaining(FULL, (8, 0, 0))
    members = build(rest, HostSecrets(), Generation.ESXI8, "8.0", lambda source: b"").members
    ours = [member for member in members if member.type == "file" and member.path.startswith("usr/lib/hobnail/")]
    files = {member.path.removeprefix("usr/lib/hobnail/"): member for member in ours}
    assert {str(p.relative_to(host.root / "tmp/hobnail")) for p in (host.root / "tmp/hobnail").rglob("*.sh")} == {
        path for path in files if path.endswith(".sh")
    }
    place = f"{host.root}/tmp/hobnail".encode()
    for path, member in files.items():
        wanted = member.data.replace(b"/usr/lib/hobnail", place)
        for folder in ("/etc/", "/var/"):
            wanted = wanted.replace(folder.encode(), f"{host.root}{folder}".encode())
        assert (host.root / "tmp/hobnail" / path).read_bytes() == wanted
