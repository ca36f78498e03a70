"""`hobnail host reinstall` and `new-keys` as a person runs them."""

import time
from pathlib import Path

from hobnail.profile.settings import HostSecrets
from hobnail.store import Store
from hobnail.store.machines import SeenMachine
from tests.app.settings import store_with
from tests.cli.command import hobnail

MAC, SEEN = "52:54:00:4c:00:01", "52:54:00:4c:00:02"


def test_a_host_is_installed_again_when_asked(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\nserial = "CZ1"\n') as store:
        for known_as in ("esx1", MAC, SEEN, "52:54:00:4c:00:03"):
            store.installations.add(known_as, "ESXi")
        store.installations.begin("a" * 32, SEEN)
        store.machines.see(SeenMachine(SEEN, serial="cz1"))
    folder = tmp_path / "store"
    assert "installed: ESXi" in hobnail("host", "show", "esx1", store=folder).stdout
    done = hobnail("host", "reinstall", "esx1", store=folder)
    assert done.stdout == "esx1 is installed again when it boots next\n"
    assert "installed:" not in hobnail("host", "show", "esx1", store=folder).stdout
    assert "was not installed from here" in hobnail("host", "reinstall", "esx1", store=folder, status=2).stderr
    hobnail("host", "reinstall", "52-54-00-4C-00-03", store=folder)
    assert "is no MAC address" in hobnail("host", "reinstall", "esx2", store=folder, status=2).stderr
    with Store.open(folder, now=time.time) as store:
        assert store.installations.all() == {}
        assert store.installations.begun("a" * 32) is None, "an old report must not count for the new installation"


def test_an_installation_whose_report_was_lost_is_noted_by_hand(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\n'):
        pass
    folder = tmp_path / "store"
    hobnail("host", "installed", "esx1", store=folder)
    hobnail("host", "installed", SEEN, store=folder)
    with Store.open(folder, now=time.time) as store:
        assert set(store.installations.all()) == {"esx1", SEEN}
    assert "is no MAC address" in hobnail("host", "installed", "esx9", store=folder, status=2).stderr


def test_a_host_gets_new_keys_when_asked(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\n') as store:
        store.host_secrets.get_or_make("esx1", lambda: HostSecrets(rsa_key="x"))
    folder = tmp_path / "store"
    assert hobnail("host", "new-keys", "esx1", store=folder).stdout == "esx1 gets new keys when it boots next\n"
    assert "no keys were made" in hobnail("host", "new-keys", "esx1", store=folder, status=2).stderr
    assert "there is no host 'esx9'" in hobnail("host", "new-keys", "esx9", store=folder, status=2).stderr
