"""`hobnail apply`, `diff`, `export`, `profile`, `host`, `schema`, as a person runs them."""

import json
from pathlib import Path

import pytest

from tests.app.settings import store_with
from tests.cli.command import hobnail
from tests.profile.settings_files import HASH, KEY

SETTINGS = f"""
[defaults]
ntp.servers = ["10.0.0.1"]
[profiles.lab]
ssh.authorized_keys_file = "keys.pub"
root.password_hash = "{HASH}"
[profiles.quiet]
inherits = "lab"
advanced."/UserVars/SuppressShellWarning" = 1
[hosts.esx01]
mac = "52:54:00:4c:00:01"
serial = "CZ1"
address = "10.0.0.21"
profile = "quiet"
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("settings")
    (folder / "keys.pub").write_text(f"{KEY}\n", encoding="utf-8")
    (folder / "a.toml").write_text(SETTINGS, encoding="utf-8")
    return folder / "a.toml"


@pytest.fixture(scope="module")
def store(settings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the settings are in force."""
    store = tmp_path_factory.mktemp("cli") / "store"
    assert hobnail("apply", "-f", settings, "--dry-run", store=store).stdout.endswith(
        "nothing was changed (--dry-run)\n"
    )
    assert "+ host esx01\n" in hobnail("diff", "-f", settings, store=store, status=1).stdout
    done = hobnail("apply", "-f", settings, store=store)
    assert "+ profile lab\n" in done.stdout
    assert done.stdout.endswith("revision 1 is in force\n")
    assert HASH not in done.stdout
    return store


def test_applied_again_nothing_changes(store: Path, settings: Path) -> None:
    assert hobnail("apply", "-f", settings, store=store).stdout == "nothing changes: revision 1 is in force\n"
    assert hobnail("diff", "-f", settings, store=store).stdout == ""


def test_written_back_nothing_changes(store: Path, tmp_path: Path) -> None:
    done = hobnail("export", "-o", tmp_path / "out", store=store)
    assert done.stdout == f"2 files in {tmp_path}/out: `hobnail apply -f {tmp_path}/out/hobnail.toml`\n"
    assert hobnail("diff", "-f", tmp_path / "out", store=store).stdout == ""
    text = hobnail("export", store=store).stdout
    assert text == (tmp_path / "out" / "hobnail.toml").read_text(encoding="utf-8")


def test_a_difference_has_its_status(store: Path, settings: Path) -> None:
    other = settings.with_name("b.txt")
    other.write_text(SETTINGS.replace("10.0.0.1", "10.0.0.2"), encoding="utf-8")
    done = hobnail("diff", "-f", other, store=store, status=1)
    assert done.stdout == '~ defaults\n    ntp.servers: ["10.0.0.1"] -> ["10.0.0.2"]\n'
    shown = json.loads(hobnail("diff", "-f", other, "--json", store=store, status=1).stdout)
    assert shown["changes"][0]["layer"] == "defaults"
    assert shown["revision"] == 1


def test_profiles(store: Path) -> None:
    assert hobnail("profile", "list", store=store).stdout.splitlines() == [
        "PROFILE  HOSTS  INHERITS",
        "lab          1",
        "quiet        1  lab",
    ]
    shown = hobnail("profile", "show", "quiet", store=store).stdout
    assert 'root.password_hash                         "$6$sal…"' in shown
    assert "a.toml:6 (profile lab)" in shown
    assert HASH not in shown
    with_host = json.loads(hobnail("profile", "show", "lab", "--host", "esx01", "--json", store=store).stdout)
    assert {"key": "identity.host_name", "value": '"esx01"', "source": "the host's name in the file"} in with_host
    assert "did you mean lab?" in hobnail("profile", "show", "lob", store=store, status=2).stderr


def test_hosts(store: Path) -> None:
    assert hobnail("host", "list", store=store).stdout.splitlines()[1].split() == [
        "esx01",
        "10.0.0.21",
        "52:54:00:4c:00:01,",
        "serial",
        "CZ1",
        "quiet",
    ]
    assert json.loads(hobnail("host", "list", "--json", store=store).stdout)[0]["mac"] == ["52:54:00:4c:00:01"]
    assert "(profile quiet)" in hobnail("host", "show", "esx01", store=store).stdout
    assert "did you mean esx01?" in hobnail("host", "show", "esx1", store=store, status=2).stderr


def test_every_problem_gets_a_line(store: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "w.toml"
    wrong.write_text("[profiles.a]\npassword = 'secret1'\nboot.timout = 5\n", encoding="utf-8")
    for arguments in (("apply",), ("diff",), ("apply", "--dry-run")):
        done = hobnail(*arguments, "-f", wrong, store=store, status=2)
        assert [line.split(": ")[:3] for line in done.stderr.splitlines()] == [
            ["hobnail", f"{wrong}:2", "profiles.a.password"],
            ["hobnail", f"{wrong}:3", "profiles.a.boot.timout"],
        ]
        assert "secret1" not in done.stderr + done.stdout
    assert "revision 1," in hobnail("export", store=store).stdout


def test_an_earlier_revision(tmp_path: Path) -> None:
    store, settings = tmp_path / "store", tmp_path / "a.toml"
    for timeout in (1, 2):
        settings.write_text(f"[defaults.boot]\ntimeout = {timeout}\n", encoding="utf-8")
        hobnail("apply", "-f", settings, store=store)
    assert "timeout = 1" in hobnail("export", "--revision", "1", store=store).stdout
    done = hobnail("export", "--revision", "7", store=store, status=2)
    assert done.stderr == "hobnail: revision 7 is not kept; there are: 2, 1\n"


def test_a_store_without_settings(tmp_path: Path) -> None:
    store = tmp_path / "store"
    assert "no profiles yet" in hobnail("profile", "list", store=store).stderr
    assert "no hosts yet" in hobnail("host", "list", store=store).stderr
    assert "no settings were applied yet" in hobnail("export", store=store, status=2).stderr


def test_the_schema_is_printed_without_a_store(tmp_path: Path) -> None:
    shown = json.loads(hobnail("schema", store=tmp_path / "store").stdout)
    assert shown["properties"]["hosts"]["additionalProperties"]["properties"]["mac"]
    assert not (tmp_path / "store").exists()


def test_notes_are_told_beside_the_result(tmp_path: Path) -> None:
    settings = '[hosts.h]\nmac = "52:54:00:4c:00:01"\nntp.servers = ["10.0.0.1"]\n'
    with store_with(tmp_path, settings):
        pass
    for arguments in (("apply", "--json"), ("diff",)):
        done = hobnail(*arguments, "-f", tmp_path / "hobnail.toml", store=tmp_path / "store")
        (line,) = done.stderr.splitlines()
        assert line.startswith("note: where UEFI Secure Boot is on, the overlay is unsigned")
        assert line.endswith("(host h)")
