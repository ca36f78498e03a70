"""CRC-32 of joined bytes, judged by zlib."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from hobnail.formats.crc32 import combine


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_joined_as_zlib_has_it(first: bytes, second: bytes) -> None:
    assert combine(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_many_in_a_row(parts: list[bytes]) -> None:
    crc = 0
    for part in parts:
        crc = combine(crc, zlib.crc32(part), len(part))
    assert crc == zlib.crc32(b"".join(parts))


def test_of_a_long_second_part() -> None:
    second = bytes(70_000_001)  # longer than any file that an overlay may carry
    assert combine(zlib.crc32(b"first"), zlib.crc32(second), len(second)) == zlib.crc32(b"first" + second)
