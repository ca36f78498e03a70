"""What settings come to: precedence, inheritance, types, and where each value was said."""

from ipaddress import IPv4Address, IPv4Interface

import pytest

from hobnail.boot.plan import PlanOptions
from hobnail.profile.resolve import effective, effective_profile, host_for
from hobnail.profile.settings import (
    ExtraModule,
    Install,
    Management,
    NfsDatastore,
    PortGroup,
    Root,
    Settings,
    VirtualSwitch,
    VmkernelPort,
)
from tests.profile.settings_files import HASH, KEY, configuration, errors, settings_of

LAYERS = """
[defaults]
boot.timeout = 1
[images."8.0.3"]
boot.timeout = 2
[images."8.0.3-24022510"]
boot.timeout = 3
[images."abcdef"]
boot.timeout = 4
[profiles.base]
boot.timeout = 5
[profiles.middle]
inherits = "base"
boot.timeout = 6
[profiles.late]
boot.timeout = 7
[profiles.plain]
[hosts.own]
profile = ["middle", "late"]
boot.timeout = 8
[hosts.two]
profile = ["middle", "late"]
[hosts.one]
profile = "middle"
[hosts.base]
profile = "base"
[hosts.turned]
profile = ["late", "middle"]
[hosts.shared]
profile = ["middle", "base"]
[hosts.plain]
profile = "plain"
[hosts.none]
"""


@pytest.mark.parametrize(
    ("host", "names", "timeout", "source"),
    [
        ("", set(), 1, "a.toml:3 (defaults)"),
        ("none", set(), 1, "a.toml:3 (defaults)"),
        ("none", {"8.0.3"}, 2, "a.toml:5 (image 8.0.3)"),
        ("none", {"8.0.3", "8.0.3-24022510"}, 3, "a.toml:7 (image 8.0.3-24022510)"),
        ("plain", {"8.0.3", "8.0.3-24022510", "abcdef" + "0" * 58}, 4, "a.toml:9 (image abcdef)"),
        ("base", {"8.0.3"}, 5, "a.toml:11 (profile base)"),
        ("one", {"8.0.3"}, 6, "a.toml:14 (profile middle)"),
        ("shared", set(), 6, "a.toml:14 (profile middle)"),
        ("turned", set(), 6, "a.toml:14 (profile middle)"),
        ("two", set(), 7, "a.toml:16 (profile late)"),
        ("own", {"8.0.3"}, 8, "a.toml:20 (host own)"),
    ],
)
def test_who_wins(host: str, names: set[str], timeout: int, source: str) -> None:
    read = configuration(LAYERS)
    assert not read.problems()
    found = effective(read, read.hosts.by_name[host] if host else None, lambda _: names)
    assert found.settings.boot.timeout == timeout
    assert found.sources["boot.timeout"] == source


def test_an_image_is_asked_for_by_the_reference_that_is_in_force() -> None:
    read = configuration('[defaults]\nimage = "a"\n[profiles.p]\nimage = "b"\n[hosts.h]\nprofile = "p"\n')
    asked: list[str] = []

    def names(reference: str) -> set[str]:
        asked.append(reference)
        return set()

    effective(read, read.hosts.by_name["h"], names)
    effective(read, None, names)
    assert asked == ["b", "a"]


EVERYTHING = f"""
[defaults]
image = "8.0.3"
mode = "install"
boot.kernel_options = "a=1"
boot.loader_options = "-S 1"
boot.slim = true
boot.timeout = 0
boot.bootif = false
boot.error_timeout = 60
boot.tftp_block_size = 1468
root = {{ password_hash = "{HASH}", locked = true }}
ssh = {{ enabled = false, authorized_keys_file = "keys.pub", keep_host_keys = false }}
shell.enabled = true
tls.keep_certificate = false
identity = {{ host_name = "esx-{{name}}", domain = "lab.example." }}
dns = {{ servers = ["10.0.0.1", "10.0.0.2"], search = ["lab.example"] }}
ntp.servers = ["pool.ntp.example"]
syslog.target = "10.0.0.9"
license.key = "aaaaa-bbbbb-ccccc-ddddd-00000"
scratch.path = "/vmfs/volumes/nfs/x"
advanced = {{ "/UserVars/B" = 1, "/UserVars/A" = "" }}
console = {{ serial = "com1", log = "com2", speed = 115200, welcome = "two\\nlines" }}
firewall = {{ sshServer = true, ntpClient = false }}
install.first_disk = "local"
install.overwrite_vmfs = false
install.min_size = "40 GB"
install.max_size = "1TiB"
install.accept_eula = true
[defaults.network]
management = {{ address = "10.0.0.5/24", gateway = "10.0.0.1", vlan = 7, uplink = "52-54-00-AA-00-01" }}
switch.vSwitch1 = {{ uplinks = ["vmnic1", "52:54:00:aa:00:02"], mtu = 9000 }}
port_group = {{ A = {{}}, "B c" = {{ switch = "vSwitch1", vlan = 4095 }} }}
vmkernel.vmk10 = {{ port_group = "A" }}
vmkernel.vmk2 = {{ port_group = "B c", address = "10.0.1.5/24", mtu = 9000, services = ["vmotion", "vsan"] }}
[defaults.nfs]
b = {{ server = "10.0.0.7", share = "/b" }}
a = {{ server = "nfs.lab", share = "/a", read_only = true, version = 4.1 }}
[defaults.files]
"/etc/b" = {{ source = "b.txt", owner = 1, group = 2, mode = "4755" }}
"/etc/a".content = ""
[defaults.scripts.hello]
content = "#!/bin/sh"
[defaults.modules."x.tgz"]
source = "x.tgz"
after = "s.v00"
[hosts.h1]
"""


