"""`hobnail write tree` and `image export`, as a person runs them: damage and secrets."""

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.command import hobnail
from tests.tools import need_tool
from tests.vm.later import fill_later_store

SETTINGS = f"""
[profiles.lab]
root.password_hash = "$6$saltsalt${86 * "x"}"

[hosts.esx01]
mac = "52:54:00:4c:00:01"
profile = "lab"
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with an image of 7.0 and a host."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("store")
    fill_later_store(folder / "7", "7.0", {})
    (folder / "settings.toml").write_text(SETTINGS)
    hobnail("apply", "-f", folder / "settings.toml", store=folder / "7" / "store")
    return folder / "7" / "store"


def blob_of(store: Path, name: str, kind: str = "modules") -> Path:
    image = json.loads(hobnail("image", "show", "7.0.3", "--json", store=store).stdout)
    wanted = next(module for module in image[kind] if module["name"] == name)
    (blob,) = (path for path in store.rglob("*") if path.is_file() and path.name.endswith(wanted["sha256"][2:]))
    return blob


def flip(path: Path) -> None:
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("command", [("write", "tree"), ("image", "export", "7.0.3")])
def test_a_damaged_module_is_not_handed_on(command: tuple[str, ...], store: Path, tmp_path: Path) -> None:
    own = tmp_path / "store"
    shutil.copytree(store, own)
    flip(blob_of(own, "s.v00"))
    said = hobnail(*command, tmp_path / "tree", store=own, status=1).stderr
    assert "its bytes have changed; `hobnail image verify`" in said
    assert list(tmp_path.iterdir()) == [own]


def test_a_damaged_loader_is_not_put_on_a_cd(store: Path, tmp_path: Path) -> None:
    own = tmp_path / "store"
    shutil.copytree(store, own)
    flip(blob_of(own, "isolinux.bin", "loaders"))
    said = hobnail("write", "iso", tmp_path / "a.iso", store=own, status=1).stderr
    assert "isolinux.bin has changed in the store; `hobnail image verify`" in said
    assert list(tmp_path.iterdir()) == [own]


def test_secrets_are_named_and_kept(store: Path, tmp_path: Path) -> None:
    done = hobnail("write", "tree", tmp_path / "tree", "--host", "esx01", store=store)
    first, second = [line for line in done.stderr.splitlines() if "warning" not in line]
    assert first.startswith("secrets: its overlay holds ")
    for name in ("etc/ssh/ssh_host_rsa_key", "etc/vmware/ssl/rui.key", "usr/lib/hobnail/settings"):
        assert name in first
    assert second.endswith(f"chown USER {tmp_path}/tree")
    assert (tmp_path / "tree").stat().st_mode & 0o777 == 0o700
    facts = json.loads(hobnail("write", "tree", tmp_path / "other", "--host", "esx01", "--json", store=store).stdout)
    assert "etc/ssh/ssh_host_rsa_key" in facts["secrets"]


def test_without_secrets_all_may_read(store: Path, tmp_path: Path) -> None:
    done = hobnail("write", "tree", tmp_path / "tree", store=store)
    assert "secrets:" not in done.stdout + done.stderr
    assert (tmp_path / "tree").stat().st_mode & 0o777 == 0o755
