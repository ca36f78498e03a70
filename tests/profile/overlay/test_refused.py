"""Settings that no host can be given: one message that names the setting, and what to do."""

import re

import pytest

from hobnail.boot.plan import PlanOptions
from hobnail.errors import UserError
from hobnail.image.model import Generation
from hobnail.profile.overlay import Member, build
from hobnail.profile.settings import HostFile, Root, Script, Settings, Source, Ssh
from tests.profile.overlay.samples import KEY, MOTD, NO_SECRETS, OPTIONS, SECRETS, SHA512, content, source

MOTD_SOURCE = source("motd", MOTD)


def eight(settings: Settings, **more: Member) -> None:
    build(settings, NO_SECRETS, Generation.ESXI8, "8.0.3", content, more.values())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(root=Root("secret")), "password_hash is no hash"),
        (Settings(root=Root("$6$salt$a:b" + "x" * 80)), "password_hash is no hash"),
        (Settings(host_name="a\nb"), "host.*line break"),
        (Settings(ssh=Ssh(authorized_keys=("ssh-rsa AAAA\nevil",))), "authorized_keys"),
        (Settings(welcome="\x1b[2J"), "welcome: the text has control characters"),
        (Settings(scratch="relative"), "scratch"),
        (Settings(scratch="/vmfs/volumes/my store/x"), "scratch"),
        (Settings(syslog="loghost"), "syslog"),
        (Settings(syslog="udp://host:99999"), "syslog"),
        (Settings(serial_console="ttyS0"), "serial_console"),
        (Settings(serial_console="com1", serial_log="com1"), "serial_log"),
        (Settings(files=(HostFile("/etc/../x", MOTD_SOURCE),)), "plain absolute path"),
        (Settings(files=(HostFile("/usr/lib/hobnail/lib.sh", MOTD_SOURCE),)), "hobnail's own"),
        (Settings(files=(HostFile("/a", MOTD_SOURCE, mode=0o10000),)), "no mode"),
        (Settings(files=(HostFile("/a", MOTD_SOURCE, owner=1 << 21),)), "out of range"),
        (Settings(files=(HostFile("/a", Source("big", "0" * 64, 65 << 20)),)), "64 MB is the limit"),
        (Settings(files=(HostFile("/a", MOTD_SOURCE), HostFile("/a", MOTD_SOURCE))), "/a is written twice"),
        (Settings(files=(HostFile("/a", MOTD_SOURCE), HostFile("/a/b", MOTD_SOURCE))), "/a is written twice"),
        (Settings(ssh=Ssh(True), files=(HostFile("/etc/rc.local.d/local.sh", MOTD_SOURCE),)), "written twice"),
        (Settings(scripts=(Script("x", "late", MOTD_SOURCE),)), "does not start with #!"),
        (Settings(scripts=(Script("../x", "late", MOTD_SOURCE),)), "no name for a script"),
    ],
)
def test_refused(settings: Settings, message: str) -> None:
    with pytest.raises(UserError) as caught:
        eight(settings)
    assert re.search(message, str(caught.value))
    assert "secret" not in str(caught.value)


def test_what_a_release_cannot_do_is_never_built() -> None:
    with pytest.raises(UserError, match=r"root.password_hash \$6\$ is refused: ESXi 3.5: .*openssl passwd -1"):
        build(OPTIONS["root.password_hash $6$"], NO_SECRETS, Generation.ESX35, "3.5.0", content)


def test_nothing_asked_nothing_made() -> None:
    overlay = build(Settings(), NO_SECRETS, Generation.ESXI8, "8.0.3", content)
    assert overlay.members == ()
    assert overlay.kernel_options == ()


def test_an_installer_is_given_only_what_others_add() -> None:
    settings = Settings(
        PlanOptions(mode="install").kickstart, PlanOptions(mode="install"), Root(SHA512), Ssh(True, (KEY,))
    )
    overlay = build(settings, SECRETS, Generation.ESXI8, "8.0.3", content, [Member("ks.cfg", b"install\n")])
    assert [member.path for member in overlay.members] == ["ks.cfg"]


def test_secrets_are_left_out_where_they_are_not_to_be_kept() -> None:
    settings = Settings(ssh=Ssh(keep_host_keys=False), keep_certificate=False)
    assert build(settings, SECRETS, Generation.ESXI8, "8.0.3", content).members == ()