def test_everything_that_can_be_said() -> None:
    keys = f"# who\n{KEY}\n\n".encode()
    read = configuration(EVERYTHING, keys_pub=keys, b_txt=b"b", x_tgz=b"\x1f\x8b")
    assert errors(EVERYTHING) == []
    found = settings_of(read, "h1")
    assert found.image == "8.0.3"
    assert found.boot == PlanOptions("a=1", "install", "", True, "-S 1", 0, 60, 1468, True)
    assert found.root == Root(HASH, True)
    assert (found.ssh.enabled, found.ssh.authorized_keys, found.ssh.keep_host_keys) == (False, (KEY,), False)
    assert (found.shell, found.keep_certificate, found.host_name) == (True, False, "esx-h1")
    assert (found.domain, found.search_domains, found.ntp_servers) == (
        "lab.example",
        ("lab.example",),
        ("pool.ntp.example",),
    )
    assert found.name_servers == (IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"))
    assert found.syslog == "udp://10.0.0.9:514"
    assert found.management == Management(
        False, IPv4Interface("10.0.0.5/24"), IPv4Address("10.0.0.1"), 7, "52:54:00:aa:00:01"
    )
    assert found.switches == (VirtualSwitch("vSwitch1", ("vmnic1", "52:54:00:aa:00:02"), 9000),)
    assert found.port_groups == (PortGroup("A", "vSwitch0"), PortGroup("B c", "vSwitch1", 4095))
    assert found.vmkernel_ports == (
        VmkernelPort("vmk2", "B c", IPv4Interface("10.0.1.5/24"), 9000, ("vmotion", "vsan")),
        VmkernelPort("vmk10", "A"),
    )
    assert found.nfs == (NfsDatastore("a", "nfs.lab", "/a", True, "4.1"), NfsDatastore("b", "10.0.0.7", "/b"))
    assert (found.license_key, found.scratch) == ("AAAAA-BBBBB-CCCCC-DDDDD-00000", "/vmfs/volumes/nfs/x")
    assert found.advanced == (("/UserVars/A", ""), ("/UserVars/B", 1))
    assert (found.serial_console, found.serial_log, found.serial_speed) == ("com1", "com2", 115200)
    assert (found.welcome, found.firewall) == ("two\nlines", (("ntpClient", False), ("sshServer", True)))
    assert [(f.path, f.mode, f.owner, f.group, f.source.size) for f in found.files] == [
        ("/etc/a", 0o644, 0, 0, 0),
        ("/etc/b", 0o4755, 1, 2, 1),
    ]
    assert [(s.name, s.when, s.source.size) for s in found.scripts] == [("hello", "late", 9)]
    assert found.modules == (ExtraModule("x.tgz", read.files["x.tgz"].source, after="s.v00"),)
    assert found.install == Install(
        first_disk="local", overwrite_vmfs=False, min_size=40 * 10**9, max_size=1 << 40, accept_eula=True
    )


def test_nothing_said_is_nothing_asked() -> None:
    assert settings_of(configuration("")) == Settings()
    assert settings_of(configuration("[hosts.esx01]"), "esx01") == Settings(host_name="esx01")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("dhcp = true", 'address = "10.0.0.5/24"', Management(address=IPv4Interface("10.0.0.5/24"))),
        ("dhcp = true", 'dhcp = false\naddress = "10.0.0.5/24"', Management(address=IPv4Interface("10.0.0.5/24"))),
        ('address = "10.0.0.5/24"', "dhcp = true", Management(dhcp=True)),
        ('address = "10.0.0.5/24"', 'address = ""', Management()),
        ("vlan = 5\ndhcp = true", 'vlan = ""', Management(dhcp=True)),
        ("vlan = 5", "dhcp = true", Management(dhcp=True, vlan=5)),
    ],
)
def test_what_speaks_of_one_thing(low: str, high: str, expected: Management) -> None:
    text = f"[defaults.network.management]\n{low}\n[hosts.h.network.management]\n{high}\n"
    assert not errors(text)
    assert settings_of(configuration(text), "h").management == expected


