"""`hobnail write disk` and `write tree`, as a person runs them."""

import json
import time
from pathlib import Path

import pytest

from hobnail.app.write import Wanted, chosen_plan
from hobnail.app.write_disk import format_for, parse_size
from hobnail.boot.plan import PlanOptions
from hobnail.errors import UserError
from hobnail.image.model import Generation, Image
from hobnail.store import Store
from hobnail.system.commands import run
from hobnail.system.syslinux import Installer
from tests.cli.command import hobnail
from tests.tools import need_tool
from tests.vm.lan import fill_store
from tests.vm.later import fill_later_store

Filled = tuple[Path, Image]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A store with an image of 4.0."""
    need_tool("mkfs.fat", "mcopy", "syslinux")
    folder = tmp_path_factory.mktemp("old")
    (folder / "kernel").write_bytes(b"\x7fELF a kernel")
    image = fill_store(folder / "40", Generation.ESXI40, folder / "kernel")
    return folder / "40" / "store", image


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A store with an image of 7.0."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("later")
    return folder / "7" / "store", fill_later_store(folder / "7", "7.0", {})


def test_help_names_the_targets(tmp_path: Path) -> None:
    text = hobnail("write", "--help", store=tmp_path).stdout
    assert "  disk  Write a disk image for virtual machines and BMCs." in text
    assert "No such command" in hobnail("write", "nowhere", store=tmp_path, status=2).stderr


def test_a_disk_is_described(later: Filled, tmp_path: Path) -> None:
    store, image = later
    done = hobnail("write", "disk", tmp_path / "esxi.img", store=store)
    first, second, third, last = done.stdout.splitlines()
    assert first.startswith(f"{tmp_path}/esxi.img: raw image of a disk of 68.2 MB (")
    assert first.endswith(f"written): {image.title}, kernel and 95 modules")
    assert second == "boots by UEFI"
    assert third.startswith("not by BIOS: syslinux 6.04 cannot load the medium's mboot.c32")
    assert last == "next: attach it to a machine with UEFI firmware as its first disk, and power it on"
    assert (tmp_path / "esxi.img").stat().st_size == 65 << 20


def test_json_and_the_format_by_its_name(later: Filled, tmp_path: Path) -> None:
    store, image = later
    path = tmp_path / "esxi.QCOW2"
    facts = json.loads(hobnail("write", "disk", path, "--size", "1G", "--json", store=store).stdout)
    assert (facts["format"], facts["size"], facts["image"]) == ("qcow2", 1 << 30, image.id)
    assert (facts["uefi"], facts["bios"]) == (True, None)
    assert "3.86" in facts["bios_lacks"]
    assert json.loads(run(["qemu-img", "info", "--output=json", path]).stdout)["format"] == "qcow2"
    raw = json.loads(hobnail("write", "disk", path, "--format=raw", "--force", "--json", store=store).stdout)
    assert (raw["format"], path.stat().st_size) == ("raw", 65 << 20)


def test_the_same_image_gives_the_same_bytes(old: Filled, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("one.img", "two.img")]
    for path in paths:
        hobnail("write", "disk", path, store=old[0])
    assert run(["cmp", *paths]).stdout == b""


def test_an_old_image_needs_syslinux(old: Filled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = old
    done = hobnail("write", "disk", tmp_path / "esxi.img", store=store)
    assert "boots by BIOS (SYSLINUX 6.04)\nnext: attach it to a machine with BIOS (legacy) firmware" in done.stdout
    monkeypatch.setenv("PATH", "/nonexistent")
    said = hobnail("write", "disk", tmp_path / "no.img", store=store, status=2).stderr
    assert "boots by BIOS only, and that cannot be written; syslinux is not in the store or /usr/lib/" in said
    assert "apt-get install syslinux syslinux-common mtools" in said
    assert not (tmp_path / "no.img").exists()


def test_old_images_on_large_sectors(old: Filled, tmp_path: Path) -> None:
    said = hobnail("write", "disk", tmp_path / "no.img", "--sector", "4096", store=old[0], status=2).stderr
    assert "BIOS boots from disks with sectors of 512 bytes only" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(["--size", "3M"], "a disk of 3145728 bytes is too small for this image; it needs ", id="small"),
        pytest.param(["--size", "1"], "a disk of 1 byte is too small for this image; it needs ", id="one byte"),
        pytest.param(["--size", "1000"], "a disk of 1000 bytes is too small for this image", id="as typed"),
        pytest.param(["--size", "big"], "'big' is no size; write it like 2G", id="no size"),
        pytest.param(["--image", "9.9"], "9.9", id="no such image"),
        pytest.param(["--ks", "http://x/ks.cfg"], "ks= tells an installer what to do; add --mode install", id="ks"),
        pytest.param(["--loaders", "/nonexistent"], "does not exist", id="no loaders there"),
    ],
)
def test_what_cannot_be(options: list[str], said: str, later: Filled, tmp_path: Path) -> None:
    assert said in hobnail("write", "disk", tmp_path / "esxi.img", *options, store=later[0], status=2).stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("location", "said"),
    [
        pytest.param("answers.cfg", "a file of this machine is not there when the host boots; give a URL", id="name"),
        pytest.param("/srv/answers.cfg", "hobnail write iso --ks FILE), or use a profile with [install]", id="path"),
        pytest.param("./a:b.cfg", "a file of this machine is not there", id="colon"),
        pytest.param("htp://10.0.0.1/ks", "ks=htp://10.0.0.1/ks is of no known kind; ", id="kind"),
        pytest.param("http:10.0.0.1", "is no whole address; write ks=http://", id="half a URL"),
        pytest.param("cdrom:ks.cfg", "names no file; write ks=cdrom:/KS.CFG", id="CD"),
    ],
)
def test_a_ks_that_no_host_can_find(location: str, said: str, later: Filled) -> None:
    wanted = Wanted(options=PlanOptions(mode="install", kickstart=location))
    with Store.open(later[0], now=time.time) as store, pytest.raises(UserError) as caught:
        chosen_plan(store, wanted)
    assert f"--ks {location}: " in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize("target", ["disk", "tree"])
def test_a_ks_file_is_for_an_iso(target: str, later: Filled, tmp_path: Path) -> None:
    options = ("--mode", "install", "--ks", "answers.cfg")
    done = hobnail("write", target, tmp_path / "esxi.img", *options, store=later[0], status=2)
    assert "hobnail write iso --ks FILE" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "location", ["http://10.0.0.1/ks.cfg", "nfs://10.0.0.1/ks", "ftp://x/ks", "cdrom:/KS.CFG", "usb:/KS.CFG", "usb"]
)
def test_a_ks_that_a_host_can_find(location: str, later: Filled) -> None:
    with Store.open(later[0], now=time.time) as store:
        plan = chosen_plan(store, Wanted(options=PlanOptions(mode="install", kickstart=location))).plan
    assert f"ks={location}" in plan.kernel_options.split()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "x.vmdk",
            ".vmdk images are not written here, raw and qcow2 are; write x.img, then `qemu-img convert -O vmdk",
        ),
        ("x.VHD", "qemu-img convert -O vpc x.img x.VHD`"),
        ("x.vhdx", "qemu-img convert -O vhdx x.img x.vhdx`"),
        ("x.vdi", "qemu-img convert -O vdi x.img x.vdi`; or say --format"),
        ("x.iso", "an ISO is no disk image; use `hobnail write iso`"),
    ],
)
def test_names_of_foreign_formats(name: str, said: str) -> None:
    with pytest.raises(UserError) as caught:
        format_for(Path(name))
    assert said in str(caught.value)


def test_a_foreign_name_is_taken_with_a_format(later: Filled, tmp_path: Path) -> None:
    path = tmp_path / "x.vmdk"
    said = hobnail("write", "disk", path, store=later[0], status=2).stderr
    assert ".vmdk images are not written here" in said
    assert list(tmp_path.iterdir()) == []
    hobnail("write", "disk", path, "--format", "raw", store=later[0])
    assert path.stat().st_size == 65 << 20


def test_the_help_tells_the_syslinux_that_is_taken(tmp_path: Path) -> None:
    text = " ".join(hobnail("write", "disk", "--help", store=tmp_path).stdout.split())
    assert "3.86 (or another before 5.00) from ESXi 5.0 on" in text
    assert all(Installer(tmp_path, release).takes_elf is (release >= "5.00") for release in ("3.86", "4.07", "5.00"))


def test_a_store_without_images(tmp_path: Path) -> None:
    said = hobnail("write", "disk", tmp_path / "x", store=tmp_path / "store", status=2).stderr
    assert said == "hobnail: there is no image to write; import one: hobnail image import FILE\n"


def test_a_file_that_is_there_stays(later: Filled, tmp_path: Path) -> None:
    (tmp_path / "esxi.img").write_bytes(b"precious")
    said = hobnail("write", "disk", tmp_path / "esxi.img", store=later[0], status=2).stderr
    assert "is there already; choose another name, or add --force" in said
    assert (tmp_path / "esxi.img").read_bytes() == b"precious"
    assert "is a folder" in hobnail("write", "disk", tmp_path, store=later[0], status=2).stderr


def test_an_installer_stick_keeps_the_installer(later: Filled, tmp_path: Path) -> None:
    path = tmp_path / "esxi.img"
    options = ("--mode", "install", "--ks", "usb:/KS.CFG", "--kernel-options", "debug=1", "--timeout", "3")
    hobnail("write", "disk", path, *options, store=later[0])
    text = run(["mtype", "-i", f"{path}@@1M", "::/EFI/BOOT/boot.cfg"]).stdout.decode()
    assert "kernelopt=runweasel ks=usb:/KS.CFG debug=1\n" in text
    assert "timeout=3\n" in text
    assert "/weaselin." in text


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), ("4k", 4096), ("65M", 65 << 20), ("8GiB", 8 << 30), ("1TB", 1 << 40)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5G", "G", "1P", "1 G"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(UserError, match="is no size"):
        parse_size(text)


def test_sizes_that_no_disk_has() -> None:
    assert parse_size("64T") == 64 << 40
    with pytest.raises(UserError, match="is too large for a disk image; use 64T or less"):
        parse_size("999999999999999T")


def test_a_tree_with_all_names(later: Filled, tmp_path: Path) -> None:
    store, image = later
    folder, base = tmp_path / "tree", "http://10.0.0.1:8080/esx"
    done = hobnail("write", "tree", folder, "--url", f"{base}/", "--kernel-options", "x=1", store=store)
    names = dict(line.strip().split("  ", 1) for line in done.stdout.splitlines() if line.startswith("  "))
    own = f"{base}/{image.short_id}"
    assert {name: value.strip() for name, value in names.items()} == {
        "UEFI": f"{image.short_id}/mboot.efi",
        "UEFI HTTP": f"{own}/mboot.efi",
        "iPXE on UEFI": f"{own}/boot.ipxe",
    }
    assert "PXELINUX 6.04 cannot load the medium's mboot.c32" in done.stderr
    config = (folder / image.short_id / "boot.cfg").read_text()
    assert "kernel=b.b00\n" in config
    assert "kernelopt=x=1\n" in config
    script = (folder / image.short_id / "boot.ipxe").read_text().splitlines()
    assert script[2] == f"kernel {own}/mboot.efi -c {own}/boot.cfg BOOTIF=01-${{netX/mac:hexhyp}}"
    assert not (folder / image.short_id / "bios.ipxe").exists(), "there is no pxelinux.0 that could be its next"
    said = hobnail("write", "tree", folder, store=store, status=2).stderr
    assert "is not an empty folder" in said
    for url in ("10.0.0.1", "http://two words/"):
        assert "URL" in hobnail("write", "tree", tmp_path / "t2", "--url", url, store=store, status=2).stderr
    assert not (tmp_path / "t2").exists()


def test_a_tree_for_a_host_of_an_old_release(old: Filled, tmp_path: Path) -> None:
    store, image = old
    folder = tmp_path / "tree"
    facts = json.loads(hobnail("write", "tree", folder, "--mac", "525400000001", "--json", store=store).stdout)
    assert facts["boot_files"] == {"BIOS": "pxelinux.0"}
    assert "BOOTIF=01-52-54-00-00-00-01" in (folder / "pxelinux.cfg/01-52-54-00-00-00-01").read_text()
    assert "BOOTIF" not in (folder / "pxelinux.cfg/default").read_text()
    names = {path.name for path in (folder / image.short_id).iterdir()}
    assert names == {module.name for module in (image.kernel, *image.modules)}
