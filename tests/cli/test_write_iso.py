"""`hobnail write iso` as a person runs it, on stores filled from made-up media."""

import hashlib
import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import later_files, make_later_medium, spec_for
from hobnail.app.demo.medium import MediumSpec, bank_for, make_disk, small_file
from hobnail.image.model import Generation
from tests.cli.command import hobnail
from tests.tools import need_file, need_tool
from tests.write.iso_discs import HYBRID_ISOLINUX


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with 7.0 (the default image) from a CD with an isolinux.bin that a disk could start."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("write-iso")
    spec = replace(spec_for("7.0"), extra={"isolinux.bin": HYBRID_ISOLINUX})
    make_later_medium(spec, folder / "installer.iso", folder)
    done = hobnail("image", "import", folder / "installer.iso", store=folder / "store")
    assert "written to a stick as it is, the ISO boots by UEFI only (it is not hybrid)" in done.stdout
    return folder / "store"


def files_in(path: Path, name: str) -> str:
    need_tool("isoinfo")
    return subprocess.run(["isoinfo", "-R", "-x", name, "-i", path], capture_output=True, check=True).stdout.decode()


def test_what_is_said(store: Path, tmp_path: Path) -> None:
    target = tmp_path / "esxi.iso"
    done = hobnail("write", "iso", target, store=store)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"{target}: VMware ESXi 7.0.3 build 18825058, stateless, kernel and ")
    assert lines[1:] == [
        f"sha256  {digest}",
        "boots   UEFI from a CD and from a stick",
        "boots   BIOS from a CD and from a stick",
    ]
    assert all(line.startswith("writing: ") for line in done.stderr.splitlines())
    facts = json.loads(hobnail("write", "iso", target, "--force", "--json", store=store).stdout)
    image = json.loads(hobnail("image", "show", "7.0.3", "--json", store=store).stdout)
    assert facts == {
        "file": str(target),
        "size": target.stat().st_size,
        "sha256": digest,
        "image": image["id"],
        "uefi": True,
        "bios_lacks": "",
        "bios_stick_lacks": "",
    }


def test_it_can_be_imported_and_says_that_it_boots_from_a_stick(store: Path, tmp_path: Path) -> None:
    hobnail("write", "iso", tmp_path / "a.iso", store=store)
    done = hobnail("image", "import", tmp_path / "a.iso", store=tmp_path / "store")
    assert "VMware ESXi 7.0.3 build 18825058" in done.stdout
    assert done.stdout.splitlines()[-1] == "written to a stick as it is, the ISO boots by BIOS and UEFI"
    assert "warning" not in done.stderr


def test_a_ks_file_goes_on_the_cd(store: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers.cfg"
    answers.write_text("vmaccepteula\n")
    done = hobnail("write", "iso", tmp_path / "a.iso", "--mode", "install", "--ks", answers, store=store)
    assert "install, kernel and" in done.stdout
    assert "take the medium out when the installer is done" in done.stderr
    assert files_in(tmp_path / "a.iso", "/KS.CFG") == "vmaccepteula\n"
    assert "kernelopt=runweasel ks=cdrom:/KS.CFG cdromBoot\n" in files_in(tmp_path / "a.iso", "/boot.cfg")


def test_the_medium_s_own_uefi_entry(store: Path, tmp_path: Path) -> None:
    hobnail("write", "iso", tmp_path / "a.iso", "--uefi-entry", "medium", store=store)
    command = ["xorriso", "-indev", str(tmp_path / "a.iso"), "-report_el_torito", "plain"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert "El Torito img path :   2  /efiboot.img" in text


SETTINGS = """
[profiles.lab]
root.locked = true
ssh.enabled = true
[profiles.fixed]
mode = "stateless"
[hosts.esx01]
mac = "52:54:00:4c:00:01"
profile = "lab"
"""


def test_a_host_s_settings_are_its_last_module(store: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS)
    own = tmp_path / "store"
    shutil.copytree(store, own)
    hobnail("apply", "-f", tmp_path / "settings.toml", store=own)
    hobnail("overlay", "build", "esx01", "-o", tmp_path / "overlay.tgz", store=own)
    hobnail("write", "iso", tmp_path / "a.iso", "--host", "esx01", store=own)
    config = files_in(tmp_path / "a.iso", "/EFI/BOOT/boot.cfg")
    (modules,) = [line for line in config.splitlines() if line.startswith("modules=")]
    name = modules.rpartition(" --- /")[2]
    command = ["isoinfo", "-R", "-x", f"/{name}", "-i", str(tmp_path / "a.iso")]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    assert data == (tmp_path / "overlay.tgz").read_bytes()
    assert len(data) > 500
    assert (tmp_path / "a.iso").stat().st_mode & 0o777 == 0o600, "a host's own keys are in it"
    refused = hobnail(
        *("write", "iso", tmp_path / "b.iso", "--profile", "lab", "--host", "esx01"), store=own, status=2
    )
    assert "leave one out" in refused.stderr
    install = ("--profile", "fixed", "--mode", "install", "--ks", "http://10.0.0.1/ks")
    refused = hobnail("write", "iso", tmp_path / "b.iso", *install, store=own, status=2)
    assert "--ks is for an installer, and the settings say mode stateless" in refused.stderr


def test_a_ks_url_is_handed_on(store: Path, tmp_path: Path) -> None:
    url = "http://10.0.0.1/ks.cfg"
    hobnail("write", "iso", tmp_path / "a.iso", "--mode", "install", "--ks", url, store=store)
    assert f"ks={url} " in files_in(tmp_path / "a.iso", "/boot.cfg")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--ks", "http://10.0.0.1/ks"), "ks= tells an installer what to do; add --mode install"),
        (("--mode", "install", "--ks", "missing.cfg"), "missing.cfg: cannot be read: No such file or directory"),
        (("--mode", "install", "--ks", "/dev/zero"), "/dev/zero: is no file"),
        (("--image", "4.0"), "no image is called '4.0'; there are: "),
        (("--kernel-options", "a --- b"), "cannot be handed to a kernel"),
    ],
)
def test_what_is_refused(options: tuple[str, ...], words: str, store: Path, tmp_path: Path) -> None:
    done = hobnail("write", "iso", tmp_path / "a.iso", *options, store=store, status=2)
    (line,) = done.stderr.splitlines()
    assert words in line
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept(store: Path, tmp_path: Path) -> None:
    (tmp_path / "a.iso").write_bytes(b"mine")
    done = hobnail("write", "iso", tmp_path / "a.iso", store=store, status=2)
    assert "is there already; choose another name, or add --force" in done.stderr
    assert (tmp_path / "a.iso").read_bytes() == b"mine"