def test_an_entry_is_changed_removed_and_put_back() -> None:
    read = configuration("""
[profiles.a.nfs]
one = { server = "x", share = "/1", read_only = true }
two = { server = "x", share = "/2" }
[profiles.b]
inherits = "a"
nfs.one.share = "/other"
nfs.two = false
[profiles.c]
inherits = "b"
nfs.two = { server = "y", share = "/3" }
advanced."/A/B" = 1
[profiles.d]
inherits = "c"
advanced."/A/B" = false
""")
    assert not read.problems()
    assert settings_of(read, profile="b").nfs == (NfsDatastore("one", "x", "/other", True),)
    assert settings_of(read, profile="c").nfs[1] == NfsDatastore("two", "y", "/3")
    assert settings_of(read, profile="c").advanced == (("/A/B", 1),)
    assert settings_of(read, profile="d").advanced == ()
    sources = effective_profile(read, "c", lambda _: ()).sources
    assert sources["nfs.one.read_only"] == "a.toml:3 (profile a)"
    assert sources["nfs.one.share"] == "a.toml:7 (profile b)"
    assert "nfs.two.read_only" not in sources


def test_secrets_are_not_shown_whole() -> None:
    read = configuration(f'[hosts.h]\nroot.password_hash = "{HASH}"\nlicense.key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"\n')
    shown = {one.key: one.value for one in effective(read, read.hosts.by_name["h"], lambda _: ()).in_force}
    assert shown["root.password_hash"] == '"$6$sal…"'
    assert shown["license.key"] == "(not shown)"
    assert HASH not in repr(shown)


HOSTS = """
[hosts.a]
mac = ["52:54:00:00:00:01", "52:54:00:00:00:02"]
uuid = "0220fa45-c9d1-502a-9c3e-4a0000000001"
[hosts.b]
mac = "52:54:00:00:00:03"
serial = "CZ35 "
[hosts.c]
asset = "Rack4"
"""


@pytest.mark.parametrize(
    ("mac", "uuid", "serial", "asset", "host", "explanation"),
    [
        ("52:54:00:00:00:02", None, None, None, "a", "mac 52:54:00:00:00:02 is host a's"),
        ("52:54:00:00:00:0A", None, None, None, "", "no host has mac 52:54:00:00:00:0a"),
        (
            None,
            "0220FA45-c9d1-502a-9c3e-4a0000000001",
            None,
            None,
            "a",
            "uuid 0220fa45-c9d1-502a-9c3e-4a0000000001 is",
        ),
        (
            None,
            "45fa2002-d1c9-2a50-9c3e-4a0000000001",
            None,
            None,
            "a",
            "uuid 0220fa45-c9d1-502a-9c3e-4a0000000001 is",
        ),
        (None, "rubbish", None, None, "", "nothing is known of the machine"),
        ("52:54:00:00:00:09", None, "cz35", None, "b", "serial cz35 is host b's"),
        (
            "52:54:00:00:00:01",
            None,
            "CZ35",
            "rack4",
            "a",
            "'s, although serial cz35 is host b's and asset rack4 is host c's",
        ),
        (None, None, None, " rack4", "c", "asset rack4 is host c's"),
        (None, None, "", None, "", "nothing is known of the machine"),
    ],
)
def test_which_host_a_machine_is(
    mac: str | None, uuid: str | None, serial: str | None, asset: str | None, host: str, explanation: str
) -> None:
    found = host_for(configuration(HOSTS), mac=mac, uuid=uuid, serial=serial, asset=asset)
    assert (found.host.name if found.host else "") == host
    assert explanation in found.explanation


def test_a_profile_that_is_not_there() -> None:
    with pytest.raises(Exception, match=r'there is no profile "lob"; did you mean lab\?'):
        effective_profile(configuration("[profiles.lab]"), "lob", lambda _: ())
