"""Kinds of values that have to do with networks."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError

from hobnail.boot.plan import mac_address
from hobnail.errors import UserError
from hobnail.profile.kinds import Kind, Value, WrongError, one_line, pattern

LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
"""One part of a name in the DNS (RFC 1123, section 2.1)."""

_DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*")
_LONGEST_NAME = 253
_UPLINK = re.compile(r"vmnic\d{1,4}")
_SYSLOG = re.compile(r"(?:(udp|tcp|ssl)://)?([A-Za-z0-9.-]+)(?::(\d{1,5}))?")
_HIGHEST_PORT = 65535


def _address(value: Value) -> IPv4Address:
    words = one_line(value)
    try:
        address = IPv4Address(words)
    except AddressValueError:
        raise WrongError from None
    if address.is_unspecified or address.is_multicast or address == IPv4Address("255.255.255.255"):
        raise WrongError("is no address that a machine can have", "write it like 10.0.0.5")
    return address


def address() -> Kind:
    """An IPv4 address."""
    return Kind("an IPv4 address such as 10.0.0.5", {"type": "string", "format": "ipv4"}, _address)


def interface() -> Kind:
    """An IPv4 address with the length of its network's prefix."""

    def convert(value: Value) -> IPv4Interface:
        words = one_line(value)
        if "/" not in words:
            raise WrongError("does not say its network", f"write the prefix after it: {words}/24")
        try:
            found = IPv4Interface(words)
        except (AddressValueError, NetmaskValueError, ValueError):
            raise WrongError from None
        network = found.network
        if network.prefixlen < 31 and found.ip in (network.network_address, network.broadcast_address):
            raise WrongError(f"is the address of the network {network} itself or its broadcast", "choose another")
        _address(str(found.ip))
        return found

    schema = {"type": "string", "pattern": r"^\d+\.\d+\.\d+\.\d+/\d+(\.\d+\.\d+\.\d+)?$"}
    return Kind("an IPv4 address with its prefix such as 10.0.0.5/24", schema, convert)


def _mac(value: Value) -> str:
    try:
        found = mac_address(one_line(value))
    except UserError as error:
        raise WrongError("is no MAC address", error.next_step or "") from None
    if int(found[:2], 16) & 1 or found == "00:00:00:00:00:00":
        raise WrongError("is no address of one card", "write the card's own, like 52:54:00:4c:00:01")
    return found


def mac() -> Kind:
    """The MAC address of a network card; becomes lower case with colons."""
    return Kind("a MAC address such as 52:54:00:4c:00:01", {"type": "string"}, _mac)


def uplink() -> Kind:
    """A network card, by the name that ESXi gives it or by its MAC address."""

    def convert(value: Value) -> str:
        words = one_line(value)
        return words if _UPLINK.fullmatch(words) else _mac(words)

    return Kind("a card such as vmnic0, or its MAC address", {"type": "string"}, convert)


def _is_domain(words: str) -> bool:
    return bool(_DOMAIN.fullmatch(words)) and len(words) <= _LONGEST_NAME


def domain() -> Kind:
    """A domain name."""

    def convert(value: Value) -> str:
        words = one_line(value).rstrip(".")
        if not _is_domain(words):
            raise WrongError
        return words

    return Kind("a domain such as lab.example", {"type": "string"}, convert)


def server() -> Kind:
    """A machine, by address or by name."""

    def convert(value: Value) -> str:
        words = one_line(value)
        if re.fullmatch(r"[\d.]+", words):
            return str(_address(words))
        if not _is_domain(words):
            raise WrongError
        return words

    return Kind("an IPv4 address or a name such as ntp.lab.example", {"type": "string"}, convert)


def syslog_target() -> Kind:
    """Where the log goes; without a scheme it is udp://, port 514 (RFC 5426, section 3.3)."""

    def convert(value: Value) -> str:
        words = one_line(value)
        match = _SYSLOG.fullmatch(words)
        if match is None or not 0 < int(match[3] or 1) <= _HIGHEST_PORT:
            raise WrongError
        server().convert(match[2])
        return words if match[1] else f"udp://{match[2]}:{match[3] or 514}"

    return Kind("a target such as udp://10.0.0.9:514, tcp://… or ssl://…", {"type": "string"}, convert)


def host_name() -> Kind:
    """A host's name without its domain; {name} stands for its name in the settings file."""

    def convert(value: Value) -> str:
        words = one_line(value)
        if not re.fullmatch(LABEL, words.replace("{name}", "x")):
            step = "put what follows the first dot into `domain`" if "." in words else "use letters, digits, hyphens"
            raise WrongError("is no name of a host", step)
        return words

    return Kind(
        "letters, digits and hyphens, at most 63; {name} is the host's name here", {"type": "string"}, convert
    )


def switch_name() -> Kind:
    """The name of a standard vSwitch."""
    return pattern("the name of a vSwitch, at most 32 characters", r"[A-Za-z0-9_.-]{1,32}", example="vSwitch1")


def vmkernel_name() -> Kind:
    """vmk1 and up: vmk0 is the management network's."""

    def convert(value: Value) -> str:
        words = one_line(value)
        if words == "vmk0":
            raise WrongError("is the management network's own port", "set it under [network.management]")
        if not re.fullmatch(r"vmk[1-9]\d{0,2}", words):
            raise WrongError("is no name of a VMkernel port", "call it vmk1, vmk2 …")
        return words

    return Kind("vmk1, vmk2 …", {"type": "string", "pattern": "^vmk[1-9][0-9]*$"}, convert)
