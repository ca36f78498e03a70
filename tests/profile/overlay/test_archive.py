"""The archive, judged by gzip, GNU tar, busybox and Python's tarfile."""

import gzip
import io
import sys
import tarfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import UserError
from hobnail.profile.overlay import Member, build
from hobnail.profile.overlay.archive import LARGE, archive
from hobnail.profile.overlay.member import arranged, file_path
from hobnail.system.commands import run
from tests.profile.overlay.samples import RELEASES, SECRETS, content, everything
from tests.tools import need_tool

NAMES = st.text(st.sampled_from("abcZ09._- "), min_size=1, max_size=12).filter(lambda name: name.strip(".") != "")
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
FILES = st.dictionaries(
    PATHS, st.tuples(st.binary(max_size=2000), st.integers(0, 0o7777), st.booleans()), max_size=12
)


def opened(data: bytes) -> tarfile.TarFile:
    return tarfile.open(fileobj=io.BytesIO(data), mode="r:gz")


@given(FILES)
def test_what_goes_in_comes_out(files: dict[str, tuple[bytes, int, bool]]) -> None:
    files = {path: value for path, value in files.items() if not any(p.startswith(f"{path}/") for p in files)}
    members = arranged(Member(path, data, mode, own=own) for path, (data, mode, own) in files.items())
    data = archive(members)
    with opened(data) as tar:
        got = {info.name: (tar.extractfile(info), info.mode) for info in tar if info.isfile()}
        assert {name: (file.read() if file else b"", mode) for name, (file, mode) in got.items()} == {
            path: value[:2] for path, value in files.items()
        }
        tar_members = tar.getmembers()
    assert [info.name for info in tar_members] == [member.path for member in members]
    assert all((info.uid, info.gid, info.uname, info.gname, info.mtime) == (0, 0, "", "", 0) for info in tar_members)
    assert archive(members) == data


@given(st.lists(st.integers(LARGE - 3, LARGE + 3), max_size=3), st.booleans())
def test_large_members_are_whole(sizes: list[int], own: bool) -> None:
    parts = [bytes([number + 1, 7]) * (size // 2) + b"!" * (size % 2) for number, size in enumerate(sizes)]
    members = arranged(Member(f"opt/{number}", data, own=own) for number, data in enumerate(parts))
    with opened(archive(members)) as tar:
        files = [tar.extractfile(info) for info in tar if info.isfile()]
        assert [file.read() for file in files if file] == parts


def test_one_gzip_member_without_name_or_time() -> None:
    data = archive(arranged([Member("etc/motd", b"x" * 100_000), Member("etc/own", b"y", own=True)]))
    assert data[:10] == b"\x1f\x8b\x08\0\0\0\0\0\x02\x03"
    inflater = zlib.decompressobj(31)
    text = inflater.decompress(data)
    assert inflater.eof
    assert inflater.unused_data == b""
    assert text == gzip.decompress(data)
    assert len(text) % 512 == 0
    assert text.endswith(bytes(1024))


def test_headers_are_plain_ustar() -> None:
    text = gzip.decompress(archive(arranged([Member("a" * 60 + "/" + "b" * 99, b"long"), Member("x", b"")])))
    magics = [text[at + 257 : at + 265] for at in range(0, len(text), 512) if text[at : at + 1] in (b"a", b"b", b"x")]
    assert magics == [b"ustar\x0000"] * 3
    types = {
        text[at + 156 : at + 157] for at in range(0, len(text) - 1024, 512) if text[at + 257 : at + 262] == b"ustar"
    }
    assert types == {b"0", b"5"}  # no pax (x, g), no GNU long names (L, K)


@pytest.mark.parametrize("version", RELEASES)
def test_foreign_programs_read_it(version: str, tmp_path: Path) -> None:
    need_tool("tar", "gzip", "busybox")
    overlay = build(everything(version), SECRETS, RELEASES[version], version, content)
    file = tmp_path / "hobnail.tgz"
    file.write_bytes(overlay.archive())
    run(["gzip", "-t", file])
    listed = run(["tar", "-tzvf", file, "--numeric-owner"]).stdout.decode().splitlines()
    named = [line.split()[-1].rstrip("/") for line in listed]
    assert named == [member.path for member in overlay.members]
    assert [line[0] for line in listed] == ["d" if member.type == "folder" else "-" for member in overlay.members]
    assert (
        run(["busybox", "tar", "-tzf", file]).stdout.decode().split()
        == run(["tar", "-tzf", file]).stdout.decode().split()
    )


def test_every_folder_is_a_member_before_what_is_in_it() -> None:
    seen: set[str] = set()
    for member in build(everything("8.0.3"), SECRETS, RELEASES["8.0.3"], "8.0.3", content).members:
        assert not member.path.startswith(("./", "/"))
        parent = member.path.rpartition("/")[0]
        assert parent in seen | {""}
        seen.add(member.path)


SAME = """
import hashlib
from hobnail.profile.overlay import build
from tests.profile.overlay.samples import RELEASES, SECRETS, content, everything
data = build(everything("6.7.0"), SECRETS, RELEASES["6.7.0"], "6.7.0", content).archive()
print(hashlib.sha256(data).hexdigest())
"""


def test_same_settings_same_bytes_in_another_process() -> None:
    sums = {
        run([sys.executable, "-c", SAME], env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."}).stdout for seed in "123"
    }
    assert len(sums) == 1


@pytest.mark.parametrize(
    "path",
    ["etc/motd", "/etc/../shadow", "/etc//motd", "/", "/etc/", "/./x", "/etc/mo\ntd", "/etc/möt"],
)
def test_paths_that_no_archive_may_hold(path: str) -> None:
    with pytest.raises(UserError):
        file_path(path, "files")


def test_the_longest_names() -> None:
    for path in ("/" + "x" * 101, "/" + "d" * 156 + "/x"):
        with pytest.raises(UserError, match="too long"):
            file_path(path, "files")
    assert file_path("/" + "x" * 100, "files")
    assert file_path("/" + "d" * 155 + "/" + "x" * 100, "files")
