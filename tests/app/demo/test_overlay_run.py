"""An overlay of 4.0, 6.7 and 8.0, unpacked over a busybox tree, does on the stand-in what it is for."""

from pathlib import Path

import pytest

from hobnail.app.demo.overlay_run import run_overlay
from hobnail.errors import SystemFailure
from hobnail.image.model import Generation
from hobnail.profile.overlay import build
from hobnail.profile.settings import NfsDatastore, Root, Settings, Ssh
from tests.profile.overlay.samples import KEY, NO_SECRETS, SHA512, content
from tests.tools import need_tool

RELEASES = [(Generation.ESXI40, "4.0.0"), (Generation.ESXI6, "6.7.0"), (Generation.ESXI8, "8.0.3")]


@pytest.mark.parametrize(("generation", "version"), RELEASES, ids=str)
def test_ssh_on_key_in_place_store_mounted_name_set(generation: Generation, version: str, tmp_path: Path) -> None:
    need_tool("busybox", "unshare", "mount", "chroot", "ldd")
    settings = Settings(
        root=Root(SHA512),
        ssh=Ssh(True, (KEY,)),
        host_name="esx7",
        domain="lab.example",
        nfs=(NfsDatastore("shared1", "10.0.0.9", "/export/vm"),),
    )
    overlay = build(settings, NO_SECRETS, generation, version, content)
    state = run_overlay(overlay.archive(), generation, tmp_path / "host", version)
    assert state.ssh
    assert state.authorized_keys == KEY + "\n"
    assert state.stores == ("shared1",)
    assert state.host_name == "esx7.lab.example"
    assert state.root_hash == SHA512
    assert state.failures == ()


def test_a_damaged_overlay_is_told(tmp_path: Path) -> None:
    need_tool("busybox", "unshare", "mount", "chroot", "ldd")
    with pytest.raises(SystemFailure, match="tar"):
        run_overlay(b"no archive", Generation.ESXI8, tmp_path / "host")
