"""`hobnail write pmem` as a person runs it on a machine without persistent memory; tests/vm has one with it."""

import json
from pathlib import Path

import pytest

from hobnail.cli import main
from hobnail.formats.btt.reader import BttReader
from hobnail.image.model import Generation, Image
from hobnail.media.file import FileReader
from tests.cli.command import hobnail
from tests.tools import need_tool
from tests.vm.lan import fill_store
from tests.vm.later import fill_later_store

Filled = tuple[Path, Image]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A store with an image of 8.0."""
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("later")
    return folder / "8" / "store", fill_later_store(folder / "8", "8.0", {})


def test_a_file_is_described(later: Filled, tmp_path: Path) -> None:
    store, image = later
    path = tmp_path / "esxi.btt"
    done = hobnail("write", "pmem", "--btt-image", path, store=store)
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{path}: BTT 2.0, 337.6 MB raw, a disk of 336.2 MB inside in 4096-byte sectors: ")
    assert f"{image.title}, kernel and 107 modules" in first
    assert first.endswith("written and read back")
    assert "docs/formats/btt.md" in second
    with FileReader(path) as file:
        assert BttReader(file).read_at(4096, 8) == b"EFI PART"


def test_json_tells_what_a_script_needs(later: Filled, tmp_path: Path) -> None:
    store, image = later
    namespace = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    words = ("--size", "64M", "--sector", "512", "--btt-version", "1.1", "--namespace-uuid", namespace, "--json")
    facts = json.loads(hobnail("write", "pmem", "--btt-image", tmp_path / "x", *words, store=store).stdout)
    assert (facts["btt_version"], facts["raw_size"], facts["sector_size"]) == ("1.1", 64 << 20, 512)
    assert (facts["namespace_uuid"], facts["image"]) == (namespace, image.id)
    with FileReader(tmp_path / "x") as file:
        disk = BttReader(file)
        assert (str(disk.parent), str(disk.uuid), disk.size) == (namespace, facts["uuid"], facts["size"])
        assert disk.read_at(512, 8) == b"EFI PART"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "a namespace or --btt-image FILE is needed, and not both"),
        (["namespace0.0", "--btt-image", "FILE"], "and not both"),
        (["namespace0.0", "--size", "5M"], "are for --btt-image"),
        (["namespace0.0"], "is no namespace of this machine"),
        (["namespace0.0", "--yes"], "--yes needs --serial too"),
        (["namespace0.0", "--yes", "--serial", "pmem0s"], "is no namespace of this machine"),
        (["/dev/null", "--yes", "--serial", "null"], "is no namespace of this machine"),
        (["--btt-image", "FILE", "--size", "0"], "'0' is no size"),
        (["--btt-image", "FILE", "--size", "16777215"], "too few for a BTT of version 2.0; give it 16777216 bytes"),
        (["--btt-image", "FILE", "--size", "16M", "--btt-version", "1.1"], "version 1.1; give it 16781312 bytes"),
        (["--btt-image", "FILE", "--size", "16M"], "the disk inside a BTT of 16777216 bytes: a disk of"),
        (["--btt-image", "FILE", "--size", "64M", "--namespace-uuid", "zz"], "'zz' is no UUID"),
        (["--btt-image", "FILE", "--sector", "520"], "'520' is not one of"),
        (["--btt-image", "FILE", "--btt-version", "3.0"], "'3.0' is not one of"),
        (["--btt-image", "FILE", "--image", "9.9"], "9.9"),
        (["--btt-image", "there"], "is there already; choose another name, or add --force"),
        (["--btt-image", "no/file"], "there is no such folder"),
        (["--btt-image", "."], "is a folder"),
        (["--btt-image", "/dev/null", "--force"], "is no regular file"),
    ],
)
def test_bad_input(
    words: list[str], said: str, later: Filled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").write_bytes(b"precious")
    places = {"FILE": "new", "there": "there", "no/file": "no/file", ".": "."}
    given = [str(tmp_path / places[word]) if word in places else word for word in words]
    assert main._status(["--store", str(later[0]), "write", "pmem", *given]) == 2  # in this process: quicker
    assert said in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["there"]
    assert (tmp_path / "there").read_bytes() == b"precious"


def test_an_image_without_uefi(tmp_path: Path) -> None:
    need_tool("mkfs.fat", "mcopy")
    (tmp_path / "kernel").write_bytes(b"\x7fELF a kernel")
    fill_store(tmp_path / "40", Generation.ESXI40, tmp_path / "kernel")
    words = ("write", "pmem", "--btt-image", tmp_path / "new")
    done = hobnail(*words, store=tmp_path / "40" / "store", status=2)
    assert (
        "boots by BIOS only, which knows no persistent memory; boot it from the network or from a stick"
        in done.stderr
    )
    assert not (tmp_path / "new").exists()


def test_settings_lie_over_it_and_stay_private(later: Filled, tmp_path: Path) -> None:
    (tmp_path / "lab.toml").write_text("[profiles.lab]\nroot.locked = true\n")
    hobnail("apply", "-f", tmp_path / "lab.toml", store=later[0])
    hobnail("write", "pmem", "--btt-image", tmp_path / "x", "--size", "64M", "--profile", "lab", store=later[0])
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
    with FileReader(tmp_path / "x") as file:
        disk = BttReader(file)
        assert b" --- /hobnail.tgz\n" in disk.read_at(0, disk.size)
