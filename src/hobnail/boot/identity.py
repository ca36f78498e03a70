"""Identity: what a machine says about itself, in DHCP (option 97) and through iPXE (SMBIOS values in a URL's query).

Hosts cannot prove any of it, so it only ever chooses among what hosts may have.
Sources: RFC 4578, 2.3 (option 97); SMBIOS 3.6, 7.2 (the UUID's first three fields little-endian on the wire); iPXE,
smbios_settings.c (`${uuid}` is the UUID as the machine's own tools show it, `:uristring` percent-encodes).
"""

import re
import uuid
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from hobnail.boot import ipxe
from hobnail.boot.pxelinux import mac_asked
from hobnail.host.placeholders import meaning
from hobnail.wire.dhcp import Message
from hobnail.wire.pxe import machine_uuid

LONGEST_QUERY = 2048
"""Characters of a query that are looked at; iPXE's own, five values of 64 characters percent-encoded, are fewer."""
_MOST_FIELDS = 16

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NO_UUID = frozenset({str(uuid.UUID(int=0)), str(uuid.UUID(int=(1 << 128) - 1))})


@dataclass(frozen=True, slots=True)
class Identity:
    """What a machine is known by. "" is what it did not say, or what says nothing.

    `mac` is lower case with colons; `uuid` lower case with hyphens, as the machine's own tools show it (dmidecode).
    """

    mac: str
    uuid: str = ""
    manufacturer: str = ""
    product: str = ""
    serial: str = ""
    asset: str = ""

    def with_older(self, older: "Identity") -> "Identity":
        """Return this one, and what only an older one of the same machine says."""
        lacking = {name: getattr(older, name) for name in FIELDS if not getattr(self, name)}
        return replace(self, **lacking)


FIELDS = ("uuid", "manufacturer", "product", "serial", "asset")


def identity_of_message(message: Message) -> Identity:
    """Return what a DHCP message says: the MAC address, and option 97 turned into the machine's own byte order."""
    wire = machine_uuid(message)
    own = str(uuid.UUID(bytes_le=uuid.UUID(wire).bytes)) if wire else ""
    return Identity(str(message.hardware), own)


def identity_of_query(name: str, query: str) -> Identity | None:
    """Return what iPXE says when it asks for its host's script (`…/01-MAC/boot.ipxe`); None for any other request.

    Never raises: what is too long, no text or a placeholder counts as not said.
    """
    folders, _, script = name.rpartition("/")
    mac = mac_asked(folders.rpartition("/")[2])
    if mac is None or script not in ipxe.SCRIPTS or len(query) > LONGEST_QUERY:
        return None
    try:
        said = dict(parse_qsl(query, encoding="utf-8", errors="replace", max_num_fields=_MOST_FIELDS))
    except ValueError:  # more fields than that
        return None
    words = {field: meaning(said.get(field, "")) for field in FIELDS if field != "uuid"}
    return Identity(mac, _uuid(said.get("uuid", "")), **words)


def _uuid(text: str) -> str:
    value = text.strip().lower()
    return value if _UUID.fullmatch(value) and value not in _NO_UUID else ""
