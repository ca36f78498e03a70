"""How each setting is done on each release, with the source: the table that overlays and refusals are made from.

Sources: `facts N` is a section of the project's collected facts; names in it: XC = xCAT's esx.pm and its scripts,
S1 = "ESXi 4.0 stateless netboot", WL = williamlam.com, VMD = VMware's documentation, CF = confluent. Nothing here has
been tried on hardware; docs/overlay.md says so claim by claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from hobnail.profile.release import Release

FIRST: Release = (3, 5, 0)


@dataclass(frozen=True, slots=True)
class Way:
    """How a setting is done from the release `since` on, until the next row.

    `early` and `late` name the steps (overlay/host/steps/NAME.sh) that do it, before and after the management agents
    are up. `refused` says why it cannot be done; `next_step` what to do instead.
    """

    since: Release
    how: str = ""
    source: str = ""
    early: str = ""
    late: str = ""
    refused: str = ""
    next_step: str = ""


def _refused(since: Release, reason: str, next_step: str, source: str) -> Way:
    return Way(since, refused=reason, next_step=next_step, source=source)


_LEAVE_OUT = "leave it out of the profile of this host"
_SHADOW = "etc/shadow in the overlay"
_PG_MTU = "esxcfg-vswitch -m and esxcfg-vmknic -m"
_SERVICES = "esxcli network ip interface tag add -i vmkN -t TAG"
_NO_TAGS = "this release has no command that tags a VMkernel port with it"

ACCOUNTS: Mapping[str, tuple[Way, ...]] = {
    "root.password_hash": (
        Way(FIRST, _SHADOW, "XC, facts 2.3"),
        Way(
            (7, 0, 1),
            "root's line of etc/shadow is edited while the host boots, and looked at again late",
            "facts 2.3, WL 2024",
            "root-edit",
            "root-edit",
        ),
    ),
    "root.password_hash $6$": (
        _refused(
            FIRST, "sha512-crypt ($6$) is not known there", "give a $1$ hash: openssl passwd -1", "host facts 7"
        ),
        Way((4, 0, 0), "taken as it is", "KB 310923"),
    ),
    "root.locked": (
        Way(FIRST, f"{_SHADOW}, root's hash is *", "host facts 6"),
        Way((7, 0, 1), "root's hash becomes * while the host boots", "host facts 6", "root-edit", "root-edit"),
    ),
    "ssh.enabled": (
        Way(FIRST, "the line of ssh in etc/inetd.conf", "S1, facts 8", "ssh-inetd"),
        Way((4, 1, 0), "vim-cmd hostsvc/enable_remote_tsm (TSM-SSH)", "facts 8, WL", "", "ssh-tsm"),
        Way(
            (5, 0, 0),
            "ruleset sshServer, chkconfig SSH, etc/init.d/SSH; then vim-cmd hostsvc/enable_ssh",
            "XC, facts 3 and 8",
            "ssh-service",
            "ssh-hostd",
        ),
    ),
    "ssh.authorized_keys": (
        Way(FIRST, ".ssh/authorized_keys in the overlay", "XC, facts 3"),
        Way((5, 0, 0), "etc/ssh/keys-root/authorized_keys in the overlay", "XC, CF, facts 3"),
    ),
    "ssh.keep_host_keys": (
        Way(FIRST, "etc/dropbear/dropbear_rsa_host_key in the overlay", "host facts 4"),
        Way((5, 0, 0), "etc/ssh/ssh_host_rsa_key in the overlay", "host facts 4"),
        Way((7, 0, 0), "etc/ssh/ssh_host_rsa_key and ssh_host_ecdsa_key in the overlay", "VMD 7.0, host facts 4"),
    ),
    "keep_certificate": (Way(FIRST, "etc/vmware/ssl/rui.key and rui.crt in the overlay", "facts 2.3"),),
    "shell on": (
        Way(
            FIRST,
            "Alt+F1 and `unsupported` always open it; from 4.0 also var/run/vmware/show-tech-support-login",
            "S1, XC, facts 3",
        ),
        Way(
            (4, 1, 0),
            "vim-cmd hostsvc/enable_local_tsm; var/run/vmware/show-tech-support-login",
            "WL, XC, facts 3",
            "",
            "shell-tsm",
        ),
        Way(
            (5, 0, 0),
            "chkconfig ESXShell, etc/init.d/ESXShell; then vim-cmd hostsvc/enable_esx_shell",
            "XC, WL, facts 8",
            "shell-service",
            "shell-hostd",
        ),
    ),
    "shell off": (
        _refused(
            FIRST,
            "its shell cannot be switched off: Alt+F1 and `unsupported` always open it",
            _LEAVE_OUT,
            "S1, facts 8",
        ),
        Way((4, 1, 0), "vim-cmd hostsvc/disable_local_tsm", "WL", "", "shell-tsm"),
        Way(
            (5, 0, 0),
            "chkconfig ESXShell, etc/init.d/ESXShell; then vim-cmd hostsvc/disable_esx_shell",
            "XC, WL, facts 8",
            "shell-service",
            "shell-hostd",
        ),
    ),
}

SERVICES: Mapping[str, tuple[Way, ...]] = {
    "host_name": (
        Way(FIRST, "esxcfg-advcfg -s NAME /Misc/HostName, hostname NAME", "facts 8", "host-name-legacy"),
        Way((5, 0, 0), "esxcli system hostname set", "facts 8", "host-name", "host-name"),
    ),
    "domain": (
        Way(FIRST, "etc/resolv.conf, written while the host boots", "facts 2.3", "", "dns-legacy"),
        Way((5, 0, 0), "esxcli system hostname set", "facts 8", "host-name", "host-name"),
    ),
    "name_servers": (
        Way(FIRST, "etc/resolv.conf, written while the host boots", "facts 2.3", "", "dns-legacy"),
        Way((5, 0, 0), "esxcli network ip dns server add, search add", "facts 8", "", "dns"),
    ),
    "ntp_servers": (
        Way(
            FIRST,
            "etc/ntp.conf, chkconfig ntpd, etc/init.d/ntpd; from 5.0 the ruleset ntpClient",
            "host facts 4",
            "",
            "ntp-conf",
        ),
        Way((7, 0, 0), "esxcli system ntp set", "facts 8", "", "ntp"),
    ),
    "syslog": (
        Way(
            FIRST,
            "vim-cmd hostsvc/advopt/update Syslog.Remote.Hostname and .Port",
            "VMware's 3i and 4 configuration guides",
            "",
            "syslog-legacy",
        ),
        Way((5, 0, 0), "esxcli system syslog config set --loghost, reload; ruleset syslog", "facts 8", "", "syslog"),
    ),
    "syslog tcp, ssl": (
        _refused(
            FIRST, "its syslog sends by UDP only", "write udp://HOST:PORT", "VMware's 3i and 4 configuration guides"
        ),
        Way((5, 0, 0), "as udp", "facts 8"),
    ),
    "license_key": (
        _refused(
            FIRST,
            "how it takes a key from a script is not known",
            "give the host's etc/vmware/vmware.lic under `files`",
            "facts 8",
        ),
        Way((4, 0, 0), "vim-cmd vimsvc/license --set=KEY", "facts 8, host facts 4", "", "license"),
    ),
    "scratch": (Way(FIRST, "etc/vmware/locker.conf in the overlay", "KB 1033696, facts 8"),),
    "advanced": (
        Way(FIRST, "esxcfg-advcfg -s VALUE PATH", "facts 8", "", "advanced-legacy"),
        Way((5, 0, 0), "esxcli system settings advanced set", "facts 8", "", "advanced"),
    ),
    "serial": (
        _refused(
            FIRST, "its kernel options for a serial port are not known", "give them as boot.kernel_options", "VMD 4.1"
        ),
        Way(
            (4, 1, 0),
            "kernel options tty2Port, logPort, gdbPort=none",
            "VMD: redirect the direct console to a serial port",
        ),
    ),
    "serial_speed": (
        _refused(FIRST, "its kernel option for the speed is not known", "give it as boot.kernel_options", "VMD"),
        Way((5, 0, 0), "kernel option com1_baud, com2_baud", "published kernel options of 5.0 and later"),
    ),
    "welcome": (
        Way(FIRST, "etc/vmware/welcome in the overlay", "WL 2010"),
        Way((6, 0, 0), "esxcli system welcomemsg set", "VMware's esxcli reference 6.0", "", "welcome"),
    ),
    "firewall": (
        _refused(FIRST, "it has no firewall", _LEAVE_OUT, "host facts 4"),
        Way((5, 0, 0), "esxcli network firewall ruleset set", "host facts 4", "", "firewall"),
    ),
    "files": (Way(FIRST, "in the overlay", "facts 2.2"),),
    "files /etc/shadow": (
        Way(FIRST, "in the overlay", "facts 2.3"),
        _refused(
            (7, 0, 2), "accounts are in a database, the file is not taken", "say root.password_hash", "facts 2.3"
        ),
    ),
    "scripts": (Way(FIRST, "in the overlay, run after our own steps of that time", "facts 8"),),
}

NETWORK: Mapping[str, tuple[Way, ...]] = {
    "management": (
        Way(FIRST, "esxcfg-vswitch, esxcfg-vmknic, esxcfg-route", "XC, facts 3", "management-legacy"),
        Way((5, 0, 0), "esxcli network vswitch, network ip interface; esxcfg-route", "facts 8", "", "management"),
        Way((5, 1, 0), "esxcli network vswitch, network ip interface, network ip route", "facts 8", "", "management"),
    ),
    "switches": (
        Way(FIRST, "esxcfg-vswitch", "facts 8", "switches-legacy"),
        Way((5, 0, 0), "esxcli network vswitch standard", "facts 8", "", "switches"),
    ),
    "vmkernel_ports": (
        Way(FIRST, "esxcfg-vmknic", "facts 8", "vmkernel-legacy"),
        Way((5, 0, 0), "esxcli network ip interface", "facts 8", "", "vmkernel"),
    ),
    "mtu": (
        Way(FIRST, _PG_MTU, "VMware's 4.0 configuration guide"),
        Way((5, 0, 0), "esxcli network vswitch standard set -m, interface add -m", "VMware's esxcli reference 5.0"),
    ),
    "vmkernel_ports.services vmotion": (
        Way(FIRST, "vim-cmd hostsvc/vmotion/vnic_set", "published scripts for 4.x and 5.x", "", "vmotion"),
        Way((5, 1, 0), _SERVICES, "VMware's esxcli reference 5.1"),
    ),
    "vmkernel_ports.services management": (
        _refused(FIRST, _NO_TAGS, _LEAVE_OUT, "VMware's esxcli reference 5.1"),
        Way((5, 1, 0), _SERVICES, "VMware's esxcli reference 5.1"),
    ),
    "vmkernel_ports.services faultToleranceLogging": (
        _refused(FIRST, _NO_TAGS, _LEAVE_OUT, "VMware's esxcli reference 5.1"),
        Way((5, 1, 0), _SERVICES, "VMware's esxcli reference 5.1"),
    ),
    "vmkernel_ports.services vSphereReplication": (
        _refused(FIRST, _NO_TAGS, _LEAVE_OUT, "VMware's esxcli reference 5.1"),
        Way((5, 1, 0), _SERVICES, "VMware's esxcli reference 5.1"),
    ),
    "vmkernel_ports.services vsan": (
        _refused(FIRST, "it has no vSAN", _LEAVE_OUT, "VMD 5.5"),
        Way((5, 5, 0), "esxcli vsan network ipv4 add -i vmkN", "VMware's esxcli reference 5.5", "", "vsan"),
        Way((6, 0, 0), f"{_SERVICES.removesuffix('TAG')}VSAN", "published scripts for 6.x and later"),
    ),
    "nfs": (
        Way(FIRST, "esxcfg-nas -a -o SERVER -s SHARE LABEL", "facts 8", "", "nfs-legacy"),
        Way((5, 0, 0), "esxcli storage nfs add", "facts 8", "", "nfs"),
    ),
    "nfs read_only": (
        _refused(FIRST, "esxcfg-nas is not known to mount read-only", "export it read-only on the server", "facts 8"),
        Way((5, 0, 0), "esxcli storage nfs add -r, nfs41 add -r", "VMware's esxcli reference 5.0"),
    ),
    "nfs 4.1": (
        _refused(FIRST, "it speaks NFS 3 only", 'write version = "3"', "host facts 4"),
        Way((6, 0, 0), "esxcli storage nfs41 add", "host facts 4", "", "nfs"),
    ),
}

WAYS: Mapping[str, tuple[Way, ...]] = {**ACCOUNTS, **SERVICES, **NETWORK}
"""Setting -> its rows, the oldest release first."""


def way_of(setting: str, release: Release) -> Way:
    """Return how a setting is done on a release."""
    return [way for way in WAYS[setting] if way.since <= release or way.since == FIRST][-1]
