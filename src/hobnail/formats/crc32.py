"""CRC-32 of two byte strings that follow each other, from the CRC-32 of each (RFC 1952, 8: the polynomial).

Bytes are a polynomial over GF(2), and their CRC is its remainder. What follows shifts the first by its length: the
remainder is multiplied by x to the power of eight times that length, and the second is added.
"""

from functools import lru_cache

_POLYNOMIAL = 0xEDB88320
"""Of CRC-32, the lowest power in the highest bit."""
_ONE = 0x80000000
_X8 = 0x00800000
"""x to the power of 8: what one byte shifts by."""


def combine(first: int, second: int, second_length: int) -> int:
    """Return the CRC-32 of A + B from those of A and B, where B is `second_length` bytes long."""
    return _multiply(first, _shift(second_length)) ^ second


@lru_cache(4096)
def _shift(length: int) -> int:
    """Return x to the power of 8 × length, modulo the polynomial."""
    power, square = _ONE, _X8
    while length:
        if length & 1:
            power = _multiply(power, square)
        square = _multiply(square, square)
        length >>= 1
    return power


def _multiply(left: int, right: int) -> int:
    """Multiply two remainders, modulo the polynomial."""
    product = 0
    while left:
        if left & _ONE:
            product ^= right
        left = (left << 1) & 0xFFFFFFFF
        right = (right >> 1) ^ (_POLYNOMIAL if right & 1 else 0)
    return product
