"""`hobnail image`, as a person runs it, on media of all three generations."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hobnail.image.model import Generation
from tests.cli.command import hobnail
from tests.image.media import ORDER, spec
from tests.tools import need_tool


@pytest.fixture(scope="module")
def store(isos: dict[Generation, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an image of each generation, 4.0 the default."""
    folder = tmp_path_factory.mktemp("cli") / "store"
    for generation in (Generation.ESXI40, Generation.ESX35, Generation.ESXI41):
        hobnail("image", "import", isos[generation], store=folder)
    return folder


def show(store: Path, reference: str) -> dict[str, object]:
    shown: dict[str, object] = json.loads(hobnail("image", "show", reference, "--json", store=store).stdout)
    return shown


@pytest.mark.parametrize("generation", ORDER)
def test_an_imported_image_holds_what_was_put_into_the_medium(store: Path, generation: Generation) -> None:
    shown = json.loads(hobnail("image", "list", "--json", store=store).stdout)
    (image,) = [one for one in shown if one["generation"] == generation]
    loaded = [image["kernel"], *image["modules"]]
    assert [module["name"] for module in loaded] == ORDER[generation].split()
    bank = spec(generation).bank
    for module in loaded:
        data = bank[module["name"]]
        assert module["size"] == len(data)
        assert module["sha256"] == hashlib.sha256(data).hexdigest()
        assert "!partition 5!" in module["origin"]
    assert all(left["reason"] and left["source"] for left in image["left_out"])


def test_importing_again_says_so_and_does_nothing(store: Path, isos: dict[Generation, Path], tmp_path: Path) -> None:
    before = sorted(path for path in store.rglob("*"))
    renamed = tmp_path / "other name.bin"
    renamed.symlink_to(isos[Generation.ESXI40])
    done = hobnail("image", "import", renamed, store=store)
    assert "was imported before" in done.stdout
    again = hobnail("image", "import", "--json", renamed, store=store)
    facts = json.loads(again.stdout)
    assert (facts["new"], facts["same_medium"]) == (False, True)
    assert {json.loads(line)["phase"] for line in again.stderr.splitlines()} == {"reading"}
    assert sorted(path for path in store.rglob("*")) == before


def test_another_medium_with_the_same_image_is_one_image(isos: dict[Generation, Path], tmp_path: Path) -> None:
    need_tool("xorriso")
    store, tree = tmp_path / "store", tmp_path / "unpacked"
    hobnail("image", "import", isos[Generation.ESXI41], store=store)
    subprocess.run(
        ["xorriso", "-osirrox", "on", "-indev", isos[Generation.ESXI41], "-extract", "/", tree],
        check=True,
        capture_output=True,
    )
    done = hobnail("image", "import", tree, store=store)
    assert "has this image already" in done.stdout
    (image,) = json.loads(hobnail("image", "list", "--json", store=store).stdout)
    assert [medium["kind"] for medium in image["media"]] == ["ISO 9660 image", "directory"]


def test_list_marks_the_default_and_show_tells_origins(store: Path) -> None:
    lines = hobnail("image", "list", store=store).stdout.splitlines()
    assert lines[0].split()[0] == "IMAGE"
    assert [line for line in lines if line.startswith("*") and "4.0.0" in line]
    text = hobnail("image", "show", "4.0.0", store=store).stdout
    assert "image.tgz!usr/lib/vmware/installer/VMware-VMvisor-big-4.0.0-" in text
    assert "pkgdb.tgz" in text
    assert "a stateless host has no disk to install to" in text


def test_piped_progress_is_plain_lines(isos: dict[Generation, Path], tmp_path: Path) -> None:
    done = hobnail("image", "import", isos[Generation.ESX35], store=tmp_path / "store")
    lines = done.stderr.splitlines()
    assert lines
    assert all(line.startswith("copying modules: ") for line in lines)
    assert "\x1b" not in done.stderr
    assert done.stdout.startswith("image ")


def test_json_progress_ends_with_all_bytes(isos: dict[Generation, Path], tmp_path: Path) -> None:
    done = hobnail("image", "import", "--json", isos[Generation.ESX35], store=tmp_path / "store")
    steps = [json.loads(line) for line in done.stderr.splitlines()]
    assert steps[-1]["done"] == steps[-1]["total"]
    assert {step["phase"] for step in steps} == {"copying"}  # a medium of a new size is hashed meanwhile
    facts = json.loads(done.stdout)
    assert facts["new"]
    assert facts["image"]["version"] == "3.5.0"


