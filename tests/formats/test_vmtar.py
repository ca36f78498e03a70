"""vmtar archives: by hand, from the media maker's writer, and hostile ones."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.app.demo.vmtar import pack_vmtar
from hobnail.errors import MediumError
from hobnail.formats import archive
from hobnail.formats.archive import ArchiveMember
from hobnail.formats.reader import BytesReader
from hobnail.formats.vmtar import vmtar_members


def header(
    name: bytes,
    *,
    kind: bytes = b"0",
    size: int = 0,
    at: int = 0,
    mode: bytes = b"0000644\0",
    link: bytes = b"",
    prefix: bytes = b"",
) -> bytes:
    """Return a header written field by field from the published description."""
    head = name.ljust(100, b"\0") + mode + b"0000000\0" * 2 + b"%011o\0" % size + b"00000001750\0"
    head += b"        " + kind + link.ljust(100, b"\0") + b"visor  \0" + b"root".ljust(32, b"\0") * 2
    head = (head + bytes(16) + prefix.ljust(151, b"\0")).ljust(496, b"\0")
    return head + struct.pack("<4I", at, 0, 0, 0)


def members(data: bytes) -> list[ArchiveMember]:
    return list(vmtar_members(BytesReader("s.v00", data)))


def test_headers_stand_side_by_side_and_data_lie_where_they_say() -> None:
    data = header(b"bin", kind=b"5", mode=b"0001755\0") + header(b"bin/sh", size=5, at=2048)
    data += header(b"bin/ash", kind=b"2", link=b"sh")
    data = data.ljust(2048, b"\0") + b"hello"
    folder, file, link = members(data)
    assert folder == ArchiveMember("bin", "5", 0o1755, 1000, 0, "", 512)
    assert file == ArchiveMember("bin/sh", "0", 0o644, 1000, 5, "", 2048)
    assert file.reader(BytesReader("s.v00", data)).read_at(0, 99) == b"hello"
    assert (link.type, link.link, link.size) == ("2", "sh", 0)


def test_without_a_place_the_data_follow_their_header_as_in_ustar() -> None:
    data = header(b"a", size=3) + b"abc".ljust(512, b"\0") + header(b"b", kind=b"7", size=1) + b"b"
    first, second = members(data)
    assert (first.offset, second.offset, second.type) == (512, 1536, "7")
    assert second.reader(BytesReader("x", data)).read_at(0, 9) == b"b"


def test_a_prefix_and_gnu_long_names() -> None:
    long, leads = b"n" * 300, b"l" * 200
    data = header(b"name", prefix=b"usr/lib")
    data += header(b"././@LongLink", kind=b"L", size=300) + long.ljust(512, b"\0")
    data += header(b"././@LongLink", kind=b"K", size=201, at=8192) + header(b"cut", kind=b"2", link=b"cut")
    data += header(b"after", kind=b"\0")
    plain, named, after = members(data.ljust(8192, b"\0") + leads + b"\0")
    assert plain.name == "usr/lib/name"
    assert (named.name, named.link) == (long.decode(), leads.decode())
    assert (after.name, after.type, after.link) == ("after", "0", "")


def test_it_ends_at_the_first_block_of_another_magic() -> None:
    assert [member.name for member in members(header(b"a") + bytes(512) + header(b"b"))] == ["a"]
    assert [member.name for member in members(header(b"a"))] == ["a"]


@pytest.mark.parametrize(
    ("data", "words", "offset"),
    [
        (b"", "no vmtar archive", 257),
        (bytes(1024), "no vmtar archive", 257),
        (header(b"a") + header(b"b")[:300], "212 bytes of a vmtar header are missing", 512),
        (header(b"a", mode=b"rw-r--r-"), "is no octal number", 0),
        (header(b"x", kind=b"L", size=5000), "a name of 5000 bytes", 0),
        (header(b"x", kind=b"L", size=10, at=1 << 30), "bytes are needed|are needed", 1 << 30),
    ],
)
def test_damage_is_named_with_its_byte(data: bytes, words: str, offset: int) -> None:
    with pytest.raises(MediumError, match=words) as caught:
        members(data)
    assert caught.value.offset == offset


def test_an_endless_archive_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnail.formats.vmtar.MAX_MEMBERS", 20)
    assert archive.MAX_MEMBERS > 20
    with pytest.raises(MediumError, match="more than 20 members"):
        members(header(b"a") * 21)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}(/[a-z]{1,9}){0,2}\.x", fullmatch=True), st.binary(max_size=9000)))
def test_what_the_media_maker_writes_is_read_back(files: dict[str, bytes]) -> None:
    data = pack_vmtar(files | {"last": b"1"})
    whole = BytesReader("s.v00", data)
    found = {m.name: m.reader(whole).read_at(0, m.size) for m in members(data) if m.type == "0"}
    assert found == files | {"last": b"1"}


@given(st.data())
def test_any_bytes_are_members_or_a_medium_error(draw: st.DataObject) -> None:
    good = bytearray(header(b"x", kind=b"L", size=3) + b"abc".ljust(512, b"\0") + header(b"a", size=9, at=4096) * 3)
    for _ in range(draw.draw(st.integers(1, 8))):
        good[draw.draw(st.integers(0, len(good) - 1))] = draw.draw(st.integers(0, 255))
    with suppress(MediumError):
        for member in members(bytes(good)):
            member.reader(BytesReader("x", bytes(good))).read_at(0, 100)
