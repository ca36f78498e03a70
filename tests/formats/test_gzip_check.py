"""One whole gzip member and nothing else: judged piece by piece, and never wrong about it."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.formats.gzip_check import HEAD, GzipCheck, GzipVerdict

BODY = b"module " * 500
PACKED = gzip.compress(BODY, mtime=0)


def judge(data: bytes, piece: int = 1 << 16) -> GzipVerdict:
    check = GzipCheck()
    for at in range(0, len(data), piece):
        check.feed(data[at : at + piece])
    return check.verdict()


def test_a_whole_member() -> None:
    assert judge(PACKED) == GzipVerdict(True, len(BODY), BODY)
    assert judge(gzip.compress(b"", mtime=0)) == GzipVerdict(True, 0, b"")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (PACKED[:-1], "breaks off after"),
        (PACKED[:5], "breaks off after 5 bytes"),
        (PACKED + b"\0", "1 bytes follow the gzip member"),
        (PACKED + PACKED, "bytes follow the gzip member"),
        (PACKED[:-8] + b"\1" + PACKED[-7:], "incorrect data check"),
        (PACKED[:-4] + b"\1\0\0\0", "incorrect length check"),
        (PACKED[:12] + b"\xff\xff\xff" + PACKED[15:], "damaged gzip stream"),
        (b"\x1f\x8b\x07" + bytes(20), "damaged gzip stream"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, problem: str) -> None:
    for piece in (1, 7, 1 << 16):
        verdict = judge(data, piece)
        assert verdict.is_gzip
        assert problem in verdict.problem


def test_other_files_are_no_gzip() -> None:
    assert judge(b"") == GzipVerdict(False, 0, b"")
    assert judge(b"\x1f") == GzipVerdict(False, 1, b"\x1f")
    assert judge(b"\x7fELF" + bytes(10), 3) == GzipVerdict(False, 14, b"\x7fELF" + bytes(10))


def test_only_the_head_is_kept() -> None:
    verdict = judge(gzip.compress(bytes(3 * HEAD), 1))
    assert (verdict.size, len(verdict.head), verdict.problem) == (3 * HEAD, HEAD, "")


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_body_goes_through(body: bytes, piece: int) -> None:
    assert judge(gzip.compress(body, mtime=0), piece) == GzipVerdict(True, len(body), body)


@given(st.binary(max_size=300), st.integers(1, 50))
def test_it_agrees_with_zlib_on_any_bytes(data: bytes, piece: int) -> None:
    data = PACKED[:2] + data
    inflater = zlib.decompressobj(31)
    try:
        inflater.decompress(data)
        whole = inflater.eof and not inflater.unused_data
    except zlib.error:
        whole = False
    assert (judge(data, piece).problem == "") == whole
