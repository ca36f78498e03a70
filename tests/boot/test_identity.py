"""What a machine says about itself, by DHCP and through iPXE; and what says nothing."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.boot.check.clients import Client, discover
from hobnail.boot.identity import Identity, identity_of_message, identity_of_query
from hobnail.host.placeholders import LONGEST_VALUE

MAC = "52:54:00:4c:00:01"
NAME = "/0123456789ab/01-52-54-00-4c-00-01/boot.ipxe"
UUID = "484f424e-4149-4a4c-8000-000000000001"
FULL = f"manufacturer=Dell%20Inc.&product=PowerEdge%20R640&serial=ABC1234&asset=rack%207&uuid={UUID}"


def test_what_ipxe_says() -> None:
    whole = Identity(MAC, UUID, "Dell Inc.", "PowerEdge R640", "ABC1234", "rack 7")
    assert identity_of_query(NAME, FULL) == whole
    assert identity_of_query(NAME.replace("boot.ipxe", "bios.ipxe"), FULL) == whole
    assert identity_of_query(NAME.upper().replace("BOOT.IPXE", "boot.ipxe"), FULL) == whole


@pytest.mark.parametrize(
    "name", ["/0123456789ab/boot.ipxe", NAME.replace("boot.ipxe", "boot.cfg"), "/", "", "01-52-54/boot.ipxe"]
)
def test_other_requests_say_nothing(name: str) -> None:
    assert identity_of_query(name, FULL) is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("serial=&asset=", Identity(MAC)),
        ("serial=To%20Be%20Filled%20By%20O.E.M.&asset=Default+string", Identity(MAC)),
        ("serial=%20%20x%20%20y%20", Identity(MAC, serial="x y")),
        (f"serial={'x' * LONGEST_VALUE}", Identity(MAC, serial="x" * LONGEST_VALUE)),
        (f"serial={'x' * (LONGEST_VALUE + 1)}", Identity(MAC)),
        ("serial=a%00b", Identity(MAC)),
        ("serial=a%1b[2Jb", Identity(MAC)),
        ("serial=%ff%fe", Identity(MAC)),
        ("serial=${serial}", Identity(MAC)),
        ("serial=....", Identity(MAC)),
        ("serial=one&serial=two", Identity(MAC, serial="two")),
        (f"uuid={UUID.upper()}", Identity(MAC, UUID)),
        ("uuid=HOBNAIL", Identity(MAC)),
        (f"uuid={{{UUID}}}", Identity(MAC)),
        ("uuid=00000000-0000-0000-0000-000000000000", Identity(MAC)),
        ("uuid=FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", Identity(MAC)),
        ("mac=02:00:00:00:00:99&colour=red", Identity(MAC)),
    ],
)
def test_values_that_say_nothing_or_too_much(query: str, expected: Identity) -> None:
    assert identity_of_query(NAME, query) == expected


def test_too_long_and_too_many() -> None:
    assert identity_of_query(NAME, "serial=x&" + "y" * 2048) is None
    assert identity_of_query(NAME, "&".join(f"a{number}=1" for number in range(20))) is None


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_whatever_is_said_is_printable_and_short_or_nothing(serial: str, asset: str, uuid: str) -> None:
    query = f"serial={quote(serial)}&asset={quote(asset)}&uuid={quote(uuid)}"
    said = identity_of_query(NAME, query)
    assert said is not None
    assert all(value.isprintable() and len(value) <= LONGEST_VALUE for value in (said.serial, said.asset))
    assert said.uuid == ""


@given(st.text(max_size=300), st.text(max_size=300))
def test_rubbish_never_raises(name: str, query: str) -> None:
    identity_of_query(name, query)
    identity_of_query(NAME, query)


def test_option_97_is_turned_into_the_machines_own_order() -> None:
    """The wire has the first three fields the other way round: dmidecode shows what we return."""
    message = discover(Client.UEFI, MAC, 1)
    assert identity_of_message(message) == Identity(MAC, "00000000-0000-0040-8000-5254004c0001")


def test_older_knowledge_fills_gaps_only() -> None:
    now, older = Identity(MAC, UUID), Identity(MAC, "x", serial="S")
    assert now.with_older(older) == Identity(MAC, UUID, serial="S")
