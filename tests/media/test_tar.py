import io
import random
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.formats.reader import BytesReader
from hobnail.media.tar import MAX_MEMBERS, open_tar
from hobnail.media.tree import Tree
from tests.media.builders import make_tar, unpack_to

LONG = "usr/lib/vmware/installer/" + "x" * 120 + "/" + "y" * 130 + ".dd.bz2"
FILES = {
    "usr/lib/vmware/installer/VMware-VMvisor-big-4.0.0-208167-x86_64.dd.bz2": b"BZh9" * 5000,
    "sbin/install": b"#!/bin/sh\n",
    "empty": b"",
    "exact": b"x" * 1024,
}


def opened(data: bytes) -> Tree:
    return open_tar(BytesReader("image.tgz", data))


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info


def archive(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, data in members:
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize("form", ["ustar", "gnu", "oldgnu", "pax", "v7"])
def test_members_are_those_that_tar_put_in(tmp_path: Path, form: str) -> None:
    files = dict(FILES) if form in ("ustar", "v7") else FILES | {LONG: b"long"}
    source = unpack_to(tmp_path / "files", files)
    data = make_tar(tmp_path / "a.tar", source, f"--format={form}").read_bytes()
    tree = opened(data)
    assert {e.path: e.reader().read_at(0, e.size + 1) for e in tree.files()} == files


def test_names_with_a_dot_in_front_are_plain(tmp_path: Path) -> None:
    source = unpack_to(tmp_path / "files", FILES)
    data = make_tar(tmp_path / "a.tar", source, "--transform=s,^,./,").read_bytes()
    assert opened(data).find("sbin/install") is not None
    assert {entry.path for entry in opened(data).files()} == set(FILES)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize(
    ("info", "words"),
    [
        (member("usr/../../etc/shadow"), "leads out of the archive"),
        (member("../x"), "leads out of the archive"),
        (member("/etc/shadow"), "absolute name"),
        (member("d", kind=tarfile.SYMTYPE, link="/etc"), "'d' is a symbolic link"),
        (member("d", kind=tarfile.LNKTYPE, link="good"), "'d' is a hard link"),
        (member("null", kind=tarfile.CHRTYPE), "'null' is a character device"),
        (member("sda", kind=tarfile.BLKTYPE), "'sda' is a block device"),
        (member("pipe", kind=tarfile.FIFOTYPE), "'pipe' is a named pipe"),
        (member("odd", kind=b"Z"), "of the unknown type"),
    ],
)
def test_hostile_members_are_named_with_their_byte(info: tarfile.TarInfo, words: str, form: int) -> None:
    data = archive((member("good", b"x" * 600), b"x" * 600), (info, b""), form=form)
    with pytest.raises(MediumError, match=words) as caught:
        opened(data)
    assert caught.value.where == "image.tgz"
    assert caught.value.offset is not None
    assert caught.value.offset >= 512 + 1024  # behind the good one


def test_a_long_hostile_name_is_refused() -> None:
    data = archive((member("a/" * 70 + "../" * 60 + "etc/shadow"), b""), form=tarfile.GNU_FORMAT)
    with pytest.raises(MediumError, match="leads out of the archive"):
        opened(data)


def test_a_truncated_body_is_named() -> None:
    data = archive((member("image.dd.bz2", b"x" * 5000), b"x" * 5000))
    with pytest.raises(
        MediumError, match=r"image.tgz \(byte 0\): member 'image.dd.bz2' of 5000 bytes passes the end"
    ):
        opened(data[:3000])


def test_a_truncated_header_is_named() -> None:
    data = archive((member("a", b"x" * 512), b"x" * 512), (member("b"), b""))
    with pytest.raises(MediumError, match=r"byte 1024\): truncated: 212 bytes of a header"):
        opened(data[:1324])


def test_a_damaged_header_is_named() -> None:
    data = bytearray(archive((member("a", b"x" * 512), b"x" * 512), (member("b"), b"")))
    data[1024] ^= 1
    with pytest.raises(MediumError, match=r"byte 1024\): no tar header here: checksum"):
        opened(bytes(data))


def test_an_archive_without_its_end_blocks_is_read() -> None:
    data = archive((member("a", b"x" * 512), b"x" * 512))
    assert [entry.path for entry in opened(data[:1024]).files()] == ["a"]


def test_an_empty_archive_is_refused() -> None:
    with pytest.raises(MediumError, match="holds no member"):
        opened(bytes(10240))


def test_endless_members_end() -> None:
    header = archive((member("a"), b""))[:512]
    with pytest.raises(MediumError, match=f"more than {MAX_MEMBERS} members"):
        opened(header * (MAX_MEMBERS + 1))


def test_a_size_in_gnu_binary_form_is_read() -> None:
    info = member("big")
    info.size = 1 << 34  # more than eleven octal digits
    header = info.tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(MediumError, match=f"of {1 << 34} bytes passes the end"):
        opened(header + bytes(2048))


SMALL = archive(
    (member("dir", kind=tarfile.DIRTYPE), b""),
    (member("dir/" + "n" * 150, b"x" * 700), b"x" * 700),
    (member("b", b"y"), b"y"),
    form=tarfile.PAX_FORMAT,
) + archive((member("n" * 200, b"x" * 700), b"x" * 700), form=tarfile.GNU_FORMAT)


def checksummed(block: bytes) -> bytes:
    """Put the right checksum into a header, so that damage gets past it."""
    bare = block[:148] + b" " * 8 + block[156:]
    return bare[:148] + b"%06o\0 " % sum(bare) + bare[156:]


@settings(max_examples=300, deadline=2000)
@given(seed=st.integers(0, 1 << 30), fix=st.booleans())
def test_damage_is_a_medium_error_or_a_tree(seed: int, fix: bool) -> None:
    rng = random.Random(seed)
    data = bytearray(SMALL)
    for _ in range(rng.randrange(1, 6)):
        place = rng.randrange(len(data))
        data[place] = rng.choice((0, 0x2F, 0x30, 0x80, 0xFF, rng.randrange(256)))
        if fix:
            start = place // 512 * 512
            data[start : start + 512] = checksummed(bytes(data[start : start + 512]))
    with suppress(MediumError):
        for entry in opened(bytes(data)).files():
            assert len(entry.reader().read_at(0, entry.size)) == entry.size
            assert not entry.path.startswith("/")
            assert ".." not in entry.path.split("/")
