"""A scripted installation through a running server: boot.cfg, ks.cfg, the report, and never again."""

import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hobnail.store import Store
from hobnail.system.processes import Process
from tests.app.settings import NEW, apply, store_with
from tests.namespaces import Namespace, Namespaces
from tests.profile.overlay.samples import SHA512
from tests.tools import need_root, need_tool

MAC = "52:54:00:4c:00:01"
HOST = "01-52-54-00-4c-00-01"
SETTINGS = f"""
[hosts.esx1]
mac = "{MAC}"
mode = "install"
root.password_hash = "{SHA512}"
install = {{ accept_eula = true, disk = "mpx.vmhba0:C0:T0:L0" }}
"""


@pytest.fixture
def machine() -> Iterator[Namespace]:
    need_root()
    need_tool("ip", "curl")
    with Namespaces() as namespaces:
        machine = namespaces.add("server")
        machine.add_bridge("br0")
        machine.set_address("br0", "10.77.0.1/24")
        yield machine


@contextmanager
def serving(machine: Namespace, store: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "hobnail", "--store", str(store), "serve", "--interface", "br0", "--dhcp", "off"]
    with Process(machine.command(*command, "--log-format", "json")) as process:
        for line in process.lines(30):
            if line.startswith("{") and json.loads(line)["event"] == "started":
                break
        else:
            raise AssertionError("it did not start")
        yield


def get(machine: Namespace, name: str) -> tuple[int, str]:
    done = machine.run("curl", "-s", "-w", "\n%{http_code}", f"http://10.77.0.1/{name}")
    text, _, status = done.stdout.rpartition("\n")
    return int(status), text


def test_a_host_is_installed_once(machine: Namespace, tmp_path: Path) -> None:
    with store_with(tmp_path, SETTINGS):
        pass
    folder, store = f"{NEW.short_id}/{HOST}", tmp_path / "store"
    with serving(machine, store):
        status, config = get(machine, f"{folder}/boot.cfg")
        assert status == 200
        match = re.search(r"ks=http://10\.77\.0\.1/(\S+)", config)
        assert match is not None, config
    with serving(machine, store):  # it was started again while the installer ran
        status, script = get(machine, match[1])
        assert (status, "--disk=mpx.vmhba0:C0:T0:L0" in script) == (200, True)
        report = re.search(r"http://10\.77\.0\.1/(done/[0-9a-f]{32})", script)
        assert report is not None, script
        assert get(machine, f"done/{'e' * 32}")[0] == 403
        assert get(machine, report[1])[0] == 200
        status, text = get(machine, f"{folder}/boot.cfg")
        assert (status, "hobnail host reinstall esx1" in text) == (404, True)
        assert "LOCALBOOT -1" in get(machine, f"pxelinux.cfg/{HOST}")[1]
        assert get(machine, f"{folder}/boot.ipxe")[1].startswith("#!ipxe\n")
        assert "exit" in get(machine, f"{folder}/bios.ipxe")[1]
    with Store.open(store, now=time.time) as again:
        apply(again, tmp_path, SETTINGS.replace('mode = "install"', 'mode = "stateless"'))
    with serving(machine, store):
        assert get(machine, f"{folder}/boot.cfg")[0] == 200, "stateless now: it boots from here again"
