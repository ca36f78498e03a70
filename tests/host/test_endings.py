"""Endings against a plain search through all of them."""

from ipaddress import IPv4Address

from hypothesis import given
from hypothesis import strategies as st

from hobnail.host.endings import Endings

CHANGES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(0, 20)), max_size=60)


@given(changes=CHANGES)
def test_the_first_ended_is_what_a_search_finds(changes: list[tuple[int, int, int]]) -> None:
    endings = Endings()
    ends: dict[IPv4Address, float] = {}
    for number, end, now in changes:
        address = IPv4Address(number)
        endings.put(address, end)
        ends[address] = end
        ended = [(end, address) for address, end in ends.items() if end <= now]
        assert endings.first(now) == (min(ended)[1] if ended else None)


def test_renewals_do_not_make_it_grow() -> None:
    endings = Endings()
    for end in range(10_000):
        endings.put(IPv4Address(end % 10), end)
    assert len(endings) <= 21