def test_a_terminal_gets_a_bar(isos: dict[Generation, Path], tmp_path: Path) -> None:
    need_tool("script")
    command = f"{sys.executable} -m hobnail --store {tmp_path / 'store'} image import {isos[Generation.ESX35]}"
    out = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        check=False,
        capture_output=True,
        timeout=60,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
    )
    assert out.returncode == 0, out.stdout
    text = out.stdout.decode()
    assert "\x1b[" in text, "no bar was drawn"
    assert "copying modules" in text
    assert "MB/s" in text or "kB/s" in text


def test_verify_finds_a_changed_and_a_lost_file(isos: dict[Generation, Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    hobnail("image", "import", isos[Generation.ESX35], store=store)
    assert hobnail("image", "verify", store=store).stdout.count(" ok") == 6
    image = json.loads(hobnail("image", "show", "3.5.0", "--json", store=store).stdout)
    blob = {m["name"]: store / "blobs/sha256" / m["sha256"][:2] / m["sha256"] for m in image["modules"]}
    data = bytearray(blob["cim.tgz"].read_bytes())
    data[100] ^= 1
    blob["cim.tgz"].chmod(0o644)
    blob["cim.tgz"].write_bytes(data)
    blob["oem.tgz"].unlink()
    done = hobnail("image", "verify", "3.5.0", store=store, status=1)
    wrong = [line for line in done.stdout.splitlines() if "WRONG" in line]
    assert len(wrong) == 2
    assert "cim.tgz" in wrong[0]
    assert "oem.tgz" in wrong[1]
    assert "missing" in wrong[1]
    assert "import the medium again" in done.stderr


def test_remove_frees_everything(isos: dict[Generation, Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    hobnail("image", "import", isos[Generation.ESX35], store=store)
    done = hobnail("image", "remove", "3.5.0", store=store)
    assert "removed VMware ESX Server 3i 3.5.0" in done.stdout
    assert json.loads(hobnail("image", "list", "--json", store=store).stdout) == []
    assert not [path for path in (store / "blobs").rglob("*") if path.is_file()]


def test_export_writes_the_classic_tree(store: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tftpboot"
    hobnail("image", "export", "4.0.0", tree, "--mac", "52-54-00-4C-00-01", "--kernel-options", "a=b", store=store)
    image = json.loads(hobnail("image", "show", "4.0.0", "--json", store=store).stdout)
    short = image["id"][:12]
    for module in [image["kernel"], *image["modules"]]:
        data = (tree / short / module["name"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == module["sha256"]
    default = (tree / "pxelinux.cfg" / "default").read_text()
    append = [line for line in default.splitlines() if line.startswith("APPEND")]
    assert append == [
        f"APPEND {short}/vmkboot.gz a=b --- "
        + " --- ".join(f"{short}/{name}" for name in ORDER[Generation.ESXI40].split()[1:])
    ]
    assert "BOOTIF=01-52-54-00-4c-00-01" in (tree / "pxelinux.cfg" / "01-52-54-00-4c-00-01").read_text()
    assert {path.name for path in tree.iterdir()} >= {"pxelinux.0", "ldlinux.c32", "mboot.c32", "libcom32.c32"}


def test_export_touches_no_folder_with_files(store: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = hobnail("image", "export", "4.0.0", tmp_path, store=store, status=2)
    assert "is not an empty folder" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["image", "show", "7.0.3"], "7.0.3"),
        (["image", "remove", "ffff"], "ffff"),
        (["image", "export", "4.0.0", "x", "--mac", "nonsense"], "no MAC address"),
        (["image", "import"], "Missing argument"),
        (["image", "frobnicate"], "No such command"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(store: Path, arguments: list[str], says: str) -> None:
    done = hobnail(*arguments, store=store, status=2)
    assert says in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.iso", b""), ("text.iso", b"hello\n" * 1000), ("zip.iso", b"PK\x03\x04" + bytes(5000))],
)
def test_a_foreign_file_leaves_nothing_in_the_store(tmp_path: Path, name: str, content: bytes) -> None:
    store, path = tmp_path / "store", tmp_path / name
    hobnail("image", "list", store=store)
    before = sorted(store.rglob("*"))
    path.write_bytes(content)
    done = hobnail("image", "import", path, store=store, status=2)
    assert name in done.stderr
    assert len(done.stderr.splitlines()) <= 2
    assert sorted(store.rglob("*")) == before


def test_a_truncated_iso_names_the_file_and_leaves_nothing(isos: dict[Generation, Path], tmp_path: Path) -> None:
    store, path = tmp_path / "store", tmp_path / "half.iso"
    hobnail("image", "list", store=store)
    before = sorted(store.rglob("*"))
    path.write_bytes(isos[Generation.ESXI40].read_bytes()[: isos[Generation.ESXI40].stat().st_size // 2])
    done = hobnail("image", "import", path, store=store, status=2)
    assert "half.iso" in done.stderr
    assert sorted(store.rglob("*")) == before


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    done = hobnail("image", "import", tmp_path / "none.iso", store=tmp_path / "store", status=2)
    assert "none.iso" in done.stderr


def test_peak_memory_of_an_import_stays_below_200_mb(isos: dict[Generation, Path], tmp_path: Path) -> None:
    # VmHWM, not ru_maxrss: that one begins with the size of the process that called us.
    code = (
        "import sys\n"
        "from hobnail.cli import main\n"
        "try: main.main(sys.argv[1:])\n"
        "finally: print([line for line in open('/proc/self/status') if 'VmHWM' in line][0], file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--store", tmp_path / "store", "image", "import", isos[Generation.ESXI40]],
        capture_output=True,
        text=True,
        check=True,
    )
    (peak,) = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("VmHWM")]
    assert int(peak) * 1024 < 200_000_000


def test_a_name_that_is_no_utf8_is_kept_readable(isos: dict[Generation, Path], tmp_path: Path) -> None:
    copy = os.fsencode(tmp_path) + b"/real\xff.iso"
    Path(os.fsdecode(copy)).write_bytes(isos[Generation.ESX35].read_bytes())
    hobnail("image", "import", os.fsdecode(copy), store=tmp_path / "store")
    (image,) = json.loads(hobnail("image", "list", "--json", store=tmp_path / "store").stdout)
    assert image["media"][0]["name"] == "real\\xff.iso"


def test_debug_shows_the_traceback_and_keeps_the_status(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hobnail", "--debug", "--store", tmp_path / "s", "image", "import", tmp_path / "none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("hobnail: ")


def test_another_image_can_be_made_default(isos: dict[Generation, Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    for generation in (Generation.ESXI40, Generation.ESX35):
        hobnail("image", "import", isos[generation], store=store)
    assert "3.5.0" in hobnail("image", "default", "3.5.0", store=store).stdout
    rows = json.loads(hobnail("image", "list", "--json", store=store).stdout)
    assert {row["version"]: row["default"] for row in rows} == {"4.0.0": False, "3.5.0": True}


def test_export_into_the_empty_folder_at_hand_lets_a_tftp_server_read(store: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"umask 077; {sys.executable} -m hobnail --store {store} image export 4.0.0 ."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    paths = list(tmp_path.rglob("*"))
    assert paths
    assert all(path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644) for path in paths)


def test_ctrl_c_in_an_import_says_so_and_leaves_nothing(isos: dict[Generation, Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    hobnail("image", "list", store=store)
    before = sorted(store.rglob("*"))
    code = (
        "import os, signal, sys\n"
        "from hobnail.cli.main import main\n"
        "from hobnail.store.blobs import BlobWriter\n"
        "finish = BlobWriter.finish\n"
        "def interrupt(self):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    return finish(self)\n"
        "BlobWriter.finish = interrupt\n"
        "main(sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--store", store, "image", "import", isos[Generation.ESXI40]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr.splitlines()[-1] == "hobnail: interrupted"
    assert sorted(store.rglob("*")) == before


def test_an_image_that_settings_name_is_not_removed_by_mistake(isos: dict[Generation, Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    for generation in (Generation.ESX35, Generation.ESXI40):
        hobnail("image", "import", isos[generation], store=store)
    settings = tmp_path / "hobnail.toml"
    hosts = "".join(f'[hosts.h{n}]\nmac = "52:54:00:00:00:0{n}"\nprofile = "old"\n' for n in range(3))
    own = "".join(f'[hosts.own{n}]\nserial = "S{n}"\nimage = "3.5.0"\n' for n in range(6))
    settings.write_text(f'[profiles.old]\nimage = "3.5.0"\n[profiles.new]\nimage = "4.0.0"\n{hosts}{own}')
    hobnail("apply", "-f", settings, store=store)
    done = hobnail("image", "remove", "3.5.0", store=store, status=2)
    assert "name VMware ESX Server 3i 3.5.0" in done.stderr
    assert ": profile old, host own0, host own1, host own2, host own3 and 2 more; apply others first" in done.stderr
    assert hobnail("image", "show", "3.5.0", store=store).stdout
    done = hobnail("image", "remove", "3.5.0", "--force", store=store)
    assert done.stderr.startswith("warning: the settings in force name ")
    assert done.stdout.startswith("removed ")


def test_a_running_serve_keeps_its_default(isos: dict[Generation, Path], tmp_path: Path) -> None:
    store = tmp_path / "store"
    for generation in (Generation.ESX35, Generation.ESXI40):
        hobnail("image", "import", isos[generation], store=store)
    done = hobnail("image", "default", "4.0.0", store=store)
    assert done.stderr == "a running serve keeps its default until it is started again\n"
    assert hobnail("image", "default", "4.0.0", store=store).stderr == "", "nothing changed"
