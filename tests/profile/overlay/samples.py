"""Settings for tests: each option alone, and all at once."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

from hobnail.boot.plan import PlanOptions
from hobnail.image.model import Generation
from hobnail.profile.settings import (
    HostFile,
    HostSecrets,
    Management,
    NfsDatastore,
    PortGroup,
    Root,
    Script,
    Settings,
    Source,
    Ssh,
    VirtualSwitch,
    VmkernelPort,
)

SHA512 = "$6$saltsaltsalt$" + "x" * 86
MD5 = "$1$saltsalt$" + "y" * 22
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE me@lab"
EARLY = b"#!/bin/sh\necho early >>/stub/own\n"
LATE = b"#!/bin/sh\necho late >>/stub/own\n"
MOTD = b"Ask Ann before you touch this.\n"
SECRETS = HostSecrets("RSA KEY\n", "EC KEY\n", b"\0dropbear", "TLS KEY\n", "TLS CERTIFICATE\n")
NO_SECRETS = HostSecrets()

_CONTENT = {hashlib.sha256(data).hexdigest(): data for data in (EARLY, LATE, MOTD)}


def source(name: str, data: bytes) -> Source:
    return Source(name, hashlib.sha256(data).hexdigest(), len(data))


def content(wanted: Source) -> bytes:
    return _CONTENT[wanted.sha256]


VMOTION = VmkernelPort("vmk1", "vMotion", IPv4Interface("10.1.0.5/24"), 9000, ("vmotion",))
NETWORK = Settings(
    switches=(VirtualSwitch("vSwitch1", ("52:54:00:4C:00:00",), 9000),),
    port_groups=(PortGroup("VM Network 7", "vSwitch1", 7), PortGroup("vMotion", "vSwitch1")),
    vmkernel_ports=(VMOTION,),
)

OPTIONS: Mapping[str, Settings] = {
    "nothing": Settings(),
    "root.password_hash $6$": Settings(root=Root(SHA512)),
    "root.password_hash $1$": Settings(root=Root(MD5)),
    "root.locked": Settings(root=Root(locked=True)),
    "ssh on": Settings(ssh=Ssh(enabled=True)),
    "ssh off": Settings(ssh=Ssh(enabled=False)),
    "ssh.authorized_keys": Settings(ssh=Ssh(authorized_keys=(KEY, KEY + "2"))),
    "shell on": Settings(shell=True),
    "shell off": Settings(shell=False),
    "host_name": Settings(host_name="esx1"),
    "host_name, domain": Settings(host_name="esx1", domain="lab.example"),
    "domain": Settings(domain="lab.example"),
    "dns": Settings(name_servers=(IPv4Address("10.0.0.2"), IPv4Address("10.0.0.3")), search_domains=("a.b", "c.d")),
    "ntp_servers": Settings(ntp_servers=("ntp1.lab.example", "10.0.0.4")),
    "syslog udp": Settings(syslog="udp://log.lab.example:5140"),
    "syslog tcp": Settings(syslog="tcp://log.lab.example"),
    "license_key": Settings(license_key="00000-11111-22222-33333-44444"),
    "scratch": Settings(scratch="/vmfs/volumes/shared1/scratch/esx1"),
    "advanced": Settings(advanced=(("/UserVars/SuppressShellWarning", 1), ("/Misc/Text", "it's $HOME; `id`"))),
    "serial_console": Settings(serial_console="com1", serial_speed=115200),
    "serial_log": Settings(serial_log="com2"),
    "serial both": Settings(serial_console="com1", serial_log="com2"),
    "welcome": Settings(welcome='Rack 7\n\tit\'s "ours" $(id)\n'),
    "firewall": Settings(firewall=(("nfsClient", True), ("CIMSLP", False))),
    "management dhcp": Settings(management=Management(dhcp=True)),
    "management static": Settings(
        management=Management(False, IPv4Interface("10.0.0.5/22"), IPv4Address("10.0.0.1"), 12, "52:54:00:4c:00:02")
    ),
    "management uplink": Settings(management=Management(uplink="vmnic2")),
    "networks": NETWORK,
    "vmkernel management": Settings(
        vmkernel_ports=(VmkernelPort("vmk1", "Management Network", services=("management",)),)
    ),
    "vmkernel vsan": Settings(vmkernel_ports=(VmkernelPort("vmk1", "Management Network", services=("vsan",)),)),
    "nfs": Settings(nfs=(NfsDatastore("shared1", "10.0.0.9", "/export/it's a $HOME"),)),
    "nfs read_only": Settings(nfs=(NfsDatastore("isos", "nas", "/isos", read_only=True),)),
    "nfs 4.1": Settings(nfs=(NfsDatastore("shared4", "nas", "/four", version="4.1"),)),
    "files": Settings(
        files=(
            HostFile("/etc/motd", source("motd", MOTD)),
            HostFile("/opt/x/y.sh", source("motd", MOTD), 0o750, 7, 8),
        )
    ),
    "files shadow": Settings(files=(HostFile("/etc/shadow", source("motd", MOTD), 0o400),)),
    "scripts": Settings(
        scripts=(Script("first", "early", source("e", EARLY)), Script("then.sh", "late", source("l", LATE)))
    ),
    "install": Settings(boot=PlanOptions(mode="install"), host_name="esx1"),
}
"""Each option alone."""

RELEASES = {
    "3.5.0": Generation.ESX35,
    "4.0.0": Generation.ESXI40,
    "4.1.0": Generation.ESXI41,
    "5.0.0": Generation.ESXI5,
    "5.1.0": Generation.ESXI5,
    "5.5.0": Generation.ESXI5,
    "6.7.0": Generation.ESXI6,
    "7.0.0": Generation.ESXI7,
    "7.0.1": Generation.ESXI7,
    "7.0.2": Generation.ESXI7,
    "8.0.3": Generation.ESXI8,
    "9.0.0": Generation.ESXI9,
}
"""One release of each that differs in how a setting is done."""


def everything(version: str) -> Settings:
    """All that a release can do, at once."""
    generation = RELEASES[version]
    modern = generation not in (Generation.ESX35, Generation.ESXI40, Generation.ESXI41)
    settings = Settings(
        root=Root(MD5 if generation is Generation.ESX35 else SHA512),
        ssh=Ssh(True, (KEY,)),
        shell=True,
        host_name="esx1",
        domain="lab.example",
        name_servers=OPTIONS["dns"].name_servers,
        search_domains=("lab.example", "example"),
        ntp_servers=OPTIONS["ntp_servers"].ntp_servers,
        syslog="udp://log.lab.example",
        license_key="" if generation is Generation.ESX35 else OPTIONS["license_key"].license_key,
        management=OPTIONS["management static"].management,
        switches=NETWORK.switches,
        port_groups=NETWORK.port_groups,
        vmkernel_ports=NETWORK.vmkernel_ports,
        nfs=OPTIONS["nfs"].nfs,
        advanced=OPTIONS["advanced"].advanced,
        welcome=OPTIONS["welcome"].welcome,
        files=OPTIONS["files"].files,
        scripts=OPTIONS["scripts"].scripts,
    )
    if modern:
        settings = replace(settings, firewall=OPTIONS["firewall"].firewall)
    if generation in (Generation.ESXI6, Generation.ESXI7, Generation.ESXI8, Generation.ESXI9):
        settings = replace(settings, nfs=(*settings.nfs, *OPTIONS["nfs 4.1"].nfs, *OPTIONS["nfs read_only"].nfs))
    return settings
