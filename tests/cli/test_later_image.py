"""`hobnail image` on media of 5.0 and later, as a person runs it."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from gzip import compress
from pathlib import Path

import pytest

from hobnail.app.demo.later_bodies import elf
from hobnail.app.demo.later_medium import LaterSpec, later_files, make_later_medium, spec_for
from tests.cli.command import hobnail
from tests.media.builders import unpack_to
from tests.tools import need_tool

SPEC = replace(
    spec_for("7.0"),
    modules=("k.b00 debug=1", *spec_for("7.0").modules[4:]),
    bodies={
        "b.b00": compress(elf(b"x"), mtime=0),
        "tpm.v00": b"\x1f\x8b\x08" + bytes(50),
        "vim.v00": compress(b"a\x1bb"),
    },
    names="plain",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an image of 7.0.3."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("later")
    make_later_medium(SPEC, folder / "esxi.iso", folder)
    done = hobnail("image", "import", folder / "esxi.iso", store=folder / "store")
    assert done.stdout.startswith("image ")
    assert "VMware ESXi 7.0.3 build 18825058, kernel and 93 modules" in done.stdout
    return folder / "store"


def shown(store: Path, *arguments: str) -> str:
    return hobnail("image", "show", "7.0.3", *arguments, store=store).stdout


def as_json(store: Path, module: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(shown(store, module, "--json"))
    return found


def test_the_image_holds_the_medium_s_files(store: Path) -> None:
    image = json.loads(shown(store, "--json"))
    put_in = later_files(SPEC)
    assert "efiboot.img" in [file["name"] for file in image["loaders"]]
    for file in [image["kernel"], *image["modules"], *image["loaders"]]:
        if file["name"] == "efiboot.img":  # made by mkfs.fat, not among these files
            continue
        data = put_in[file["origin"].lower()]
        assert (file["size"], file["sha256"]) == (len(data), hashlib.sha256(data).hexdigest())
    assert [f"{file['name']} {file['options']}".strip() for file in image["modules"]] == list(SPEC.modules)
    assert image["boot_config"] == put_in["boot.cfg"].decode()
    assert (image["generation"], image["architecture"]) == ("7", "x86_64")


def test_show_lists_loaders_and_options(store: Path) -> None:
    text = shown(store)
    assert "Loaders of the medium:" in text
    assert "from k.b00, options debug=1" in text
    assert "from efi/boot/bootx64.efi" in text
    assert "stick     written to a stick as it is, the ISO boots by UEFI only (it is not hybrid)" in text


def test_show_lists_what_is_in_a_tardisk(store: Path) -> None:
    lines = shown(store, "s.v00").splitlines()
    assert lines[0] == "s.v00 of VMware ESXi 7.0.3 build 18825058"
    assert lines[1] == "kind      vmtar archive in xz in gzip"
    assert "drwxr-xr-x           0  etc/vmware/" in lines
    assert "-rw-r--r--          33  etc/vmware/release" in lines
    found = as_json(store, "S.V00")
    assert (found["kind"], found["layers"], found["unpacked_size"]) == ("vmtar", ["gzip", "xz"], 12288)
    assert {"name": "bin/sh", "size": 2, "mode": 0o644}.items() <= found["files"][-1].items()  # type: ignore[index]


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("b.b00", "kind      ELF program in gzip"),
        ("b.b00", "program   64-bit, for x86_64"),
        ("imgdb.tgz", "kind      tar archive in gzip"),
        ("imgdb.tgz", "drwxr-xr-x           0  var/db"),
        ("uc_amd.b00", "role      system"),
        ("mboot.efi", "kind      UEFI program for x86_64"),
        ("safeboot.c32", "kind      COM32 program of SYSLINUX 3 and 4"),
        ("vim.v00", "kind      unknown data in gzip"),
    ],
)
def test_show_tells_each_kind(store: Path, module: str, says: str) -> None:
    assert says in shown(store, module).splitlines()


def test_a_damaged_and_a_missing_module_are_said(store: Path) -> None:
    damaged = hobnail("image", "show", "7.0.3", "tpm.v00", store=store, status=2)
    assert damaged.stderr.startswith("hobnail: tpm.v00 (byte ")
    missing = hobnail("image", "show", "7.0.3", "nope.v00", store=store, status=2)
    assert "has no module nope.v00; `hobnail image show" in missing.stderr


def test_warnings_are_printed_and_an_image_comes_of_it(tmp_path: Path) -> None:
    spec: LaterSpec = replace(spec_for("6.0"), without=frozenset({"efi/boot/bootx64.efi"}))
    folder = unpack_to(tmp_path / "cd", later_files(spec))
    done = hobnail("image", "import", folder, store=tmp_path / "store")
    assert "warning: the medium has no mboot.efi" in done.stderr
    assert "VMware ESXi 6.0.0" in done.stdout


def test_a_missing_module_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    folder = unpack_to(tmp_path / "cd", later_files(replace(spec_for("6.0"), without=frozenset({"xorg.v00"}))))
    done = hobnail("image", "import", folder, store=tmp_path / "store", status=2)
    assert f"{folder}!boot.cfg: it names /xorg.v00, and the medium has no such file" in done.stderr
    assert not [path for path in (tmp_path / "store" / "blobs").rglob("*") if path.is_file()]
    assert not list((tmp_path / "store" / "staging").iterdir())


def test_a_hundred_megabytes_in_a_module_are_shown_in_little_memory(tmp_path: Path) -> None:
    spec = replace(spec_for("6.0"), bodies={"vsan.v00": compress(elf(bytes(150 << 20)), 1, mtime=0)})
    hobnail("image", "import", unpack_to(tmp_path / "cd", later_files(spec)), store=tmp_path / "store")
    code = (
        "import sys\n"
        "from hobnail.cli import main\n"
        "try: main.main(sys.argv[1:])\n"
        "finally: print([line for line in open('/proc/self/status') if 'VmHWM' in line][0], file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code, "--store", str(tmp_path / "store"), "image", "show", "6.0.0", "vsan.v00"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{150 * (1 << 20) + 120} unpacked" in done.stdout
    (peak,) = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("VmHWM")]
    assert int(peak) * 1024 < 100_000_000
