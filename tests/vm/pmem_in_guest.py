"""What the Linux guest of test_pmem.py does, as root, with its NVDIMMs. Its argument is the folder it shares with us.

DIMM 0: no labels, our BTT 1.1 with a disk layout.  DIMM 1: labels, empty: a namespace for `write pmem`.
DIMM 2: labels, empty: for a BTT 2.0 of ours.       DIMM 3: no labels, empty: raw and fsdax, to be refused.
DIMM 4: no labels, our BTT 1.1 of two arenas.
DIMM 5: no labels, our padded BTT 1.1, a write of it interrupted; last, since its size moves what follows off 2 MiB.
"""

import contextlib
import hashlib
import io
import json
import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hobnail.cli import main as hobnail_main

SHARE = Path(sys.argv[1])
STORE = Path("/run/store")
ND = Path("/sys/bus/nd/devices")
DIMMS = 6


def sh(command: str) -> str:
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"`{command}`: {done.returncode} {done.stdout} {done.stderr}")
    return done.stdout


def hobnail(*arguments: str) -> dict[str, Any]:
    """Run a command in this process: what it needs is loaded once only."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = hobnail_main._status(["--store", str(STORE), *arguments])
    return {"status": status, "out": out.getvalue(), "err": err.getvalue()}


def typed(answer: str, *arguments: str) -> dict[str, Any]:
    """Run a command at a terminal, where a person types the answer."""
    child, terminal = pty.fork()
    if child == 0:
        os._exit(hobnail_main._status(["--store", str(STORE), *arguments]))
    os.write(terminal, answer.encode() + b"\n")
    said = b""
    with contextlib.suppress(OSError):  # EIO: it has ended
        while piece := os.read(terminal, 4096):
            said += piece
    return {"status": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), "out": said.decode(), "err": ""}


def mounted(name: str) -> dict[str, Any]:
    """Mount the volume that was written; hash its files, and try to write the namespace while it is mounted."""
    place = Path("/run/volume")
    place.mkdir()
    sh(f"mount -t vfat -o ro,codepage=437,iocharset=ascii /dev/{name}1 {place}")
    files = {
        str(path.relative_to(place)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in place.rglob("*")
        if path.is_file()
    }
    refusal = hobnail("write", "pmem", name, "--yes", "--serial", name)
    sh(f"umount {place}")
    return {"files": files, "refusal": refusal}


def digest(device: str) -> str:
    found = hashlib.sha256()
    with open(f"/dev/{device}", "rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def regions() -> dict[int, int]:
    """Return the number of each DIMM's region: the kernel counts them as they come, QEMU's handles from 1 on."""
    found = {}
    for place in ND.glob("region*"):
        dimm = (place / "mapping0").read_text().split(",")[0]
        handle = int((ND / dimm / "nfit/handle").read_text(), 16)
        found[handle - 1] = int(place.name.removeprefix("region"))
    return found


def labelled(dimm: int, sector: int) -> dict[str, Any]:
    """Make labels of version 1.2, and a namespace in sector mode."""
    number = REGION[dimm]
    label = (ND / f"region{number}/mapping0").read_text().split(",")[0]
    sh(f"ndctl disable-region region{number} && ndctl init-labels -V 1.2 {label}")
    sh(f"ndctl enable-region region{number}")
    made: dict[str, Any] = json.loads(sh(f"ndctl create-namespace -r region{number} -m sector -l {sector}"))
    assert made["mode"] == "sector", made
    return made


def refused() -> dict[str, Any]:
    """Ask for what must not be written."""
    ours, raw = f"pmem{REGION[1]}s", f"namespace{REGION[3]}.0"
    asked = {"raw": [raw], "raw by device": [f"/dev/pmem{REGION[3]}"], "no namespace": ["/dev/ram7"]}
    named = ("--yes", "--serial", ours)
    found = {name: hobnail("write", "pmem", *words, *named) for name, words in asked.items()}
    sh(f"ndctl create-namespace -f -e {raw} -m fsdax")
    found["fsdax"] = hobnail("write", "pmem", raw, *named)
    sh(f"ndctl disable-namespace {raw}")
    found["disabled"] = hobnail("write", "pmem", raw, *named)
    found["not agreed"] = hobnail("write", "pmem", ours, "--yes")
    found["another's name"] = hobnail("write", "pmem", ours, "--yes", "--serial", f"pmem{REGION[0]}s")
    found["nobody to ask"] = hobnail("write", "pmem", ours)
    sh(f"mkswap /dev/{ours} && swapon /dev/{ours}")
    found["swapped to"] = hobnail("write", "pmem", ours, *named)
    sh(f"swapoff /dev/{ours}")
    with open(f"/dev/{ours}", "rb") as file:
        file.seek(4096 - 10)
        assert file.read(10) == b"SWAPSPACE2", "a refused namespace was written"
    return found


def kernel_reads_version_2() -> dict[str, Any]:
    """Write a BTT 2.0 of ours through the raw namespace, then let the kernel take it."""
    made = labelled(2, 512)
    place = ND / made["dev"]
    size = (place / "size").read_text().strip()
    image = SHARE / "version2.btt"
    parent = sh(f"cat {place}/uuid").strip()
    words = ("--size", size, "--sector", "512", "--namespace-uuid", parent, "--json")
    written = hobnail("write", "pmem", "--btt-image", str(image), *words)
    sh(f"ndctl disable-namespace {made['dev']}")
    (place / "force_raw").write_text("1")
    sh(f"ndctl enable-namespace {made['dev']} && dd if={image} of=/dev/pmem{REGION[2]} bs=1M status=none")
    sh(f"ndctl disable-namespace {made['dev']}")
    (place / "force_raw").write_text("0")
    sh(f"ndctl enable-namespace {made['dev']}")
    return {"written": written, **_taken(2), "namespace": parent}


def two_arenas() -> dict[str, Any]:
    border = int((SHARE / "border").read_text())
    device = f"/dev/pmem{REGION[4]}s"
    with open(device, "r+b", buffering=0) as file:
        file.seek(border - 8192)
        read = hashlib.sha256(file.read(16384)).hexdigest()
        file.seek(border - 4096)
        file.write(b"kernel" * 2048)
        os.fsync(file.fileno())
    size = int((Path("/sys/block") / Path(device).name / "size").read_text()) * 512
    return {"uuid": _btt_uuid(4), "size": size, "sha256": read}


def _taken(dimm: int) -> dict[str, Any]:
    return {"uuid": _btt_uuid(dimm), "disk": _disk(dimm)}


def _btt_uuid(dimm: int) -> str:
    """Return the UUID of the BTT that the kernel took; its own if it made a new one."""
    for place in ND.glob(f"btt{REGION[dimm]}.*"):
        if (place / "namespace").read_text().strip():
            return (place / "uuid").read_text().strip()
    return ""


def _disk(dimm: int) -> dict[str, Any]:
    name = f"pmem{REGION[dimm]}s"
    queue = Path("/sys/block") / name
    sector = int((queue / "queue/logical_block_size").read_text())
    return {"size": int((queue / "size").read_text()) * 512, "sector": sector, "sha256": digest(name)}


def main() -> None:
    shutil.copytree(SHARE / "store", STORE)
    told: dict[str, Any] = {"kernel": sh("uname -r").strip(), "ndctl": sh("ndctl --version").strip()}
    # 1: made by us, taken by the kernel without a question, and written to by it
    told["version1"] = _taken(0)
    sh(f"dd if=/dev/urandom of=/dev/pmem{REGION[0]}s bs=512 seek=40000 count=3000 conv=notrunc,fsync status=none")
    told["version1 written"] = _disk(0)
    # 2: a write that was interrupted between flog and map is finished by the kernel
    told["interrupted"] = _taken(5)
    # 3: blocks on both sides of two arenas' border, read and then written by the kernel
    told["arenas"] = two_arenas()
    # 4: made by the kernel, written by us
    told["namespace"] = labelled(1, 4096)
    told["refused"] = refused()
    ours = f"pmem{REGION[1]}s"
    told["write"] = hobnail("write", "pmem", told["namespace"]["dev"], "--yes", "--serial", ours, "--json")
    told["mounted"] = mounted(ours)
    told["typed wrongly"] = typed("yes", "write", "pmem", ours)
    told["again"] = typed(ours, "write", "pmem", f"/dev/{ours}")
    told["disk"] = _disk(1)
    told["partitions"] = sh("cat /proc/partitions")
    # 5: the line that a refusal advises
    sh(told["refused"]["fsdax"]["err"].rpartition(": ")[2])
    advised = f"pmem{REGION[3]}s"
    told["advised"] = hobnail("write", "pmem", advised, "--yes", "--serial", advised)
    # 6: version 2.0 made by us, taken by the kernel
    told["version2"] = kernel_reads_version_2()
    (SHARE / "told.json").write_text(json.dumps(told))


for _ in range(100):  # the kernel finds them while we start
    REGION = regions()
    if len(REGION) == DIMMS and all(list(Path("/dev").glob(f"pmem{one}*")) for one in REGION.values()):
        break
    time.sleep(0.1)
main()
