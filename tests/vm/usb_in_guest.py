"""What the Linux guest of test_usb.py does, as root, with its sticks. Its argument is the folder it shares with us.

Stick 1 is written; 2 is not removable; 3 is pulled out while it is written, as the kernel sees it.
"""

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hobnail.app.device_target import Asking, DeviceTarget
from hobnail.cli import main as hobnail_main
from hobnail.errors import HobnailError
from hobnail.write.device_writer import HEAD, Job, Step
from hobnail.write.layout import Extent, FilePart, Layout

SHARE = Path(sys.argv[1])
STORE = Path("/run/store")
PATIENCE = 120.0
MIB = 1 << 20


def hobnail(*arguments: str) -> dict[str, Any]:
    """Run a command in this process: what it needs is loaded once only."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = hobnail_main._status(["--store", str(STORE), *arguments])
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


def sticks() -> dict[str, str]:
    """Wait for the three sticks; return their devices by serial number."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        listed = json.loads(hobnail("devices", "--json")["out"])["devices"]
        found = {one["serial"]: one["path"] for one in listed if one["transport"] == "usb"}
        if len(found) == 3:
            return found
        time.sleep(0.5)
    raise SystemExit("the sticks did not come")


def pulled_out(device: str) -> dict[str, Any]:
    """Let the kernel lose the stick while it is written."""
    place = Path(f"/sys/block/{Path(device).name}").resolve()
    folder = next(above for above in place.parents if (above / "idVendor").exists())  # behind it is the root hub
    source = Path("/run/source")
    source.write_bytes(os.urandom(MIB) * 48)
    layout = Layout(64 * MIB, (Extent(0, 48 * MIB, FilePart(source, 0, 48 * MIB)),))
    head, body = layout.split(HEAD)

    def report(step: Step) -> None:
        if step.phase == "writing" and step.done > 8 * MIB and (folder / "remove").exists():
            (folder / "remove").write_text("1")

    target = DeviceTarget(Path(device), Asking(lambda doomed: "yes"))
    try:
        target.write(Job(head, body, layout.written), 48 * MIB, report)
    except HobnailError as error:
        return {"status": error.exit_status, "err": str(error)}
    return {"status": 0, "err": ""}


def main() -> None:
    shutil.copytree(SHARE / "store", STORE)
    found = sticks()
    first, second, third = found["STICK-1"], found["STICK-2"], found["STICK-3"]
    named = ("--yes", "--serial")
    told: dict[str, Any] = {"found": found, "text": hobnail("devices")["out"]}
    told["other serial"] = hobnail("write", "usb", first, *named, "STICK-2")
    told["write"] = hobnail("write", "usb", first, *named, "STICK-1", "--json")
    told["partitions"] = Path("/proc/partitions").read_text()
    subprocess.run(["mkswap", "-q", f"{first}1"], check=True)
    subprocess.run(["swapon", f"{first}1"], check=True)
    told["swapped to"] = hobnail("write", "usb", first, *named, "STICK-1")
    told["listed"] = hobnail("devices")["out"]
    subprocess.run(["swapoff", f"{first}1"], check=True)
    told["partition"] = hobnail("write", "usb", f"{first}1", *named, "STICK-1")
    told["again"] = hobnail("write", "usb", first, *named, "STICK-1")
    told["fixed"] = hobnail("write", "usb", second)
    told["fixed, named"] = hobnail("write", "usb", second, *named, "STICK-2")
    told["pulled out"] = pulled_out(third)
    told["gone"] = hobnail("write", "usb", third, *named, "STICK-3")
    tests = Path(__file__).parents[1] / "write/test_device_mapper.py"
    options = ("-q", "-rs", "-p", "no:cacheprovider", "--basetemp=/run/pytest", "-o", "timeout=0")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tests)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "TMPDIR": "/run"},
    )
    told["device mapper"] = {"status": done.returncode, "out": done.stdout + done.stderr}
    (SHARE / "told.json").write_text(json.dumps(told))


main()
