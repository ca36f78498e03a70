"""A folder for another server: checked while it is copied, whole or not there, and closed where secrets are in it."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from hobnail.errors import SystemFailure, UserError
from hobnail.write import tree
from hobnail.write.layout import FilePart
from hobnail.write.tree import Source, tree_of, write_tree
from tests.images import image_67
from tests.write.files import OVERLAY, blobs, with_overlay

FILES: Mapping[str, Source] = {"pxelinux.0": b"loader", "pxelinux.cfg/default": b"x", "abc/b.b00": b"kernel"}


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in folder.rglob("*")}


def part(path: Path, data: bytes) -> FilePart:
    path.write_bytes(data)
    return FilePart(path, 0, len(data), hashlib.sha256(data).hexdigest())


def test_all_of_a_plan_stands_there(tmp_path: Path) -> None:
    plan = with_overlay(image_67())
    files = tree_of(plan, blobs(tmp_path / "blobs"), loaders={})
    write_tree(files, tmp_path / "tree")
    for module in (plan.image.kernel, *plan.modules):
        data = (tmp_path / "tree" / plan.path(module)).read_bytes()
        assert data == OVERLAY if module.name == "hobnail.tgz" else hashlib.sha256(data).hexdigest() == module.sha256


@pytest.mark.parametrize("there", [False, True])
@pytest.mark.parametrize("damage", ["flipped", "cut", "lost"])
def test_a_damaged_store_leaves_nothing(damage: str, there: bool, tmp_path: Path) -> None:
    data = bytes(range(256)) * 40_000  # more than is held at a time
    module = part(tmp_path / "blob", data)
    match damage:
        case "flipped":
            module.path.write_bytes(data[:-1] + b"?")
        case "cut":
            module.path.write_bytes(data[:-1])
        case _:
            module.path.unlink()
    folder = tmp_path / "out" / "tree"
    folder.parent.mkdir()
    if there:
        folder.mkdir()
    with pytest.raises(SystemFailure, match=r"blob: .*; `hobnail image verify` tells") as caught:
        write_tree({**FILES, "abc/s.v00": module, "abc/empty": part(tmp_path / "none", b"")}, folder)
    assert {"flipped": "changed", "cut": "1 bytes are missing", "lost": "No such file"}[damage] in str(caught.value)
    assert list(folder.parent.rglob("*")) == ([folder] if there else [])


def test_all_may_read_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_tree({**FILES, "abc/s.v00": part(tmp_path / "blob", b"x" * 99)}, tmp_path / "tree")
    finally:
        os.umask(before)
    assert (tmp_path / "tree").stat().st_mode & 0o777 == 0o755
    assert set(modes(tmp_path / "tree").values()) == {0o755, 0o644}
    assert (tmp_path / "tree/abc/s.v00").read_bytes() == b"x" * 99


def test_secrets_are_the_owners(tmp_path: Path) -> None:
    write_tree(FILES, tmp_path / "tree", private=True)
    assert (tmp_path / "tree").stat().st_mode & 0o777 == 0o700
    assert modes(tmp_path / "tree")["abc"] == 0o755, "a chown of the top folder is enough"
    assert modes(tmp_path / "tree")["abc/b.b00"] == 0o644


@pytest.mark.parametrize(("mode", "then"), [(0o755, 0o700), (0o777, 0o700), (0o2750, 0o2750), (0o700, 0o700)])
def test_secrets_in_a_folder_that_is_there(mode: int, then: int, tmp_path: Path) -> None:
    """One that its owner has closed to others already, for a server's group perhaps, stays as it is."""
    folder = tmp_path / "tree"
    folder.mkdir()
    folder.chmod(mode)
    write_tree(FILES, folder, private=True)
    assert folder.stat().st_mode & 0o7777 == then
    assert (folder / "abc/b.b00").read_bytes() == b"kernel"


def test_a_folder_that_is_there_stays_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "tree"
    folder.mkdir(mode=0o775)
    folder.chmod(0o775)
    before = folder.stat()
    write_tree(FILES, folder)
    assert (folder.stat().st_ino, folder.stat().st_mode) == (before.st_ino, before.st_mode)
    assert sorted(path.name for path in folder.iterdir()) == ["abc", "pxelinux.0", "pxelinux.cfg"]
    assert list(tmp_path.iterdir()) == [folder], "the stage was in it, for it may be another disk's"


def test_what_appears_meanwhile_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the same name appears in the folder when ours are about to be moved to it: all of ours go again."""
    folder = tmp_path / "tree"
    folder.mkdir()
    really = tree._let_all_read

    def then(stage: Path, mode: int) -> None:
        really(stage, mode)
        (folder / "pxelinux.0").write_bytes(b"precious")

    monkeypatch.setattr(tree, "_let_all_read", then)
    with pytest.raises(UserError, match=r"pxelinux\.0: has appeared meanwhile, and is kept"):
        write_tree(FILES, folder)
    assert [path.name for path in folder.iterdir()] == ["pxelinux.0"]
    assert (folder / "pxelinux.0").read_bytes() == b"precious"


def test_folders_that_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/.hobnail-1").mkdir()
    with pytest.raises(UserError, match=r"is not an empty folder, \.hobnail-1 is in it"):
        write_tree(FILES, tmp_path / "full")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is no folder"):
        write_tree(FILES, tmp_path / "file")


def test_our_number_is_taken(tmp_path: Path) -> None:
    """What another process of our number is writing, in another container, is not removed."""
    stage = tmp_path / f".tree.hobnail-{os.getpid()}"
    stage.mkdir()
    (stage / "its").touch()
    with pytest.raises(SystemFailure, match=r"is in the way: .*; remove it if no `hobnail` is running"):
        write_tree(FILES, tmp_path / "tree")
    assert (stage / "its").exists()
