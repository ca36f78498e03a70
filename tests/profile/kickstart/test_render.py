"""A host's ks.cfg from its settings: commands by release, what is refused, what our check says of it."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from hobnail.boot.finding import Severity
from hobnail.errors import UserError
from hobnail.profile.kickstart.lint import lint
from hobnail.profile.kickstart.render import left_for_first_boot, notes, release_for_install, render
from hobnail.profile.kickstart.text import KickstartText
from hobnail.profile.password import VENDOR_DEFAULT
from hobnail.profile.settings import (
    HostFile,
    Install,
    Management,
    NfsDatastore,
    PortGroup,
    Root,
    Script,
    Settings,
    Source,
    Ssh,
    VirtualSwitch,
)
from tests.profile.kickstart.hosts import section
from tests.profile.test_password import MD5, SHA512
from tests.tools import need_tool

KEY = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
CALL_BACK = "http://192.0.2.1/installed/Zm9vYmFy"
INSTALL = Install(disk="naa.5000c500", overwrite_vmfs=True, accept_eula=True)
PLAIN = Settings(root=Root(SHA512), install=INSTALL)
FULL = Settings(
    root=Root(SHA512),
    ssh=Ssh(enabled=True, authorized_keys=("ssh-ed25519 AAAAC3NzaC1lZDI1 me@there",)),
    shell=False,
    host_name="esx1",
    domain="example.org",
    name_servers=(IPv4Address("192.0.2.2"), IPv4Address("192.0.2.3"), IPv4Address("192.0.2.4")),
    ntp_servers=("ntp.example.org",),
    syslog="udp://192.0.2.9:514",
    management=Management(
        address=IPv4Interface("192.0.2.7/24"), gateway=IPv4Address("192.0.2.1"), vlan=12, uplink="52:54:00:4c:00:01"
    ),
    switches=(VirtualSwitch("vSwitch1", ("vmnic1",), 9000),),
    port_groups=(PortGroup("VMs", "vSwitch1", 5),),
    nfs=(NfsDatastore("store", "192.0.2.5", "/export"),),
    license_key=KEY,
    advanced=(("/UserVars/SuppressShellWarning", 1),),
    firewall=(("httpClient", True),),
    install=replace(INSTALL, keyboard="Swiss German"),
)
RELEASES = ("5.0", "5.1.0", "5.5", "6.0", "6.5", "6.7.0", "7.0.0", "7.0.2", "8.0.3", "9.0", "9.1.0")


def commands(settings: Settings, version: str = "7.0.2", callback_url: str = "") -> list[str]:
    text = render(settings, version, callback_url=callback_url)
    return [line.text for line in KickstartText.parse(text).commands]


def test_the_least() -> None:
    assert render(PLAIN, "7.0.2").decode() == (
        "# Made by hobnail from the host's profile.\n"
        "vmaccepteula\n"
        f"rootpw --iscrypted {SHA512}\n"
        "install --disk=naa.5000c500 --overwritevmfs\n"
        "network --bootproto=dhcp\n"
        "reboot\n"
    )


@pytest.mark.parametrize("version", RELEASES)
def test_the_most(version: str) -> None:
    assert commands(FULL, version) == [
        "vmaccepteula",
        f"rootpw --iscrypted {SHA512}",
        "install --disk=naa.5000c500 --overwritevmfs",
        "keyboard 'Swiss German'",
        "network --bootproto=static --device=52:54:00:4c:00:01 --vlanid=12 --ip=192.0.2.7 --netmask=255.255.255.0 "
        "--gateway=192.0.2.1 --nameserver=192.0.2.2,192.0.2.3 --hostname=esx1.example.org",
        *([] if version.startswith("9") else [f"serialnum --esx={KEY}"]),
        "reboot",
    ]


@pytest.mark.parametrize("version", RELEASES)
@pytest.mark.parametrize(
    "install",
    [INSTALL, replace(INSTALL, disk="", model="PERC", min_size=1), replace(INSTALL, disk="", first_disk="ST3,usb")],
    ids=["disk", "rules", "first disk"],
)
def test_our_own_check_has_nothing_to_say_but_what_we_tell_ourselves(version: str, install: Install) -> None:
    text = render(replace(FULL, install=install), version, callback_url=CALL_BACK)
    findings = lint(text, release=version)
    told = {finding.what for finding in findings if finding.severity is not Severity.NOTE}
    assert told == ({"%firstboot does not run under UEFI Secure Boot"} if version >= "6.5" else set())
    assert [one.name for one in KickstartText.parse(text).sections] == [
        *(["%pre"] if install.model else []),
        "%post",
        "%firstboot",
    ]
    assert KickstartText.parse(text).cuts == ()


@pytest.mark.parametrize("version", ["5.0", "6.7", "8.0"])
def test_shellcheck_has_nothing_to_say(version: str, tmp_path: Path) -> None:
    need_tool("shellcheck")
    settings = replace(FULL, install=replace(INSTALL, disk="", model="it's", max_size=10**12))
    text = render(settings, version, callback_url=CALL_BACK)
    for name in ("%pre", "%post", "%firstboot"):
        file = tmp_path / f"{name[1:]}.sh"
        file.write_text("#!/bin/sh\n" + section(text, name))
        done = subprocess.run(["shellcheck", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_same_settings_same_bytes() -> None:
    assert render(FULL, "8.0", callback_url=CALL_BACK) == render(FULL, "8.0", callback_url=CALL_BACK)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda s: replace(s, install=replace(INSTALL, overwrite_vmfs=None)), "install --disk=naa.5000c500"),
        (
            lambda s: replace(s, install=replace(INSTALL, overwrite_vmfs=False)),
            "install --disk=naa.5000c500 --preservevmfs",
        ),
        (
            lambda s: replace(s, install=replace(INSTALL, disk="", first_disk="ST300,usb")),
            "install --firstdisk=ST300,usb --overwritevmfs",
        ),
        (
            lambda s: replace(s, install=replace(INSTALL, disk="", transport="nvme")),
            "%include /tmp/hobnail-install.cfg",
        ),
        (lambda s: replace(s, root=Root(MD5)), f"rootpw --iscrypted {MD5}"),
        (lambda s: replace(s, management=Management(dhcp=True, vlan=0)), "network --bootproto=dhcp"),
        (
            lambda s: replace(s, management=Management(dhcp=True, vlan=7, uplink="vmnic2")),
            "network --bootproto=dhcp --device=vmnic2 --vlanid=7",
        ),
        (
            lambda s: replace(s, management=Management(address=IPv4Interface("10.0.0.5/8")), host_name="x"),
            "network --bootproto=static --ip=10.0.0.5 --netmask=255.0.0.0 --hostname=x",
        ),
    ],
)
def test_lines(change: Callable[[Settings], Settings], line: str) -> None:
    assert line in commands(change(PLAIN))


def test_a_dry_run_neither_reboots_nor_calls_back() -> None:
    text = render(replace(FULL, install=replace(INSTALL, dry_run=True)), "7.0", callback_url=CALL_BACK).decode()
    assert "\ndryrun\n" in text
    assert "reboot\n" not in text
    assert "%" not in text.replace("%include", "")


REFUSED = [
    (lambda s: replace(s, install=replace(INSTALL, accept_eula=False)), "install.accept_eula"),
    (lambda s: replace(s, root=Root()), "root has no password"),
    (lambda s: replace(s, root=Root(SHA512, locked=True)), "takes none that is locked"),
    (lambda s: replace(s, root=Root("hunter2")), "perhaps a password in clear text"),
    (lambda s: replace(s, install=replace(INSTALL, disk="")), "none is taken by luck"),
    (lambda s: replace(s, install=replace(INSTALL, first_disk="local")), "chosen in two ways"),
    (lambda s: replace(s, install=replace(INSTALL, model="PERC")), "chosen in two ways"),
    (lambda s: replace(s, install=replace(INSTALL, disk="naa.1 --firstdisk")), "install.disk"),
    (lambda s: replace(s, install=replace(INSTALL, disk="naa.1\nreboot")), "install.disk"),
    (lambda s: replace(s, install=replace(INSTALL, disk="", model="Größe")), "install.model"),
    (lambda s: replace(s, install=replace(INSTALL, disk="", model="x\nreboot")), "install.model"),
    (lambda s: replace(s, install=replace(INSTALL, disk="", min_size=9 << 20, max_size=1 << 20)), "is less than"),
    (lambda s: replace(s, install=replace(INSTALL, keyboard="Swiss Germn")), "is Swiss German meant?"),
    (lambda s: replace(s, license_key="A B"), "license.key"),
    (
        lambda s: replace(s, host_name="a#b", management=Management(address=IPv4Interface("10.0.0.5/8"))),
        "identity.host_name",
    ),
    (
        lambda s: replace(
            s, management=Management(address=IPv4Interface("10.0.0.5/24"), gateway=IPv4Address("10.0.1.1"))
        ),
        "gateway 10.0.1.1 is not in 10.0.0.0/24",
    ),
    (lambda s: replace(s, files=(HostFile("/etc/motd", Source("motd", "", 1)),)), "keeps no files of ours"),
    (lambda s: replace(s, scripts=(Script("a", "early", Source("a.sh", "", 1)),)), "nothing of ours runs early"),
    (lambda s: replace(s, scripts=(Script("a", "late", Source("a.sh", "", 1)),)), "content of a.sh is not known"),
    (lambda s: replace(s, welcome="Grüße"), "not ASCII"),
]


@pytest.mark.parametrize(("change", "what"), REFUSED, ids=[what for _, what in REFUSED])
def test_what_is_refused(change: Callable[[Settings], Settings], what: str) -> None:
    with pytest.raises(UserError) as caught:
        render(change(PLAIN), "7.0")
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_the_vendors_password_is_refused_as_a_hash_too() -> None:
    from hobnail.profile.password import Scheme, _hash

    with pytest.raises(UserError, match="everybody can read"):
        render(replace(PLAIN, root=Root(_hash(VENDOR_DEFAULT, Scheme.SHA512, "abc"))), "7.0")


@pytest.mark.parametrize("version", ["3.5", "4.0", "4.1.0", "x"])
def test_releases_without_an_installer_of_ours(version: str) -> None:
    with pytest.raises(UserError):
        render(PLAIN, version)


def test_releases() -> None:
    assert release_for_install("7.0.2") == (7, 0, 2)
    assert release_for_install("9.1") == (9, 1, 0)


@pytest.mark.parametrize("url", ["https://192.0.2.1/x", "ftp://x/", "http://x/a b", "http://x/'", "http://x/\n"])
def test_call_backs_that_no_host_can_make(url: str) -> None:
    with pytest.raises(UserError, match="call-back"):
        render(PLAIN, "7.0", callback_url=url)


def test_what_secure_boot_leaves_undone() -> None:
    assert left_for_first_boot(PLAIN, (8, 0, 0)) == ()
    static = replace(FULL, name_servers=FULL.name_servers[:2])
    left = left_for_first_boot(static, (8, 0, 0))
    assert not {"root.password_hash", "management", "host_name", "name_servers", "license_key"} & set(left)
    assert {"ssh.enabled", "ssh.authorized_keys", "ntp_servers", "syslog", "nfs", "advanced", "switches"} <= set(left)
    assert "name_servers" in left_for_first_boot(FULL, (8, 0, 0))  # a third one
    assert "license_key" in left_for_first_boot(FULL, (9, 0, 0))
    by_dhcp = replace(PLAIN, host_name="esx1", management=Management(dhcp=True))
    assert left_for_first_boot(by_dhcp, (8, 0, 0)) == ("host_name",)


def test_notes() -> None:
    assert notes(PLAIN, "7.0", callback_url=CALL_BACK) == ()
    assert [note.split(":")[0] for note in notes(FULL, "7.0", callback_url=CALL_BACK)] == [
        "made at the first boot, which UEFI Secure Boot does not let happen"
    ]
    told = notes(
        replace(
            PLAIN,
            install=replace(INSTALL, disk="", first_disk="local,usb"),
            management=Management(address=IPv4Interface("10.0.0.5/8")),
            serial_console="com1",
        ),
        "7.0",
    )
    assert len(told) == 4
    assert "luck" in told[0]


def test_the_installers_firewall_opens_for_port_80() -> None:
    """The ruleset httpClient is that of ports 80 and 443 (host facts 4)."""
    assert notes(PLAIN, "7.0", callback_url="http://192.0.2.1:80/x") == ()
    assert "not to port 80" in notes(PLAIN, "7.0", callback_url="http://192.0.2.1:8080/x")[0]
