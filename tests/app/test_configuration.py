"""Applying settings: what files and images say against it, that nothing changes then, and what it changes else."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from passlib.hash import md5_crypt

from hobnail.app.configuration import (
    apply_settings,
    compare_settings,
    host_settings,
    image_names,
    load_configuration,
    profile_settings,
)
from hobnail.app.export_settings import export_settings, settings_text
from hobnail.app.settings_checks import place
from hobnail.errors import UserError
from hobnail.image.model import Image, Module
from hobnail.profile.generations import used
from hobnail.profile.grammar import Key, node_at
from hobnail.profile.keys import DOCUMENT
from hobnail.profile.kinds_login import MAX_FILE
from hobnail.profile.password import VENDOR_DEFAULT
from hobnail.profile.problems import InvalidSettingsError
from hobnail.profile.quoting import dotted
from hobnail.profile.resolve import effective, host_for
from hobnail.profile.ways import WAYS
from hobnail.store import Store
from tests.images import image_40, image_67
from tests.profile.settings_files import HASH, KEY
from tests.profile.test_resolve import EVERYTHING
from tests.store.samples import listing, medium, ticking


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store", now=ticking) as store:
        yield store


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place for settings, with the files that EVERYTHING names."""
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "keys.pub").write_text(f"{KEY}\n", encoding="utf-8")
    (folder / "b.txt").write_text("b", encoding="utf-8")
    (folder / "x.tgz").write_bytes(b"\x1f\x8b")
    return folder


