"""The management network, further vSwitches, port groups and VMkernel ports."""

from collections.abc import Iterator

from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.overlay.values import Record
from hobnail.profile.settings import Management, VmkernelPort

TAGS = {"management": "Management", "vmotion": "VMotion", "vsan": "VSAN"}
"""What esxcli calls a service, where that is not the API's name (VMware's esxcli reference, published scripts)."""
TAGS_SINCE = (5, 1, 0)
VSAN_TAG_SINCE = (6, 0, 0)
ROUTES_SINCE = (5, 1, 0)
"""The first release with `esxcli network ip route` (VMware's esxcli reference 5.1)."""


def part(request: Request) -> Part:
    """Records only; an address comes with its netmask, as all the commands want it."""
    settings = request.settings
    records: list[Record] = [*_management(settings.management)]
    if not request.legacy and request.release < ROUTES_SINCE:
        records.append(("route_command", "esxcfg"))
    for switch in settings.switches:
        mtu = str(switch.mtu or "")
        records.append(("switch", switch.name, mtu, " ".join(uplink.lower() for uplink in switch.uplinks)))
    records += [("port_group", group.name, group.switch, str(group.vlan)) for group in settings.port_groups]
    for port in settings.vmkernel_ports:
        records += _vmkernel(port, request)
    return Part((), tuple(records))


def _management(management: Management) -> Iterator[Record]:
    if management.uplink:
        yield "uplink", management.uplink.lower()
    if management.vlan is not None:
        yield "vlan", str(management.vlan)
    if management.address is not None:
        yield "address", str(management.address.ip)
        yield "netmask", str(management.address.netmask)
    elif management.dhcp:
        yield "dhcp", "yes"
    if management.gateway is not None:
        yield "gateway", str(management.gateway)


def _vmkernel(port: VmkernelPort, request: Request) -> Iterator[Record]:
    address, netmask = (str(port.address.ip), str(port.address.netmask)) if port.address else ("", "")
    tags = [*port.services] if request.release >= TAGS_SINCE else []
    if request.release < VSAN_TAG_SINCE and "vsan" in tags:
        tags.remove("vsan")
        yield "vsan", port.name
    if request.release < TAGS_SINCE and "vmotion" in port.services:
        yield "vmotion", port.name, port.port_group
    words = " ".join(TAGS.get(tag, tag) for tag in tags)
    yield "vmkernel", port.name, port.port_group, address, netmask, str(port.mtu or ""), words
