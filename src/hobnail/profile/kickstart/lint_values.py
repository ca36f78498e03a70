"""Checks of the values in a ks.cfg: root's password, the network, the keyboard, the licence key, included files."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Interface

from hobnail.boot.finding import Finding
from hobnail.profile.kickstart import commands as table
from hobnail.profile.kickstart.finding import GUIDE, PARSER, Subject, error, near, note, warning
from hobnail.profile.kickstart.text import Line, option_of, options_in
from hobnail.profile.password import MAKE_ONE, VENDOR_DEFAULT, is_vendor_default, scheme_of

_HASHES = "facts, host state 7"
_LICENCE = re.compile(r"[0-9A-Za-z]{5}(-[0-9A-Za-z]{5}){4}")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


def root_password(subject: Subject) -> Iterator[Finding]:
    """Root's password; what stands there is never repeated."""
    for line, _ in subject.uses(table.ROOTPW):
        given = [word for word in line.words[1:] if not word.startswith("-")]
        if not given or line.cut_by_comment:
            continue
        crypted = "--iscrypted" in options_in(line)
        if is_vendor_default(given[-1]) if crypted else given[-1] == VENDOR_DEFAULT:
            what = "root gets the password of the vendor's sample script, which everybody can read"
            yield warning(line, "rootpw", what, f"take another; {MAKE_ONE}")
        if not crypted and scheme_of(given[-1]):
            what = "a hash without --iscrypted: the hash itself becomes the password"
            yield error(line, "rootpw", what, "write rootpw --iscrypted")
        elif not crypted:
            what = "root's password in clear text, for everybody who can fetch this file"
            yield warning(line, "rootpw", what, f"write rootpw --iscrypted; {MAKE_ONE}")
        elif scheme_of(given[-1]) is None:
            yield error(line, "rootpw", "no hash that hosts are known to read", MAKE_ONE, _HASHES)


def network(subject: Subject) -> Iterator[Finding]:
    """How the host's network comes up."""
    for line, _ in subject.uses(table.NETWORK):
        proto = option_of(line, "--bootproto")
        given = options_in(line)
        if proto not in (None, "", "dhcp", "static"):
            yield error(line, "network", f"--bootproto={proto} is neither dhcp nor static", "write one of these")
        elif proto == "static":
            yield from _static(line, given)
        else:
            if wrong := sorted(given & {"--ip", "--netmask", "--gateway"}):
                what = f"{', '.join(wrong)} with DHCP: the installer stops"
                yield error(line, "network", what, "write --bootproto=static, or remove them", PARSER)
            if ignored := sorted(given & {"--nameserver", "--hostname"}):
                what = f"not used with DHCP: {', '.join(ignored)}"
                yield warning(line, "network", what, "set them after the installation", GUIDE)
        yield from _addresses(line)
        yield from _device(line)


def _static(line: Line, given: frozenset[str]) -> Iterator[Finding]:
    if "--ip" not in given:
        yield error(line, "network", "--bootproto=static without --ip=: the installer stops", "add it", PARSER)
    guessed = [name for name in ("--netmask", "--gateway") if name not in given]
    if guessed:
        what = f"without {' and '.join(f'{name}=' for name in guessed)} the installer makes one up from the address"
        yield warning(line, "network", what, "add it", PARSER)
    address, mask, gateway = (option_of(line, name) for name in ("--ip", "--netmask", "--gateway"))
    if address and mask and gateway:
        try:
            inside = IPv4Address(gateway) in IPv4Interface(f"{address}/{mask}").network
        except ValueError:
            return  # told by _addresses
        if not inside:
            what = f"gateway {gateway} is not in the network of {address} {mask}"
            yield error(line, "network", what, "correct one of the three", PARSER)


def _addresses(line: Line) -> Iterator[Finding]:
    for name in ("--ip", "--gateway", "--netmask", "--nameserver"):
        for text in (option_of(line, name) or "").split(","):
            try:
                if text:
                    IPv4Interface(f"0.0.0.0/{text}") if name == "--netmask" else IPv4Address(text.strip())
            except ValueError:
                yield error(line, "network", f"{name}={text} is no IPv4 address or mask", "write it like 192.0.2.1")
    vlan = option_of(line, "--vlanid")
    if vlan and not (vlan.isdecimal() and vlan.isascii() and int(vlan) <= 4095):
        yield error(line, "network", f"--vlanid={vlan} is no VLAN", "write a number up to 4094")
    group = option_of(line, "--addvmportgroup")
    if group and group.lower() not in ("0", "1", "true", "false"):
        yield error(line, "network", f"--addvmportgroup={group} is neither 0 nor 1", "write one of these")


def _device(line: Line) -> Iterator[Finding]:
    device = option_of(line, "--device")
    if device and not re.fullmatch(r"vmnic[0-9]+", device) and not _MAC.fullmatch(device):
        what = f"--device={device} is neither vmnicN nor a MAC address with colons"
        yield error(line, "network", what, "write vmnic0 or 52:54:00:4c:00:01")


def keyboard(subject: Subject) -> Iterator[Finding]:
    """A keyboard that the installer has."""
    for line, _ in subject.uses(table.KEYBOARD):
        name = line.words[1] if len(line.words) == 2 else ""
        if name and name not in table.KEYBOARDS and not name.endswith(".gz"):
            what = f"{name!r} is no keyboard of the vendor's list: the default is used"
            yield warning(line, "keyboard", what, near(name, table.KEYBOARDS) or "write 'US Default'")


def licence(subject: Subject) -> Iterator[Finding]:
    """The licence key, which is not repeated."""
    for line, _ in subject.uses(table.SERIALNUM):
        key = option_of(line, "--esx")
        if key is None:
            yield error(line, "serialnum", f"{line.words[0]} without --esx=: the installer stops", "add it", PARSER)
        elif key and not _LICENCE.fullmatch(key):
            yield error(line, "serialnum", "the key is not five groups of five characters", "copy it again", PARSER)
        if subject.release is not None and subject.release >= table.LICENSED_BY_VCENTER_SINCE:
            what = "from 9.0 on hosts take their licence from vCenter"
            yield warning(line, "serialnum", what, "remove it", "Broadcom, ESX 9.1 guide")


def includes(subject: Subject) -> Iterator[Finding]:
    """Files that are included."""
    for line, _ in subject.uses(table.INCLUDE):
        place = line.words[-1] if len(line.words) == 2 else ""
        if place and "://" not in place and not place.startswith(("/", ".")):
            what = f"{place} is taken from the root directory: /{place}"
            yield note(line, "include", what, f"write /{place}", PARSER)