def write(folder: Path, text: str, name: str = "a.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def keep(store: Store, image: Image) -> Image:
    """Put an image into the store, with a few bytes for each of its files."""
    with store.importing() as running:

        def file(module: Module) -> Module:
            with running.blob() as writer:
                writer.write(module.name.encode())
                blob = writer.finish()
            return replace(module, size=blob.size, sha256=blob.sha256)

        kept = replace(
            image,
            kernel=file(image.kernel),
            modules=tuple(map(file, image.modules)),
            loaders=tuple(map(file, image.loaders)),
        )
        running.publish(kept, medium(f"{image.version}.iso"))
    return kept


def refused(store: Store, path: Path) -> list[str]:
    """The messages that an apply gets; nothing of it may stay."""
    before = (listing(path.parent.parent / "store"), store.configurations.load())
    with pytest.raises(UserError) as raised:
        apply_settings(store, path)
    assert (listing(path.parent.parent / "store"), store.configurations.load()) == before
    error = raised.value
    found = [str(one) for one in error.errors] if isinstance(error, InvalidSettingsError) else [str(error)]
    return [one.replace(f"{path.parent}/", "") for one in found]


def test_everything_is_applied_and_written_back(store: Store, folder: Path, tmp_path: Path) -> None:
    path = write(folder, EVERYTHING)
    outcome = apply_settings(store, path)
    assert outcome.revision == 1
    assert outcome.warnings == [
        'no image is called "8.0.3" in the store yet (hosts that are not named)',
        "no machine will ever be h1: say mac, uuid, serial or asset",
    ]
    assert [(one.what, one.layer) for one in outcome.changes] == [("added", "defaults"), ("added", "host h1")]
    assert compare_settings(store, path).changes == []
    found = host_settings(store, "h1")
    assert found.settings.ssh.authorized_keys == (KEY,)
    for source in (
        found.settings.files[1].source,
        found.settings.modules[0].source,
        found.settings.scripts[0].source,
    ):
        assert len(store.blob_path(source.sha256).read_bytes()) == source.size
    written = export_settings(store, tmp_path / "out")
    assert [str(one.relative_to(tmp_path / "out")) for one in written] == [
        "hobnail.toml",
        "b.txt",
        "keys.pub",
        "x.tgz",
    ]
    assert compare_settings(store, tmp_path / "out").changes == []
    assert apply_settings(store, tmp_path / "out").revision == 1
    (folder / "back.toml").write_text(settings_text(store), encoding="utf-8")
    assert compare_settings(store, folder / "back.toml").changes == []


def test_files_from_outside_come_into_the_exported_folder(store: Store, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("out", encoding="utf-8")
    (folder / "hobnail.toml").write_text(
        f"[defaults.files]\n'/a'.source = '{tmp_path}/outside'\n'/c'.source = 'sub/../b'",
        encoding="utf-8",
    )
    assert "has .. in it" in refused(store, folder / "hobnail.toml")[0]
    (folder / "hobnail.toml").write_text(
        f"[defaults.files]\n'/a'.source = '{tmp_path}/outside'\n'/b'.source = 'hobnail.toml'\n", encoding="utf-8"
    )
    apply_settings(store, folder)
    export_settings(store, tmp_path / "out")
    assert compare_settings(store, tmp_path / "out").changes == []
    assert str(tmp_path) not in (tmp_path / "out" / "hobnail.toml").read_text(encoding="utf-8")
    with pytest.raises(UserError, match="there is something already; name a new or empty folder"):
        export_settings(store, tmp_path / "out")


def test_a_file_that_changes_counts_from_the_next_apply_on(store: Store, folder: Path) -> None:
    path = write(folder, '[profiles.lab]\nssh.authorized_keys_file = "keys.pub"\n')
    apply_settings(store, path)
    (folder / "keys.pub").write_text(f"# two\n{KEY}\n{KEY}2\n", encoding="utf-8")
    assert profile_settings(store, "lab", None).settings.ssh.authorized_keys == (KEY,)
    (change,) = apply_settings(store, path).changes
    assert change.layer == "profile lab"
    assert "keys.pub (89 bytes, sha256 fe49b98d) -> keys.pub (" in change.lines[0]
    assert profile_settings(store, "lab", None).settings.ssh.authorized_keys == (KEY, f"{KEY}2")


def test_other_lines_are_no_change_but_are_known(store: Store, folder: Path) -> None:
    apply_settings(store, write(folder, "[profiles.lab]\nboot.timeout = 5\n"))
    outcome = apply_settings(store, write(folder, "# a comment\n\n[profiles.lab.boot]\ntimeout = 5\n"))
    assert (outcome.revision, outcome.changes) == (1, [])
    assert profile_settings(store, "lab", None).sources["boot.timeout"] == f"{folder}/a.toml:4 (profile lab)"


def test_a_change_is_told_shortly_and_without_secrets(store: Store, folder: Path) -> None:
    other = HASH[:-1] + "b"
    apply_settings(
        store,
        write(
            folder,
            f"[defaults]\nroot.password_hash = '{HASH}'\n[profiles.a]\nnfs.x = false\n[profiles.b]\n[hosts.h]\n",
        ),
    )
    text = f"[defaults]\nroot.password_hash = '{other}'\n[profiles.a]\nboot.timeout = 1\n[profiles.c]\n[hosts.h]\n"
    found = compare_settings(store, write(folder, text)).changes
    assert [(one.what, one.layer, one.lines) for one in found] == [
        ("changed", "defaults", ('root.password_hash: "$6$sal…" -> another',)),
        ("changed", "profile a", ("boot.timeout = 1", "nfs.x: false removed")),
        ("removed", "profile b", ("(empty): a table removed",)),
        ("added", "profile c", ("(empty) = a table",)),
    ]


def test_files_that_cannot_be(store: Store, folder: Path) -> None:
    with (folder / "huge").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    os.mkfifo(folder / "pipe")
    (folder / "script.sh").write_text("echo hello\n", encoding="utf-8")
    (folder / "id_rsa").write_text("-----BEGIN RSA PRIVATE KEY-----\n", encoding="utf-8")
    path = write(
        folder,
        """
[profiles.a]
files."/1".source = "huge"
files."/2".source = "pipe"
files."/3".source = "missing"
files."/4".source = "/proc/self"
files."/5".source = "b.txt/x"
scripts.s.source = "script.sh"
modules."m.tgz".source = "b.txt"
ssh.authorized_keys_file = "id_rsa"
""",
    )
    where = "profiles.a.files"
    assert sorted(refused(store, path)) == sorted(
        [
            f'a.toml:3: {where}."/1".source = "huge": is larger than 64 MiB; make it smaller',
            f'a.toml:4: {where}."/2".source = "pipe": is no file but a device, pipe or socket; name a file',
            f'a.toml:5: {where}."/3".source = "missing": cannot be read: No such file or directory: missing; '
            "check the name and who may read it",
            f'a.toml:6: {where}."/4".source = "/proc/self": is a folder; name a file',
            f'a.toml:7: {where}."/5".source = "b.txt/x": cannot be read: Not a directory: b.txt/x; '
            "check the name and who may read it",
            'a.toml:8: profiles.a.scripts.s.source = "script.sh": does not begin with #!; make `#!/bin/sh` its first '
            "line: ESXi 8 runs nothing else",
            'a.toml:9: profiles.a.modules."m.tgz".source = "b.txt": is not compressed with gzip; name a ready-made '
            "module, a .tgz or .vgz",
            'a.toml:10: profiles.a.ssh.authorized_keys_file = "id_rsa": is a private key; keep that secret: name the '
            ".pub file beside it",
        ]
    )


def test_settings_that_cannot_be_read(store: Store, folder: Path) -> None:
    (message,) = refused(store, folder / "none.toml")
    assert message.startswith("none.toml: cannot be read: No such file or directory")
    (folder / "empty").mkdir()
    with pytest.raises(UserError, match=r"no settings in that folder; settings files are called \*\.toml"):
        apply_settings(store, folder / "empty")
    with (folder / "huge.toml").open("wb") as file:
        file.truncate(MAX_FILE + 1)
    assert refused(store, folder / "huge.toml") == ["huge.toml: is larger than 64 MiB; make it smaller"]


def test_what_is_wrong_changes_nothing_of_what_is_in_force(store: Store, folder: Path) -> None:
    apply_settings(store, write(folder, "[profiles.lab]\nfiles.'/x'.source = 'b.txt'\n"))
    (message,) = refused(store, write(folder, "[profiles.lab]\nfiles.'/y'.source = 'keys.pub'\nboot.timout = 1\n"))
    assert message.endswith("did you mean timeout?")
    assert load_configuration(store).revision == 1


def test_a_folder_of_settings(store: Store, folder: Path) -> None:
    write(folder, "[profiles.lab]\nfiles.'/x'.source = 'b.txt'\n", "1.toml")
    write(folder, "[hosts.h]\nprofile = 'lab'\n", "2.toml")
    write(folder, "rubbish", ".hidden.toml")
    apply_settings(store, folder)
    assert host_settings(store, "h").sources['files."/x".source'] == f"{folder}/1.toml:2 (profile lab)"
    write(folder, "\nprofiles.lab.files.'/x'.source = 'b.txt'\n", "3.toml")
    with pytest.raises(UserError, match=r'3\.toml:2: profiles\.lab\.files\."/x"\.source is set in .*/1\.toml:2 too'):
        apply_settings(store, folder)


def test_what_a_release_cannot_do(store: Store, folder: Path) -> None:
    store.set_default(keep(store, image_40()).id)
    keep(store, image_67())
    path = write(
        folder,
        """
[profiles.old]
image = "4.0.0"
firewall.sshServer = true
[profiles.new]
image = "6.7.0"
firewall.sshServer = true
[profiles.any]
nfs.a = { server = "x", share = "/a", version = "4.1" }
[profiles.part]
console.serial = "com1"
[hosts.a]
serial = "a"
profile = ["new", "any", "part"]
[hosts.b]
serial = "b"
profile = "part"
[hosts.c]
serial = "c"
mode = "install"
""",
    )
    found = sorted(refused(store, path))
    assert [one.split(": ")[0] for one in found] == ["a.toml:11", "a.toml:20", "a.toml:4"]
    assert "console.serial: ESXi 4.0: its kernel options for a serial port are not known" in found[0]
    assert "[VMware ESXi 4.0.0 build 208167] (seen for host b); give them as boot.kernel_options" in found[0]
    assert "hosts.c.mode: VMware ESXi 4.0.0 build 208167 was imported as the hypervisor without its in" in found[1]
    assert "firewall.sshServer: ESXi 4.0: it has no firewall" in found[2]
    assert "(seen for profile old); leave it out" in found[2]


def test_modules_are_to_stand_beside_one_that_is_there(store: Store, folder: Path) -> None:
    store.set_default(keep(store, image_40()).id)
    text = '[profiles.lab]\nmodules."x.tgz" = { source = "x.tgz", after = "NAME" }\n'
    (message,) = refused(store, write(folder, text.replace("NAME", "s.v00")))
    assert "module x.tgz is to stand beside s.v00, which is not loaded (seen for profile lab)" in message
    assert "a.toml:2: profiles.lab.modules" in message
    assert apply_settings(store, write(folder, text.replace("NAME", "sys.vgz"))).revision == 1


def test_the_vendor_s_published_password(store: Store, folder: Path) -> None:
    made = md5_crypt.using(salt="abcdefgh").hash(VENDOR_DEFAULT)
    (message,) = refused(store, write(folder, f"[profiles.lab]\nroot.password_hash = '{made}'\n"))
    assert message.startswith(
        "a.toml:2: profiles.lab.root.password_hash: is the hash of the password that the vendor"
    )
    assert made not in message


def test_an_image_s_settings_are_found_by_all_its_names(store: Store, folder: Path) -> None:
    kept = keep(store, image_67())
    store.set_default(kept.id)
    text = f"""
[images."6.7.0"]
boot.timeout = 1
boot.loader_options = "-S 1"
boot.slim = true
[images."6.7.0-10302608"]
boot.timeout = 2
boot.loader_options = "-S 2"
[images."{kept.short_id}"]
boot.timeout = 3
[images."9.9.9"]
boot.kernel_options = "x"
[hosts.h]
mac = "52:54:00:00:00:01"
image = "6.7.0-10302608"
"""
    apply_settings(store, write(folder, text))
    read = load_configuration(store)
    names = image_names(store)
    for host in (None, host_for(read, mac="52:54:00:00:00:01").host):
        boot = effective(read, host, names).settings.boot
        assert (boot.timeout, boot.loader_options, boot.slim, boot.kernel_options) == (3, "-S 2", True, "")


def test_nothing_was_applied_yet(store: Store, tmp_path: Path) -> None:
    read = load_configuration(store)
    assert (read.revision, len(read.hosts), list(read.profiles)) == (0, 0, [])
    assert effective(read, host_for(read, mac="52:54:00:00:00:01").host, image_names(store)).in_force == ()
    with pytest.raises(UserError, match="no settings were applied yet; `hobnail apply -f FILE` does"):
        settings_text(store)


def test_a_profile_and_a_host_that_do_not_belong_together(store: Store, folder: Path) -> None:
    apply_settings(
        store, write(folder, "[profiles.a]\n[profiles.b]\ninherits = 'a'\n[hosts.h]\nprofile = 'b'\n[profiles.c]\n")
    )
    assert profile_settings(store, "a", "h").settings.host_name == "h"
    with pytest.raises(UserError, match="host h does not have the profile c; it has: a, b"):
        profile_settings(store, "c", "h")
    with pytest.raises(UserError, match='there is no host "hh"; did you mean h'):
        profile_settings(store, "a", "hh")


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("nfs read_only", "nfs.a.read_only"),
        ("nfs 4.1", "nfs.a.version"),
        ("nfs", "nfs.a"),
        ("mtu", "network.switch.vSwitch1.mtu"),
        ("vmkernel_ports.services vsan", "network.vmkernel.vmk2.services"),
        ("root.password_hash $6$", "root.password_hash"),
        ("shell on", "shell.enabled"),
        ("syslog tcp, ssl", "syslog.target"),
        ("serial_speed", "console.speed"),
        ("files /etc/b", 'files."/etc/b"'),
        ("switches", "network"),
        ("ssh.authorized_keys", "ssh"),
    ],
)
def test_a_refusal_names_the_key(store: Store, folder: Path, row: str, key: str) -> None:
    apply_settings(store, write(folder, EVERYTHING))
    assert dotted(place(host_settings(store, "h1").tree, row)).startswith(f"defaults.{key}")


def test_every_row_that_may_be_refused_has_a_place(store: Store, folder: Path) -> None:
    apply_settings(store, write(folder, EVERYTHING))
    found = host_settings(store, "h1")
    for row in used(found.settings):
        assert load_configuration(store).places(place(found.tree, row)), row


def test_the_manual_tells_what_early_releases_cannot_do(store: Store, folder: Path) -> None:
    apply_settings(store, write(folder, EVERYTHING))
    found = host_settings(store, "h1")
    rows = [row for row in used(found.settings) if any(way.refused for way in WAYS[row])]
    assert len(rows) > 5
    for row in rows:
        key = node_at(DOCUMENT, place(found.tree, row))
        assert isinstance(key, Key)
        assert key.since != "all", row
