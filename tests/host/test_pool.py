"""Ranges and reservations that can be, and those that cannot."""

from ipaddress import IPv4Address, IPv4Network

import pytest

from hobnail.errors import UserError
from hobnail.host.pool import Pool, parse_range
from hobnail.wire.dhcp import HardwareAddress

NETWORK = IPv4Network("10.77.0.0/24")
SERVER = IPv4Address("10.77.0.1")
ONE, TWO = (HardwareAddress.parse(f"52:54:00:4c:00:0{n}") for n in (1, 2))


def pool(first: str, last: str, reservations: dict[HardwareAddress, IPv4Address] | None = None) -> Pool:
    return Pool(NETWORK, IPv4Address(first), IPv4Address(last), SERVER, reservations or {})


def test_the_server_and_the_ends_of_the_network_are_never_given() -> None:
    given = list(pool("10.77.0.0", "10.77.0.255").dynamic())
    assert given[0] == IPv4Address("10.77.0.2")
    assert given[-1] == IPv4Address("10.77.0.254")
    assert len(given) == 253


def test_reserved_addresses_are_for_their_hosts_only() -> None:
    given = pool("10.77.0.10", "10.77.0.12", {ONE: IPv4Address("10.77.0.11")})
    assert [str(address) for address in given.dynamic()] == ["10.77.0.10", "10.77.0.12"]
    assert not given.gives(IPv4Address("10.77.0.11"))


@pytest.mark.parametrize(
    ("first", "last", "what"),
    [
        ("10.77.0.9", "10.77.0.2", "ends before it begins"),
        ("10.76.0.9", "10.77.0.20", "not inside 10.77.0.0/24"),
        ("10.77.0.9", "10.77.1.20", "not inside 10.77.0.0/24"),
        ("10.77.0.1", "10.77.0.1", "no address to give"),
    ],
)
def test_ranges_that_cannot_be(first: str, last: str, what: str) -> None:
    with pytest.raises(UserError, match=what):
        pool(first, last)


@pytest.mark.parametrize("address", ["10.78.0.5", "10.77.0.1", "10.77.0.255"])
def test_reservations_that_cannot_be(address: str) -> None:
    with pytest.raises(UserError, match="cannot be given"):
        pool("10.77.0.10", "10.77.0.20", {ONE: IPv4Address(address)})


def test_one_address_for_two_hosts() -> None:
    with pytest.raises(UserError, match="reserved for both"):
        pool("10.77.0.10", "10.77.0.20", dict.fromkeys((ONE, TWO), IPv4Address("10.77.0.5")))


def test_ranges_as_text() -> None:
    assert parse_range("10.77.0.10 - 10.77.0.20") == (IPv4Address("10.77.0.10"), IPv4Address("10.77.0.20"))


@pytest.mark.parametrize("text", ["", "10.77.0.10", "10.77.0.10-20", "10.77.0.10-10.77.0.300", "a-b"])
def test_text_that_is_no_range(text: str) -> None:
    with pytest.raises(UserError, match=r"write it as 10\.0\.0\.100-10\.0\.0\.199"):
        parse_range(text)
