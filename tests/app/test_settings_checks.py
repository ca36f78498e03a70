"""What would fail when a host boots fails when its settings are applied; what is not done everywhere is told."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path

import pytest

from hobnail.app.configuration import Outcome, apply_settings, compare_settings
from hobnail.app.dry_plan import alike
from hobnail.app.kickstart import install_notes
from hobnail.errors import UserError
from hobnail.formats.bootcfg_keys import MBOOT_TABLE
from hobnail.image.model import Generation, Image
from hobnail.profile.keys import BOOT
from hobnail.profile.kickstart.interactive import lost_without_script
from hobnail.profile.settings import Install, Management, Settings, VmkernelPort
from hobnail.profile.ways_boot import BOOT_WAYS
from hobnail.store import Store
from tests.app.settings import NEW, OLD, publish
from tests.profile.settings_files import HASH, KEY

EIGHT = replace(NEW, version="8.0.3", build="24022510", generation=Generation.ESXI8)
INSTALL = f'mode = "install"\nroot.password_hash = "{HASH}"\ninstall = {{ accept_eula = true, disk = "naa.1" }}\n'
HOST = '[hosts.h]\nmac = "52:54:00:4c:00:01"\n'
GZIP = b"\x1f\x8b"

Try = Callable[..., Outcome]


@pytest.fixture
def tried(tmp_path: Path) -> Iterator[Try]:
    """Check settings with 4.0 and 6.7 in the store, and others; 6.7 is the default."""
    with Store.open(tmp_path / "store", now=time.time) as store:
        publish(store, OLD)
        publish(store, NEW)
        store.set_default(NEW.id)
        (tmp_path / "x.tgz").write_bytes(GZIP)

        def run(text: str, *images: Image, really: bool = False) -> Outcome:
            for image in images:
                publish(store, image)
            path = tmp_path / "a.toml"
            path.write_text(text, encoding="utf-8")
            return (apply_settings if really else compare_settings)(store, path)

        yield run


def refused(tried: Try, text: str, *images: Image) -> str:
    """The message that settings get, applied or only compared."""
    found = set()
    for really in (False, True):
        with pytest.raises(UserError) as raised:
            tried(text, *images, really=really)
        images = ()
        found.add(str(raised.value))
    (message,) = found
    return message


@pytest.mark.parametrize("option", ["slim = true", "timeout = 5", 'loader_options = "-S 1"', "error_timeout = 60"])
def test_boot_options_that_no_4_0_can_do(tried: Try, option: str) -> None:
    message = refused(tried, f'[profiles.old]\nimage = "4.0.0"\nboot.{option}\n', EIGHT)
    key = option.split(" ")[0]
    assert f"a.toml:3: profiles.old.boot.{key}: ESXi 4.0: it" in message
    assert (
        f'say it for images that can ([images."8.0.3"]); where it is inherited take it back for this one: {key}'
        in (message)
    )


@pytest.mark.parametrize("option", ["error_timeout = 60", "tftp_block_size = 1468"])
def test_what_mboot_does_goes_by_the_newest_one(tried: Try, option: str) -> None:
    text = f'{HOST}image = "6.7.0"\nboot.{option}\n'
    assert "ESXi 6.7: its mboot does not know" in refused(tried, text)
    assert "ESXi 6.7: its mboot does not know" in refused(tried, text, replace(EIGHT, architecture="aarch64"))
    assert "ESXi 6.7: its mboot does not know" in refused(tried, text, replace(EIGHT, build="1", loaders=()))
    key = option.split(" ")[0]
    wanted = (
        f"boot.{key} is done under UEFI alone, by the mboot.efi of ESXi 8.0 Update 3: the mboot.c32 of ESXi 6.7 does "
        "not know it (host h)"
    )
    assert wanted in tried(text, EIGHT).notes
    eight = tried(text.replace("6.7.0", "8.0.3")).notes
    assert not [note for note in eight if note.startswith("boot.")]


def test_a_boot_option_does_not_hide_what_else_is_wrong(tried: Try) -> None:
    message = refused(tried, f'{HOST}boot.error_timeout = 5\nmodules."hobnail.tgz".source = "x.tgz"\n')
    assert "errtimeout" in message
    assert "there is a module hobnail.tgz already" in message


def test_a_default_is_taken_back_for_an_image_in_a_mixed_fleet(tried: Try) -> None:
    text = f'[defaults]\nboot.timeout = 5\n[profiles.old]\nimage = "4.0.0"\n{HOST}profile = "old"\n'
    assert "a.toml:2: defaults.boot.timeout: ESXi 4.0: it has no boot.cfg" in refused(tried, text)
    assert tried(f'{text}[images."4.0.0"]\nboot.timeout = ""\n').changes


def test_each_boot_option_has_rows_and_those_are_mboot_s() -> None:
    assert {f"boot.{key}" for key in BOOT.keys} - set(BOOT_WAYS) == {"boot.kernel_options", "boot.bootif"}
    since = {key.name: key.since for key in MBOOT_TABLE}
    assert BOOT_WAYS["boot.error_timeout"][-1].since == since["errtimeout"]
    assert BOOT_WAYS["boot.tftp_block_size"][-1].since[:2] == since["tftpblksize"]
    for rows in BOOT_WAYS.values():
        assert [row.since for row in rows] == sorted({row.since for row in rows})
        assert all(bool(row.how) != bool(row.refused) for row in rows)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        ('modules."hobnail.tgz".source = "x.tgz"', "modules", "there is a module hobnail.tgz already"),
        ('files."/usr/lib/hobnail/run.sh".content = "x"', 'files."/usr/lib/hobnail/run.sh"', "hobnail's own"),
        ('files."/etc".content = "x"', 'files."/etc"', "/etc is a folder on every host"),
        ('files."/etc/vmware/ssl/rui.key".content = "x"', 'files."/etc/vmware/ssl/rui.key"', "is written twice"),
        ('files."/etc/ssh/ssh_host_rsa_key".content = "x"', 'files."/etc/ssh/ssh_host_rsa_key"', "is written twice"),
        ('files."/etc/\\u00e4".content = "x"', "files", "characters other than printable ASCII"),
        (f'boot.kernel_options = "{"x" * 4070}"', "boot", "the kernel's command line is 41"),
        (f'image = "4.0.0"\nboot.kernel_options = "{"x" * 1800}"', "boot", "the APPEND line has 2"),
    ],
)
def test_what_can_never_boot_stateless(tried: Try, text: str, where: str, words: str) -> None:
    message = refused(tried, f"{HOST}{text}\n")
    assert f": hosts.h.{where}" in message, message
    assert words in message
    assert "; " in message


def test_a_file_may_stand_where_no_key_is_kept(tried: Try) -> None:
    text = f'{HOST}files."/etc/vmware/ssl/rui.key".content = "x"\n'
    assert tried(f"{text}tls.keep_certificate = false\n").changes
    assert tried(text.replace("hosts.h", "profiles.p").replace("mac", "#")).changes, "a profile alone keeps no keys"


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (f"{INSTALL}root.locked = true", "root.locked", "the installer wants a password for root"),
        (f'{INSTALL}files."/etc/x".content = "x"', "files", "an installed host keeps no files of ours"),
        (f'{INSTALL}scripts.s = {{when="early", content="#!/bin/sh"}}', "scripts", "nothing of ours runs early"),
        (f'{INSTALL}scripts.s.content = "#!/bin/sh\\n# \\u00e4"', "mode", "characters that are not ASCII"),
        (f'{INSTALL}scripts.s.source = "big.sh"', "scripts", "1048576 is the limit of a ks.cfg"),
        (
            INSTALL.replace("disk =", 'keyboard = "Klingon", disk ='),
            "install.keyboard",
            "is no keyboard of the installer's",
        ),
        (INSTALL.replace(', disk = "naa.1"', ""), "", "disk"),
        (INSTALL.replace("root.password_hash", "# "), "", "root has no password"),
        (f'image = "4.0.0"\n{INSTALL}', "mode", "are imported without their installer"),
    ],
)
def test_what_can_never_be_installed(tried: Try, tmp_path: Path, text: str, where: str, words: str) -> None:
    (tmp_path / "big.sh").write_bytes(b"#!/bin/sh\n" + b"#" * (1 << 20))
    message = refused(tried, f"{HOST}{text}\n")
    assert f": hosts.h.{where}" in message or not where, message
    assert words in message


def test_a_script_from_a_file_is_tried_as_it_is(tried: Try, tmp_path: Path) -> None:
    (tmp_path / "s.sh").write_text("#!/bin/sh\necho \u00e4\n", encoding="utf-8")
    text = f'{HOST}{INSTALL}scripts.s.source = "s.sh"\n'
    assert "characters that are not ASCII" in refused(tried, text)
    (tmp_path / "s.sh").write_text("#!/bin/sh\necho a\n", encoding="utf-8")
    assert tried(text).changes


def test_a_profile_that_hosts_use_may_be_a_part_of_an_installation(tried: Try) -> None:
    part = INSTALL.replace(', disk = "naa.1"', "")
    text = f'[profiles.p]\nimage = "6.7.0"\n{part}{HOST}profile = "p"\n'
    assert "disk" in refused(tried, text)
    assert tried(f'{text}install.disk = "naa.1"\n').changes
    assert "disk" in refused(tried, f"[profiles.p]\n{part}"), "nobody uses it, so it is meant as a whole"


@pytest.mark.parametrize(
    "text",
    [
        'mode = "install"',
        'mode = "install"\nconsole.serial = "com1"\nboot.kernel_options = "a=1"\nmodules."x.tgz".source = "x.tgz"',
        'mode = "install"\nnetwork.management = { address = "10.0.0.5/24", gateway = "10.0.0.1", vlan = 5 }\n'
        'dns.servers = ["10.0.0.1"]',
    ],
)
def test_the_plain_installer_is_allowed_and_told(tried: Try, text: str) -> None:
    notes = tried(f"{HOST}{text}\n").notes
    assert not [one for one in notes if "%firstboot" in one], "it has no script"
    (note,) = [one for one in notes if "plain installer" in one]
    assert note.endswith("nothing says install.accept_eula = true (host h)")


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        (f'root.password_hash = "{HASH}"', "root.password_hash, root.password_hash $6$"),
        ("root.locked = true", "root.locked"),
        (f'ssh = {{ enabled = true, authorized_keys = ["{KEY}"] }}', "ssh.enabled, ssh.authorized_keys"),
        ('identity.host_name = "x"', "host_name"),
        ('dns.servers = ["10.0.0.1"]', "name_servers"),
        ('network.management.uplink = "vmnic1"', "management"),
        ('files."/etc/x".content = "x"', "files"),
        ('install.disk = "naa.1"', "install"),
    ],
)
def test_an_agreement_is_needed_for_what_a_script_does(tried: Try, text: str, lost: str) -> None:
    message = refused(tried, f'{HOST}mode = "install"\n{text}\n')
    assert "nobody has accepted VMware's licence agreement" in message
    assert f"so no script can do: {lost}" in message
    assert "then write install.accept_eula = true" in message


def test_of_several_name_servers_the_plain_installer_hears_of_one() -> None:
    static = Settings(
        management=Management(address=IPv4Interface("10.0.0.5/24")), name_servers=(IPv4Address("10.0.0.1"),)
    )
    assert lost_without_script(static, host_name_said=False) == ()
    two = replace(static, name_servers=(*static.name_servers, IPv4Address("10.0.0.2")))
    assert lost_without_script(two, host_name_said=False) == ("name_servers",)


def test_keys_that_an_installed_host_makes_itself_are_told_when_said(tried: Try) -> None:
    kept = "ssh.keep_host_keys and tls.keep_certificate: an installed host makes its own at its first boot"
    said = "ssh.keep_host_keys = true\ntls.keep_certificate = true\n"
    assert [n for n in tried(f"{HOST}{INSTALL}{said}").notes if n.startswith(kept) and n.endswith("(host h)")]
    for silent in (f"{HOST}{INSTALL}", f"{HOST}{said}", f"{HOST}{INSTALL}ssh.keep_host_keys = false\n"):
        assert not [note for note in tried(silent).notes if "an installed host makes its own" in note]


def test_secure_boot_is_told_once_for_all_hosts(tried: Try) -> None:
    hosts = "".join(f'[hosts.h{n}]\nserial = "S{n}"\nprofile = "p{n % 2}"\n' for n in range(6))
    text = f'[profiles.p0]\nntp.servers = ["10.0.0.1"]\n[profiles.p1]\nscratch.path = "/vmfs/a"\n{hosts}'
    assert tried(text).notes == [
        "where UEFI Secure Boot is on, the overlay is unsigned and the running system will refuse it; what works "
        "there: kernel options, and settings made through the API after the boot "
        "(host h0, host h1, host h2 and 3 more)"
    ]
    assert tried(f'[defaults]\nimage = "4.0.0"\n{text}').notes == [], "what never boots under it is not told of it"


def test_hosts_that_differ_in_what_is_their_own_are_alike() -> None:
    def host(number: int, **more: object) -> Settings:
        return Settings(
            host_name=f"h{number}",
            management=Management(address=IPv4Interface(f"10.0.0.{number}/24"), gateway=IPv4Address("10.0.0.254")),
            vmkernel_ports=(VmkernelPort("vmk1", "S", IPv4Interface(f"10.1.0.{number}/24")),),
            scratch=f"/vmfs/volumes/a/h{number}",
            **more,  # type: ignore[arg-type]
        )

    assert alike(host(1)) == alike(host(2))
    assert alike(host(1)) != alike(host(2, install=Install(accept_eula=True)))
    assert alike(replace(host(1), scratch="/\u00e4")) != alike(host(1)), "an installer may not take it"
    assert alike(host(1)) != alike(replace(host(1), management=Management()))


def test_what_is_told_before_an_installation() -> None:
    settings = Settings(install=Install(disk="naa.1", accept_eula=True))
    assert install_notes(settings, "8.0.3", "http://10.0.0.1/done/x") == ()
    (port,) = install_notes(settings, "8.0.3", "http://10.0.0.1:8080/done/x")
    assert "not to port 80" in port
    slim = replace(settings, boot=replace(settings.boot, slim=True))
    (only,) = install_notes(slim, "8.0.3", "http://10.0.0.1/done/x")
    assert only.startswith("boot.slim is for stateless boots")


def test_an_address_without_a_card_is_told(tried: Try) -> None:
    text = '[hosts.h]\nserial = "S1"\naddress = "10.0.0.5"\n'
    warning = "host h: its address 10.0.0.5 is kept for nobody: DHCP needs its MAC address"
    assert tried(text).warnings == [warning]
    assert tried(text + 'mac = "52:54:00:4c:00:01"\n').warnings == []


def test_what_is_tried_leaves_nothing_behind(tried: Try, tmp_path: Path) -> None:
    def blobs() -> list[str]:
        return sorted(path.name for path in (tmp_path / "store" / "blobs").rglob("*") if path.is_file())

    before = blobs()
    refused(tried, f'{HOST}{INSTALL}scripts.s.content = "#!/bin/sh\\n# \\u00e4"\n')
    assert blobs() == before
    tried(f'{HOST}scripts.s.content = "#!/bin/sh\\n"\n', really=True)
    assert set(blobs()) - set(before) == {hashlib.sha256(b"#!/bin/sh\n").hexdigest()}
