"""`hobnail overlay` as a person runs it, on a store with an image of 8.0 and two hosts."""

import gzip
import io
import json
import stat
import tarfile
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import make_later_medium, spec_for
from tests.cli.command import hobnail
from tests.profile.overlay.samples import SHA512
from tests.tools import need_tool

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f me@desk"
SETTINGS = f"""
[profiles.lab]
ssh.enabled = true
ssh.authorized_keys = ["{KEY}"]
root.password_hash = "{SHA512}"
console.serial = "com1"
[profiles.lab.nfs]
shared1 = {{ server = "10.0.0.9", share = "/export/vm" }}
[hosts.esx1]
mac = "52:54:00:4c:00:01"
profile = "lab"
[hosts.esx2]
mac = "52:54:00:4c:00:02"
profile = "lab"
root.locked = true
[hosts.plain]
mac = "52:54:00:4c:00:03"
ssh.keep_host_keys = false
tls.keep_certificate = false
[hosts.installed]
mac = "52:54:00:4c:00:04"
mode = "install"
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("overlay")
    make_later_medium(spec_for("8.0"), folder / "esxi.iso", folder)
    hobnail("image", "import", folder / "esxi.iso", store=folder / "store")
    (folder / "hobnail.toml").write_text(SETTINGS)
    hobnail("apply", "-f", folder / "hobnail.toml", store=folder / "store")
    return folder / "store"


def test_show_lists_what_is_in_it(store: Path) -> None:
    shown = hobnail("overlay", "show", "esx1", store=store).stdout
    assert shown.startswith("esx1, VMware ESXi 8.0.2")
    assert "kernel options: gdbPort=none logPort=none tty2Port=com1" in shown
    assert "-rwxr-xr-x  0:0" in shown
    assert "etc/ssh/keys-root/authorized_keys" in shown
    assert "with Secure Boot: the overlay is unsigned" in shown
    assert SHA512 not in shown


def test_show_as_json(store: Path) -> None:
    shown = json.loads(hobnail("overlay", "show", "esx1", "--json", store=store).stdout)
    by_path = {member["path"]: member for member in shown["members"]}
    assert by_path["usr/lib/hobnail/settings"]["mode"] == 0o600
    assert by_path["etc"]["kind"] == "folder"
    assert len(shown["sha256"]) == 64
    assert shown["secure_boot"][0]["next_step"]


def test_build_writes_what_show_tells(store: Path, tmp_path: Path) -> None:
    file = tmp_path / "hobnail.tgz"
    said = hobnail("overlay", "build", "esx1", "-o", file, store=store).stdout
    shown = json.loads(hobnail("overlay", "show", "esx1", "--json", store=store).stdout)
    assert shown["sha256"] in said
    assert "to be given to the kernel too: gdbPort=none" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as tar:
        assert tar.getnames() == [member["path"] for member in shown["members"]]
    assert [path.name for path in tmp_path.iterdir()] == ["hobnail.tgz"]
    assert hobnail("overlay", "diff", "esx1", file, store=store).stdout == "the same\n"


def test_diff_names_what_differs_and_no_secret(store: Path) -> None:
    said = hobnail("overlay", "diff", "esx1", "esx2", store=store, status=1).stdout
    assert "usr/lib/hobnail/settings: content " in said
    assert "    - root_hash (secret)\n" in said
    assert "    + root_hash (secret)\n" in said
    assert "etc/ssh/ssh_host_rsa_key: content" in said
    assert "lib.sh" not in said
    assert SHA512 not in said
    only = hobnail("overlay", "diff", "esx1", "plain", store=store, status=1).stdout
    assert "etc/ssh/keys-root/authorized_keys: only in esx1" in only


def test_bad_input(store: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no overlay")
    (tmp_path / "cut.tgz").write_bytes(b"\x1f\x8b\x08" + bytes(40))
    for arguments, message in (
        (("show", "esx9"), "no host 'esx9'"),
        (("diff", "esx1", str(tmp_path / "text")), "not compressed by gzip"),
        (("diff", str(tmp_path / "cut.tgz"), "esx1"), "damaged gzip"),
        (("diff", "esx1", "./nothing"), "cannot be opened"),
    ):
        said = hobnail("overlay", *arguments, store=store, status=2).stderr
        assert message in said, said
        assert len(said.splitlines()) == 1
    said = hobnail("overlay", "build", "esx1", "-o", tmp_path / "no" / "x", store=store, status=1).stderr
    assert "cannot be written" in said


def test_a_host_that_keeps_no_keys_has_none_in_it(store: Path) -> None:
    shown = json.loads(hobnail("overlay", "show", "plain", "--json", store=store).stdout)
    paths = [member["path"] for member in shown["members"] if member["kind"] == "file"]
    assert "usr/lib/hobnail/settings" in paths
    assert "etc/ssh/ssh_host_rsa_key" not in paths
    assert "etc/vmware/ssl/rui.key" not in paths


def test_a_host_without_an_overlay(store: Path, tmp_path: Path) -> None:
    shown = hobnail("overlay", "show", "installed", store=store).stdout
    assert shown.splitlines()[0].endswith("no overlay: nothing asks for one")
    said = hobnail("overlay", "build", "installed", "-o", tmp_path / "x", store=store, status=2).stderr
    assert "need no overlay" in said
    assert not list(tmp_path.iterdir())
    assert "only in esx1" in hobnail("overlay", "diff", "installed", "esx1", store=store, status=1).stdout


def packed(file: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(file, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file


def test_overlays_of_others_may_hold_anything(store: Path, tmp_path: Path) -> None:
    odd = packed(
        tmp_path / "odd.tgz",
        {"a\x1b[2J\nb": b"", "usr/lib/hobnail/settings": b"\x1f\nno end\x1b\n\xff\xfe\n\nlicense\x1fKEY-1\x1f."},
    )
    plain = packed(tmp_path / "plain.tgz", {"usr/lib/hobnail/settings": b"\x1f\nera\x1fmodern\x1f.\n"})
    said = hobnail("overlay", "diff", odd, plain, store=store, status=1).stdout
    assert "a\\x1b[2J\\x0ab: only in" in said
    assert "- no end\\x1b" in said
    assert "- license (secret)" in said
    assert "+ era modern" in said
    assert "KEY-1" not in said
    assert "\x1b" not in said
    (tmp_path / "text.tgz").write_bytes(gzip.compress(b"x" * 700))
    assert "damaged tar" in hobnail("overlay", "diff", tmp_path / "text.tgz", plain, store=store, status=2).stderr
