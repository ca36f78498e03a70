"""The keys that have to do with networks: names, servers, switches, VMkernel ports, datastores."""

from hobnail.profile import kinds, kinds_network
from hobnail.profile.grammar import Key, Named, Table, works
from hobnail.profile.settings import VMKERNEL_SERVICES

_MTU = Key(kinds.integer(1280, 9000, "bytes"), "The largest packet.", "9000")
_SERVERS = "An address or a name."

IDENTITY = Table(
    {
        "host_name": Key(
            kinds_network.host_name(), "The host's name; its name in this file if not said.", '"esx-{name}"'
        ),
        "domain": Key(kinds_network.domain(), "Its domain.", '"lab.example"'),
    },
    "What the host is called.",
)
DNS = Table(
    {
        "servers": Key(
            kinds.list_of(kinds_network.address(), "a list of IPv4 addresses"), "Name servers.", '["10.0.0.1"]'
        ),
        "search": Key(
            kinds.list_of(kinds_network.domain(), "a list of domains"), "Domains to search.", '["lab.example"]'
        ),
    },
    "Name service.",
)
NTP = Table(
    {
        "servers": Key(
            kinds.list_of(kinds_network.server(), "a list of addresses or names"), "Time servers.", '["10.0.0.1"]'
        )
    },
    "Time.",
)
SYSLOG = Table(
    {
        "target": Key(
            kinds_network.syslog_target(),
            "Where the host's log goes.",
            '"udp://10.0.0.9:514"',
            f"all; tcp, ssl {works('syslog tcp, ssl')}",
        )
    },
    "The host's log.",
)
_HOW = frozenset({"dhcp", "address"})
MANAGEMENT = Table(
    {
        "dhcp": Key(kinds.boolean(), "Get an address by DHCP.", "true"),
        "address": Key(kinds_network.interface(), "A fixed address with its prefix.", '"10.0.0.5/24"'),
        "gateway": Key(kinds_network.address(), "The router, in the address's network.", '"10.0.0.1"'),
        "vlan": Key(kinds.integer(0, 4094), "The VLAN; 0 is untagged.", "12"),
        "uplink": Key(kinds_network.uplink(), "Its card; the one booted from if not said.", '"vmnic0"'),
    },
    "The management network, vmk0. Nothing said: as the image has it, which is DHCP.",
    groups=(_HOW,),
)
NETWORK = Table(
    {
        "management": MANAGEMENT,
        "switch": Named(
            Table(
                {
                    "uplinks": Key(
                        kinds.list_of(kinds_network.uplink(), "a list of cards or MAC addresses"),
                        "Its cards.",
                        '["vmnic1"]',
                    ),
                    "mtu": _MTU,
                }
            ),
            kinds_network.switch_name(),
            "Standard vSwitches. vSwitch0 is there always, with the management network.",
            example="vSwitch1",
        ),
        "port_group": Named(
            Table(
                {
                    "switch": Key(kinds_network.switch_name(), "Its vSwitch, vSwitch0 if not said.", '"vSwitch1"'),
                    "vlan": Key(kinds.integer(0, 4095), "Its VLAN; 0 is untagged, 4095 is all of them.", "20"),
                }
            ),
            kinds.text("a text of at most 80 bytes", longest=80),
            "Port groups.",
            example='"VM Network"',
        ),
        "vmkernel": Named(
            Table(
                {
                    "port_group": Key(kinds.text("a port group's name", longest=80), "Its port group.", '"Storage"'),
                    "address": Key(kinds_network.interface(), "Its address; DHCP if not said.", '"10.0.1.5/24"'),
                    "mtu": _MTU,
                    "services": Key(
                        kinds.list_of(kinds.choice(*VMKERNEL_SERVICES), f"a list of {', '.join(VMKERNEL_SERVICES)}"),
                        "What it is for.",
                        '["vmotion"]',
                        f"all; others than vmotion {works('vmkernel_ports.services management')}",
                    ),
                },
                required=(frozenset({"port_group"}),),
            ),
            kinds_network.vmkernel_name(),
            "VMkernel ports besides the management network's.",
            example="vmk1",
        ),
    },
    "Switches and what is on them.",
)
NFS = Named(
    Table(
        {
            "server": Key(kinds_network.server(), _SERVERS, '"10.0.0.7"'),
            "share": Key(kinds.absolute_path("the path that the server exports"), "The export.", '"/export/vms"'),
            "read_only": Key(kinds.boolean(), "Mount it for reading only.", "true", works("nfs read_only")),
            "version": Key(
                kinds.choice("3", "4.1", also={3: "3", 4.1: "4.1"}),
                'NFS version, "3" if not said.',
                '"4.1"',
                f"all; 4.1 {works('nfs 4.1')}",
            ),
        },
        required=(frozenset({"server"}), frozenset({"share"})),
    ),
    kinds.pattern("a label of at most 42 characters without /", r"[^/\\]{1,42}", example="vms"),
    "NFS exports that are mounted as datastores, by label.",
    example="vms",
)