def test_an_empty_store(tmp_path: Path) -> None:
    done = hobnail("write", "iso", tmp_path / "a.iso", store=tmp_path / "store", status=2)
    assert "there is no image to write; import one: hobnail image import FILE" in done.stderr


def test_a_lost_blob_is_named(store: Path, tmp_path: Path) -> None:
    image = json.loads(hobnail("image", "show", "7.0.3", "--json", store=store).stdout)
    lost = next(module for module in image["modules"] if module["name"] == "s.v00")
    (blob,) = (path for path in store.rglob("*") if path.is_file() and path.name.endswith(lost["sha256"][2:]))
    kept = blob.rename(tmp_path / "kept")
    try:
        done = hobnail("write", "iso", tmp_path / "a.iso", store=store, status=1)
    finally:
        kept.rename(blob)
    assert "cannot be read: No such file or directory; `hobnail image verify`" in done.stderr
    assert not (tmp_path / "a.iso").exists()


def test_the_image_without_what_starts_a_cd(store: Path, tmp_path: Path) -> None:
    """As images are that were imported before isolinux.bin was kept."""
    spec = replace(spec_for("6.0"), without=frozenset({"isolinux.bin", "efiboot.img"}))
    cd = tmp_path / "cd"
    for name, data in later_files(spec).items():
        (cd / name).parent.mkdir(parents=True, exist_ok=True)
        (cd / name).write_bytes(data)
    hobnail("image", "import", cd, store=tmp_path / "store")
    done = hobnail("write", "iso", tmp_path / "a.iso", store=tmp_path / "store")
    assert "boots   BIOS" not in done.stdout
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("no BIOS: ")]
    assert "the image has no isolinux.bin: if its medium is an ISO, `hobnail image remove " in line
    refused = hobnail(
        "write", "iso", tmp_path / "b.iso", "--uefi-entry", "medium", store=tmp_path / "store", status=2
    )
    assert "the image has no efiboot.img of its medium; leave --uefi-entry out; or" in refused.stderr


def test_ctrl_c_leaves_nothing(store: Path, tmp_path: Path) -> None:
    """SIGINT while it writes 2 GiB, which takes long enough to be caught."""
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(2 << 30)
    code = f"""
import sys, time
from pathlib import Path
from hobnail.write.layout import Extent, FilePart, Layout
from hobnail.cli import main
from hobnail.app import write_iso
write_iso.iso_layout = lambda disc: Layout(2 << 30, (Extent(0, 2 << 30, FilePart(Path({str(large)!r}), 0, 2 << 30)),))
main.main(sys.argv[1:])
"""
    target = tmp_path / "a.iso"
    command = [sys.executable, "-c", code, "--store", str(store), "write", "iso", str(target)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("writing: ")
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        process.wait(60)
    assert process.returncode == 130, rest
    assert rest.splitlines()[-1] == "hobnail: interrupted"
    assert [path.name for path in tmp_path.iterdir()] == ["large"]


def test_images_up_to_4_1_by_this_machine_s_isolinux(tmp_path: Path) -> None:
    need_tool("xorriso", "mkfs.fat", "mcopy", "bzip2")
    need_file("/usr/lib/ISOLINUX/isolinux.bin", "isolinux")
    need_file("/usr/lib/syslinux/modules/bios/mboot.c32", "syslinux-common")
    bank = bank_for(Generation.ESXI41, small_file("kernel"), version="4.1.0", build="260247", filler=small_file)
    make_disk(MediumSpec(Generation.ESXI41, "4.1.0", "260247", bank), tmp_path / "stick.dd", tmp_path)
    hobnail("image", "import", tmp_path / "stick.dd", store=tmp_path / "store")
    done = hobnail("write", "iso", tmp_path / "a.iso", store=tmp_path / "store")
    assert done.stdout.splitlines()[2:] == ["boots   BIOS from a CD and from a stick"]
    (tmp_path / "empty").mkdir()
    refused = hobnail(
        *("write", "iso", tmp_path / "b.iso", "--loaders", tmp_path / "empty"), store=tmp_path / "store", status=2
    )
    words = f"isolinux.bin is not in {tmp_path / 'empty'}: `apt-get install isolinux syslinux-common`"
    assert words in refused.stderr
    install = hobnail("write", "iso", tmp_path / "b.iso", "--mode", "install", store=tmp_path / "store", status=2)
    assert "was imported as the hypervisor without its installer" in install.stderr
