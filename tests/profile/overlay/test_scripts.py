"""The scripts, under busybox ash and dash, on the stand-in of a host: what they do, twice, and when things fail."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from hobnail.app.demo.overlay_run import STUBS, HostStandIn, HostState
from hobnail.errors import SystemFailure
from hobnail.profile.overlay import build
from hobnail.profile.settings import Management, Settings
from hobnail.system.commands import run
from tests.profile.overlay.samples import (
    KEY,
    MD5,
    NO_SECRETS,
    OPTIONS,
    RELEASES,
    SECRETS,
    SHA512,
    content,
    everything,
)
from tests.profile.overlay.test_goldens import HOST
from tests.tools import need_tool

SCRIPTS = sorted(HOST.rglob("*.sh"))


@pytest.fixture(autouse=True)
def _tools() -> None:
    need_tool("busybox", "dash", "unshare", "mount", "chroot", "ldd")


def stand_in(
    folder: Path, settings: Settings, version: str, shell: str = "busybox", failing: tuple[str, ...] = ()
) -> HostStandIn:
    host = HostStandIn(folder / "host", RELEASES[version], version, shell=shell, failing=failing)
    host.lay(build(settings, SECRETS, RELEASES[version], version, content).archive())
    return host


def booted(
    folder: Path, settings: Settings, version: str, shell: str = "busybox", failing: tuple[str, ...] = ()
) -> HostState:
    host = stand_in(folder, settings, version, shell, failing)
    host.boot()
    return host.state()


def test_shellcheck() -> None:
    need_tool("shellcheck")
    run(["shellcheck", "-s", "dash", "-x", "lib.sh", "run.sh", "init.sh", "local.sh"], cwd=HOST)
    # SC2154: what lib.sh sets, which the runner reads before a step.
    run(["shellcheck", "-s", "dash", "-e", "SC2154", *sorted((HOST / "steps").glob("*.sh"))])
    run(["shellcheck", "-s", "dash", "-e", "SC1091,SC2154,SC2034", *sorted(STUBS.glob("*.sh"))])


@pytest.mark.parametrize("script", [*SCRIPTS, *sorted(STUBS.glob("*.sh"))], ids=lambda path: path.name)
def test_the_first_line_names_the_shell(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_nothing_is_evaluated_and_nothing_young_is_used(script: Path) -> None:
    words = {
        word for line in script.read_text().splitlines() if not line.lstrip().startswith("#") for word in line.split()
    }
    assert not words & {"eval", "local", "printf", "source", "[[", "function", "cmp", "-ie"}


@pytest.mark.parametrize(
    ("version", "shell"),
    [
        *((version, "busybox") for version in RELEASES if version not in ("5.5.0", "7.0.0", "9.0.0")),
        ("4.0.0", "dash"),
        ("8.0.3", "dash"),
    ],
)
def test_everything_at_once_and_again(version: str, shell: str, tmp_path: Path) -> None:
    host = stand_in(tmp_path, everything(version), version, shell)
    host.boot()
    first = host.state()
    assert first.failures == ()
    assert first.ssh
    assert first.host_name == "esx1.lab.example"
    assert first.authorized_keys == KEY + "\n"
    assert first.root_hash == (MD5 if version == "3.5.0" else SHA512)
    assert "shared1" in first.stores
    assert first.kept["nfs"]["shared1"].startswith("10.0.0.9|/export/it's a $HOME|false|3")
    assert first.kept["advanced"]["/Misc/Text"] == "it's $HOME; `id`"
    assert first.kept["ipv4"] == {"vmk0": "10.0.0.5 255.255.252.0", "vmk1": "10.1.0.5 255.255.255.0"}
    assert first.kept["uplinks"] == {"vSwitch0": "vmnic2", "vSwitch1": "vmnic0"}
    assert first.kept["groups"]["Management Network"] == "vSwitch0|12"
    assert first.kept["groups"]["VM Network 7"] == "vSwitch1|7"
    assert first.kept["mtu"]["vSwitch1"] == first.kept["mtu"]["vmk1"] == "9000"
    assert first.kept["route"] == {"default": "10.0.0.1"}
    vmotion = first.kept.get("vmotion") or first.kept["tags"]
    assert vmotion["vmk1"] in ("yes", "VMotion")
    assert (host.folder / "stub/own").read_text() == "early\nlate\n"

    host.boot()
    again = host.state()
    assert again.failures == ()
    assert {name: table for name, table in again.kept.items() if name != "own"} == {
        name: table for name, table in first.kept.items() if name != "own"
    }
    assert again == replace(again, ssh=first.ssh, root_hash=first.root_hash, stores=first.stores)


def test_what_only_new_releases_do(tmp_path: Path) -> None:
    state = booted(tmp_path, everything("8.0.3"), "8.0.3")
    assert state.stores == ("isos", "shared1", "shared4")
    assert state.kept["nfs"]["isos"] == "nas|/isos|true|3"
    assert state.kept["nfs"]["shared4"] == "nas|/four|false|4.1"
    assert state.kept["ntp"] == {"servers": "ntp1.lab.example 10.0.0.4"}
    assert state.kept["dns"] == {"servers": "10.0.0.2 10.0.0.3", "search": "lab.example example"}
    assert state.kept["syslog"] == {"loghost": "udp://log.lab.example"}
    assert state.kept["firewall"] == dict.fromkeys(("nfsClient", "ntpClient", "sshServer", "syslog"), "true") | {
        "CIMSLP": "false"
    }
    assert state.kept["policy"] == {"shell": "on", "ssh": "on"}
    assert (tmp_path / "host/stub/welcome").read_text() == 'Rack 7\n\tit\'s "ours" $(id)\n'


def test_what_only_old_releases_do(tmp_path: Path) -> None:
    state = booted(tmp_path, everything("4.0.0"), "4.0.0")
    resolver = "search lab.example example\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n"
    assert (tmp_path / "host/etc/resolv.conf").read_text() == resolver
    assert "server ntp1.lab.example\nserver 10.0.0.4\n" in (tmp_path / "host/etc/ntp.conf").read_text()
    assert state.kept["advanced"]["Syslog.Remote.Hostname"] == "log.lab.example"
    assert state.kept["hostname"] == {"kernel": "esx1"}
    calls = (tmp_path / "host/stub/calls").read_text()
    assert "esxcli" not in calls
    local = (tmp_path / "host/etc/rc.local").read_text().splitlines()
    assert local[-1] == "exit 0"
    assert "hobnail/run.sh late" in local[-2]
    assert "# the image's own" in local


@pytest.mark.parametrize("version", ["4.1.0", "6.7.0"])
def test_off_is_off(version: str, tmp_path: Path) -> None:
    host = stand_in(tmp_path, replace(OPTIONS["ssh off"], shell=False), version)
    (host.folder / "stub/running").write_text("SSH\ton\nESXShell\ton\n")
    host.boot()
    state = host.state()
    assert not state.ssh
    assert state.failures == ()
    assert state.kept["running"] == {"SSH": "off", "ESXShell": "off"}
    assert state.kept["policy"] == {"ssh": "off", "shell": "off"}


def test_ssh_off_where_inetd_starts_it(tmp_path: Path) -> None:
    host = stand_in(tmp_path, OPTIONS["ssh off"], "4.0.0")
    (host.folder / "etc/inetd.conf").write_text("ssh stream tcp nowait root /sbin/x\n")
    host.boot()
    assert (host.folder / "etc/inetd.conf").read_text() == "#ssh stream tcp nowait root /sbin/x\n"
    assert [path.name for path in (host.folder / "etc").glob("inetd*")] == ["inetd.conf"]  # `sed -ie` left a copy


@pytest.mark.parametrize(
    ("version", "failing"),
    [
        ("8.0.3", ("esxcli system hostname", "esxcli network", "chkconfig", "vim-cmd hostsvc/enable_ssh")),
        ("4.0.0", ("esxcfg-vswitch", "hostname", "chkconfig", "vim-cmd hostsvc/advopt")),
    ],
)
def test_a_failing_step_stops_nothing_else(version: str, failing: tuple[str, ...], tmp_path: Path) -> None:
    state = booted(tmp_path, everything(version), version, failing=failing)
    assert len(state.failures) >= 4
    assert any("failed on purpose" in line for line in state.failures)
    assert "shared1" in state.stores
    assert state.kept["advanced"]["/Misc/Text"] == "it's $HOME; `id`"
    assert state.log[-1] == "late run ok: late steps are done"


def test_a_step_that_breaks_is_told(tmp_path: Path) -> None:
    host = stand_in(tmp_path, everything("8.0.3"), "8.0.3")
    (host.folder / "usr/lib/hobnail/late.d/41-dns.sh").write_text("#!/bin/sh\necho $not_set\n")
    (host.folder / "usr/lib/hobnail/late.d/46-ntp.sh").write_text("#!/bin/sh\nif then\n")
    host.boot()
    state = host.state()
    assert len(state.failures) == 2
    assert state.failures[0].startswith("late 41-dns failed: the step ended with status")
    assert "shared1" in state.stores


def test_without_a_management_agent(tmp_path: Path) -> None:
    host = stand_in(tmp_path, everything("8.0.3"), "8.0.3")
    (host.folder / "stub/hostd-after").write_text("100000\n")
    host.boot()
    state = host.state()
    assert "late run failed: the management agent did not come up in 10 minutes" in state.failures
    assert "shared1" in state.stores  # by localcli


def test_early_steps_run_late_where_no_init_script_was_run(tmp_path: Path) -> None:
    host = stand_in(tmp_path, everything("8.0.3"), "8.0.3")
    (host.folder / "etc/init.d/47.hobnail").unlink()
    host.boot()
    state = host.state()
    assert state.failures == ()
    assert state.root_hash == SHA512
    assert state.ssh


def test_a_fault_that_ends_with_success_is_a_failure(tmp_path: Path) -> None:
    state = booted(tmp_path, Settings(license_key="no key"), "6.7.0")
    assert state.failures == ("late 70-license failed: licence key",)


def test_a_store_that_is_not_there_is_tried_five_times(tmp_path: Path) -> None:
    settings = replace(OPTIONS["nfs"], nfs=(*OPTIONS["nfs"].nfs, *OPTIONS["nfs 4.1"].nfs))
    state = booted(tmp_path, settings, "8.0.3", failing=("esxcli storage nfs add",))
    assert len(state.failures) == 5
    assert state.stores == ("shared4",)


@pytest.mark.parametrize("version", ["3.5.0", "8.0.3"])
def test_no_secret_is_logged(version: str, tmp_path: Path) -> None:
    booted(tmp_path, everything(version), version, failing=("vim-cmd vimsvc/license",))
    told = (tmp_path / "host/var/log/hobnail.log").read_text() + (tmp_path / "host/stub/syslog.log").read_text()
    assert told
    for secret in (SHA512, MD5, OPTIONS["license_key"].license_key):
        assert secret not in told


def test_the_hash_is_put_back_when_an_agent_rewrites_the_file(tmp_path: Path) -> None:
    host = stand_in(tmp_path, OPTIONS["root.password_hash $6$"], "7.0.2")
    shadow = host.folder / "etc/shadow"
    shadow.write_text("nobody:*:1:0:99999:7:::\nroot:old:42:0:99999:7:::\nrooted:x:1:::::\n")
    shadow.chmod(0o1400)
    host.boot()
    expected = f"nobody:*:1:0:99999:7:::\nroot:{SHA512}:42:0:99999:7:::\nrooted:x:1:::::\n"
    assert shadow.read_text() == expected
    assert shadow.stat().st_mode & 0o7777 == 0o1400
    assert not list((host.folder / "var/run/hobnail").glob("*shadow*"))


def test_the_card_that_was_booted_from(tmp_path: Path) -> None:
    state = booted(tmp_path, Settings(management=Management(dhcp=True)), "4.0.0")
    assert state.kept["uplinks"] == {"vSwitch0": "vmnic1"}
    assert state.kept["ipv4"] == {"vmk0": "dhcp"}
    assert state.kept["bootnic"] == {"vmk0": "52:54:00:4c:00:01"}


def test_a_card_that_is_not_there_leaves_the_network_alone(tmp_path: Path) -> None:
    address = IPv4Interface("10.0.0.5/24")
    management = Management(False, address, IPv4Address("10.0.0.1"), uplink="02:00:00:00:00:99")
    state = booted(tmp_path, Settings(management=management), "6.7.0")
    assert state.failures == ("late 21-management failed: no network card has the address 02:00:00:00:00:99",)
    assert state.kept["uplinks"] == {"vSwitch0": "vmnic0"}
    assert state.kept["ipv4"] == {"vmk0": "10.0.0.5 255.255.255.0"}


def test_a_domain_alone_keeps_the_servers_that_dhcp_brought(tmp_path: Path) -> None:
    host = stand_in(tmp_path, OPTIONS["domain"], "4.1.0")
    (host.folder / "etc/resolv.conf").write_text("search old\nnameserver 10.9.9.9\n")
    host.boot()
    assert (host.folder / "etc/resolv.conf").read_text() == "search lab.example\nnameserver 10.9.9.9\n"


def test_an_overlay_of_files_alone_runs_nothing(tmp_path: Path) -> None:
    host = HostStandIn(tmp_path / "host", RELEASES["6.7.0"], "6.7.0")
    host.lay(build(OPTIONS["files"], NO_SECRETS, RELEASES["6.7.0"], "6.7.0", content).archive())
    host.boot()
    assert host.state().log == ()
    assert (host.folder / "etc/motd").exists()


@pytest.mark.parametrize(
    ("version", "call"),
    [
        ("8.0.3", "localcli network ip dns server add --bogus=1"),
        ("8.0.3", "localcli network ip dns sever list"),
        ("6.7.0", "localcli system ntp set --server=a --enabled=yes"),
        ("5.5.0", "localcli storage nfs41 list"),
        ("5.0.0", "localcli network ip route ipv4 list"),
        ("4.1.0", "localcli system hostname set --fqdn=a"),
        ("8.0.3", "esxcli system syslog reload"),  # the management agent is not up
        ("4.0.0", "esxcfg-nas -a -s /share -o host label"),
        ("4.0.0", "esxcfg-vswitch -X vSwitch0"),
        ("4.0.0", "chkconfig ntpd maybe"),
    ],
)
def test_the_stand_ins_refuse_what_a_host_would(version: str, call: str, tmp_path: Path) -> None:
    host = HostStandIn(tmp_path / "host", RELEASES[version], version)
    with pytest.raises(SystemFailure):
        host._run("-c", call)  # what the scripts call, without a script
