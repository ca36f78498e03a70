"""`hobnail ks show`: the script that a host in the settings gets."""

from pathlib import Path

import pytest

from tests.cli.command import hobnail
from tests.profile.test_password import SHA512

SETTINGS = f"""
[profiles.lab]
mode = "install"
root.password_hash = "{SHA512}"
install = {{ accept_eula = true, transport = "nvme" }}
scripts.mine.source = "mine.sh"

[profiles.run]
inherits = "lab"
mode = "stateless"

[hosts.esx1]
mac = "52:54:00:4c:00:01"
profile = "lab"
tls.keep_certificate = true
network.management = {{ address = "192.0.2.7/24", gateway = "192.0.2.1" }}

[hosts.esx2]
mac = "52:54:00:4c:00:02"
profile = "run"
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with settings and no image."""
    folder = tmp_path_factory.mktemp("ks")
    folder.joinpath("hobnail.toml").write_text(SETTINGS)
    folder.joinpath("mine.sh").write_text("#!/bin/sh\necho mine\n")
    hobnail("apply", "-f", folder / "hobnail.toml", store=folder / "store")
    return folder / "store"


def test_the_script_of_a_host(store: Path, tmp_path: Path) -> None:
    done = hobnail("ks", "show", "esx1", "--release", "8.0", store=store)
    assert done.stdout.startswith("# Made by hobnail from the host's profile.\nvmaccepteula\nrootpw --iscrypted $6$")
    assert "network --bootproto=static --ip=192.0.2.7" in done.stdout
    assert "url='http://server/done/one-time-token'" in done.stdout
    assert "|echo mine\n" in done.stdout
    assert (
        "hobnail: note: made at the first boot, which UEFI Secure Boot does not let happen: scripts;" in done.stderr
    )
    assert "hobnail: note: tls.keep_certificate: an installed host makes its own at its first boot" in done.stderr
    file = tmp_path / "ks.cfg"
    file.write_text(done.stdout)
    checked = hobnail("ks", "lint", file, "--release", "8.0", store=store)
    assert [line.split(": ")[1] for line in checked.stdout.splitlines()] == ["warning"]


def test_a_host_that_is_not_installed(store: Path) -> None:
    done = hobnail("ks", "show", "esx2", "--release", "7.0", store=store)
    assert 'esx2 boots stateless and gets no script until its settings say mode = "install"' in done.stderr


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("esx3", "--release", "8.0"), 'there is no host "esx3"'),
        (("esx1",), "no image is the default one; import it, or name a release with --release"),
        (("esx1", "--release", "4.1"), "imported without their installer"),
        (("esx1", "--release", "new"), "is no release of ESXi"),
    ],
)
def test_what_cannot_be_shown(store: Path, arguments: tuple[str, ...], what: str) -> None:
    done = hobnail("ks", "show", *arguments, store=store, status=2)
    assert what in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout
