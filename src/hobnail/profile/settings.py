"""Settings: all that a profile can say, resolved for one host.

Every field has a value that says "nothing was asked": None, "", (). What was not asked is left as the image has it.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface
from typing import Literal

from hobnail.boot.plan import PlanOptions


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes that a settings file names: kept as a blob once applied. `name` is what the person wrote."""

    name: str
    sha256: str
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Root:
    """The administrator's account. `password_hash` is crypt(3)'s ($6$… or $1$…); never a password."""

    password_hash: str = ""
    locked: bool = False  # no password opens it: keys only


@dataclass(frozen=True, slots=True)
class Ssh:
    """The SSH server."""

    enabled: bool | None = None
    authorized_keys: tuple[str, ...] = ()  # lines of OpenSSH's authorized_keys, for root
    keep_host_keys: bool = True  # the host's own keys are made once on the server, and survive stateless boots


@dataclass(frozen=True, slots=True)
class Management:
    """How the management network comes up. Neither `dhcp` nor `address`: as the image does it (DHCP)."""

    dhcp: bool = False
    address: IPv4Interface | None = None
    gateway: IPv4Address | None = None
    vlan: int | None = None  # 1 to 4094; 0 is untagged
    uplink: str = ""  # vmnic0, or a MAC address in lower case with colons; "" is the card that was booted from


@dataclass(frozen=True, slots=True)
class VirtualSwitch:
    """A standard vSwitch."""

    name: str
    uplinks: tuple[str, ...] = ()  # vmnicN or MAC addresses
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class PortGroup:
    """A port group of a standard vSwitch."""

    name: str
    switch: str
    vlan: int = 0


@dataclass(frozen=True, slots=True)
class VmkernelPort:
    """A VMkernel port besides the management one. `name` is vmk1, vmk2 …; no `address` means DHCP."""

    name: str
    port_group: str
    address: IPv4Interface | None = None
    mtu: int | None = None
    services: tuple[str, ...] = ()  # of VMKERNEL_SERVICES


VMKERNEL_SERVICES = ("management", "vmotion", "faultToleranceLogging", "vSphereReplication", "vsan")


@dataclass(frozen=True, slots=True)
class NfsDatastore:
    """An NFS export to mount as a datastore."""

    label: str
    server: str
    share: str
    read_only: bool = False
    version: Literal["3", "4.1"] = "3"


@dataclass(frozen=True, slots=True)
class HostFile:
    """A file to lay over the image. `path` is absolute; `mode` in octal terms, e.g. 0o644."""

    path: str
    source: Source
    mode: int = 0o644
    owner: int = 0
    group: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """A script that the host runs while it boots: early (before its management agents) or late."""

    name: str
    when: Literal["early", "late"]
    source: Source


@dataclass(frozen=True, slots=True)
class ExtraModule:
    """A ready-made module (tgz, vgz). `before`/`after` name a module of the image; neither: after all of them."""

    name: str
    source: Source
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Install:
    """What a scripted installation is to do; see kickstart."""

    disk: str = ""  # a device name (naa.…, mpx.…), handed to install --disk=
    first_disk: str = ""  # types, models, drivers for --firstdisk=, e.g. "local" or "ST300,usb"
    overwrite_vmfs: bool | None = None  # None: neither flag; True --overwritevmfs, False --preservevmfs
    min_size: int | None = None  # bytes: in %pre, disks smaller than this are no candidates
    max_size: int | None = None
    model: str = ""  # in %pre: a disk whose model has this in it
    transport: str = ""  # in %pre: sas, sata, nvme, usb …
    accept_eula: bool = False
    dry_run: bool = False
    keyboard: str = ""
    deliver: Literal["http", "overlay"] = "http"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one host, resolved."""

    image: str = ""  # a reference to an image; "" is the default image
    boot: PlanOptions = field(default_factory=PlanOptions)
    root: Root = field(default_factory=Root)
    ssh: Ssh = field(default_factory=Ssh)
    shell: bool | None = None  # the ESXi shell (tech support mode)
    keep_certificate: bool = True  # the host's TLS key and certificate are made once on the server, and kept
    host_name: str = ""
    domain: str = ""
    name_servers: tuple[IPv4Address, ...] = ()
    search_domains: tuple[str, ...] = ()
    ntp_servers: tuple[str, ...] = ()
    syslog: str = ""  # udp://HOST:514, tcp://…, ssl://…
    management: Management = field(default_factory=Management)
    switches: tuple[VirtualSwitch, ...] = ()
    port_groups: tuple[PortGroup, ...] = ()
    vmkernel_ports: tuple[VmkernelPort, ...] = ()
    nfs: tuple[NfsDatastore, ...] = ()
    license_key: str = ""
    scratch: str = ""  # an absolute path on a datastore
    advanced: tuple[tuple[str, int | str], ...] = ()  # /UserVars/SuppressShellWarning -> 1
    serial_console: str = ""  # com1, com2: the console (DCUI) goes there
    serial_log: str = ""  # com1, com2: the kernel's log goes there
    serial_speed: int | None = None  # baud
    welcome: str = ""  # shown on the console
    firewall: tuple[tuple[str, bool], ...] = ()  # ruleset -> open
    files: tuple[HostFile, ...] = ()
    scripts: tuple[Script, ...] = ()
    modules: tuple[ExtraModule, ...] = ()
    install: Install = field(default_factory=Install)


@dataclass(frozen=True, slots=True)
class HostSecrets:
    """What is made once for a host and kept on the server. PEM text, as OpenSSL writes it; "" when there is none."""

    rsa_key: str = ""  # BEGIN RSA PRIVATE KEY, 2048 bits
    ecdsa_key: str = ""  # BEGIN EC PRIVATE KEY, P-256
    dropbear_key: bytes = b""  # the RSA key in dropbear's form, for 3.5 and 4.x
    tls_key: str = ""
    tls_certificate: str = ""
