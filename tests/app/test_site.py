"""What is served to whom, and how that changes when settings are applied, machines name themselves, installs end."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hobnail.app.serve_checks import pool_for
from hobnail.app.serve_options import ServeOptions
from hobnail.app.site import HostSite
from hobnail.boot.boot_files import BootFile, HttpBoot, Refused
from hobnail.boot.identity import Identity
from hobnail.boot.plan import PlanOptions
from hobnail.boot.shelf import BootsFromDiskError
from hobnail.store import Store
from hobnail.store.machines import SeenMachine
from hobnail.system.interfaces import Interface
from hobnail.wire.dhcp import HardwareAddress
from tests.app.settings import NEW, OLD, apply, store_with
from tests.profile.overlay.samples import SHA512
from tests.tools import need_file

MAC, OTHER = "52:54:00:4c:00:01", "52:54:00:4c:00:02"
BASE = "http://10.77.0.1"
INSTALL = f"""
[hosts.esx1]
mac = "{MAC}"
mode = "install"
root.password_hash = "{SHA512}"
install = {{ accept_eula = true, disk = "mpx.vmhba0:C0:T0:L0" }}
"""


def options(range_text: str | None = None, reservations: tuple[str, ...] = ()) -> ServeOptions:
    return ServeOptions.parse(
        interface="br0",
        image=None,
        dhcp="full" if range_text else "proxy",
        range_text=range_text,
        reservations=reservations,
        gateway=None,
        dns=(),
        lease_seconds=3600,
        plan=PlanOptions(),
        http_port=80,
        loaders=None,
        newest_mboot=True,
    )


@contextmanager
def site_of(store: Store) -> Iterator[HostSite]:
    with closing(HostSite(store, options(), NEW, BASE, HttpBoot(BASE))) as site:
        yield site


def reloaded(site: HostSite) -> str:
    """Poll as the server does, until what was applied holds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        answer = site.reload()
        if answer is not None:
            return answer
        time.sleep(0.01)
    raise AssertionError("it was never taken up")


def uefi(site: HostSite, mac: str) -> BootFile | Refused:
    return site.boot_files(Identity(mac)).uefi


def bios(site: HostSite, mac: str) -> BootFile | Refused:
    return site.boot_files(Identity(mac)).bios


def test_each_host_is_sent_to_its_own_image(tmp_path: Path) -> None:
    need_file("/usr/lib/PXELINUX/pxelinux.0", "pxelinux")
    settings = f'[hosts.esx1]\nmac = "{MAC}"\nimage = "4.0.0"\n'
    with store_with(tmp_path, settings) as store, site_of(store) as site:
        assert bios(site, MAC) == BootFile("pxelinux.0")
        assert isinstance(uefi(site, MAC), Refused), "4.0 has no UEFI loader"
        assert uefi(site, OTHER) == BootFile(f"{NEW.short_id}/mboot.efi")
        shelf = site.shelf(OLD.short_id)
        assert shelf is not None
        assert "mboot.c32" in shelf.loaders, "syslinux's own, for 4.0"


def test_what_is_applied_while_serving_holds_from_the_next_boot_on(tmp_path: Path) -> None:
    with store_with(tmp_path, "") as store, site_of(store) as site:
        assert site.reload() is None, "nothing was applied since"
        assert site.plan(MAC).made == {}
        apply(store, tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\n')
        assert site.plan(MAC).made == {}
        assert reloaded(site) == ""
        assert "hobnail.tgz" in site.plan(MAC).made
        assert [host.name for host in site.hosts] == ["esx1"]
        assert site.reload() is None


def test_settings_that_hosts_cannot_boot_by_are_told_and_others_boot(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\n') as store, site_of(store) as site:
        apply(store, tmp_path, f'[defaults]\nimage = "9.0.1"\n[hosts.esx1]\nmac = "{MAC}"\nimage = "6.7.0"\n')
        reason = reloaded(site)
        assert "not named cannot boot" in reason
        assert "9.0.1" in reason
        refused = uefi(site, OTHER)
        assert isinstance(refused, Refused)
        assert "9.0.1" in refused.reason
        assert isinstance(uefi(site, MAC), BootFile)


def test_a_machine_is_known_by_its_serial_number_once_it_has_told_it(tmp_path: Path) -> None:
    settings = '[hosts.esx1]\nserial = "CZ1234"\nboot.kernel_options = "of=esx1"\n'
    with store_with(tmp_path, settings) as store, site_of(store) as site:
        assert "of=esx1" not in site.plan(MAC).plan.command_line
        site.identify(Identity(MAC, serial="cz1234", product="ProLiant"))
        assert "of=esx1" in site.plan(MAC).plan.command_line
        site.identify(Identity(MAC))  # DHCP, which tells no serial number
        assert "of=esx1" in site.plan(MAC).plan.command_line
        deadline = time.monotonic() + 20
        while store.machines.get(MAC) is None and time.monotonic() < deadline:
            time.sleep(0.05)
        seen = store.machines.get(MAC)
        assert seen is not None
        assert (seen.serial, seen.product) == ("cz1234", "ProLiant")


def test_keys_are_made_beside_the_loop_before_the_host_needs_them(tmp_path: Path) -> None:
    """Its DISCOVER is answered at once, and has its keys made before those of hosts that do not boot."""
    hosts = "".join(f'[hosts.esx{n}]\nmac = "52:54:00:4c:01:{n:02x}"\nimage = "6.7.0"\n' for n in range(40))
    with store_with(tmp_path, hosts) as store, site_of(store) as site:
        assert uefi(site, "52:54:00:4c:01:27") == BootFile(f"{NEW.short_id}/mboot.efi")
        assert store.host_secrets.get("esx39") is None
        deadline = time.monotonic() + 30
        while store.host_secrets.get("esx39") is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert store.host_secrets.get("esx39") is not None
        assert store.host_secrets.get("esx38") is None


def test_a_host_is_installed_once_and_again_only_when_asked(tmp_path: Path) -> None:
    with store_with(tmp_path, INSTALL) as store:
        with site_of(store) as site:
            assert isinstance(uefi(site, MAC), BootFile)
            site.installed(MAC)
            assert store.installations.all() == {"esx1": NEW.title}, "before its host is answered"
            assert site.reload() is None
            refused = uefi(site, MAC)
            assert isinstance(refused, Refused)
            assert "hobnail host reinstall esx1" in refused.reason
            with pytest.raises(BootsFromDiskError):
                site.plan(MAC, "0" * 32)
            site.installed(MAC)  # reported twice
        with site_of(store) as site:
            assert isinstance(uefi(site, MAC), Refused), "a restarted server still knows"
            assert store.installations.forget("esx1")
            assert site.reload() is None
            assert isinstance(uefi(site, MAC), BootFile)


def test_an_installed_host_is_not_installed_again_through_its_other_card(tmp_path: Path) -> None:
    two = INSTALL.replace(f'mac = "{MAC}"', f'mac = ["{MAC}", "{OTHER}"]')
    with store_with(tmp_path, two) as store, site_of(store) as site:
        assert site.akin(MAC, OTHER)
        assert not site.akin(MAC, "52:54:00:4c:00:03")
        site.installed(MAC)
        assert isinstance(uefi(site, OTHER), Refused)


def test_a_host_that_was_installed_before_it_had_a_name(tmp_path: Path) -> None:
    with store_with(tmp_path, INSTALL) as store:
        store.installations.add(MAC, "ESXi")
        with site_of(store) as site:
            assert isinstance(uefi(site, MAC), Refused)


def test_a_host_that_became_stateless_boots_although_it_was_installed(tmp_path: Path) -> None:
    with store_with(tmp_path, INSTALL) as store, site_of(store) as site:
        site.installed(MAC)
        apply(store, tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\n')
        reloaded(site)
        assert isinstance(uefi(site, MAC), BootFile)


def test_new_keys_are_taken_up_while_serving(tmp_path: Path) -> None:
    with store_with(tmp_path, f'[hosts.esx1]\nmac = "{MAC}"\n') as store, site_of(store) as site:
        uefi(site, MAC)
        before = site.plan(MAC).made["hobnail.tgz"].data
        assert store.host_secrets.forget("esx1")
        assert site.reload() is None
        assert site.plan(MAC).made["hobnail.tgz"].data != before


def test_who_a_machine_is_outlives_the_server(tmp_path: Path) -> None:
    with store_with(tmp_path, '[hosts.esx1]\nserial = "CZ1234"\nimage = "4.0.0"\n') as store:
        store.machines.see(SeenMachine(MAC, serial="CZ1234"))
        with site_of(store) as site:
            assert site.plan(MAC).plan.image == OLD


@pytest.fixture
def interface() -> Interface:
    return cast(
        Interface,
        SimpleNamespace(name="br0", address=IPv4Address("10.77.0.1"), network=IPv4Interface("10.77.0.1/24").network),
    )


def test_addresses_of_the_settings_are_reserved(tmp_path: Path, interface: Interface) -> None:
    settings = f"""
[hosts.a]
mac = "{MAC}"
address = "10.77.0.50"
[hosts.b]
mac = "{OTHER}"
address = "10.99.0.50"
[hosts.c]
mac = "52:54:00:4c:00:03"
address = "10.77.0.51"
[hosts.d]
serial = "CZ1"
address = "10.77.0.52"
[hosts.e]
mac = ["52:54:00:4c:00:05", "52:54:00:4c:00:06"]
address = "10.77.0.53"
"""
    with store_with(tmp_path, settings) as store, site_of(store) as site:
        typed = options("10.77.0.100-10.77.0.110", (f"{MAC}=10.77.0.60", "52:54:00:4c:00:09=10.77.0.51"))
        pool, left_out = pool_for(typed, interface, site.hosts)
        assert pool is not None
        reserved: Any = {str(hardware): str(address) for hardware, address in pool.reservations.items()}
        assert reserved == {
            MAC: "10.77.0.60",
            "52:54:00:4c:00:09": "10.77.0.51",
            "52:54:00:4c:00:05": "10.77.0.53",
        }, "what was typed wins; of several cards the first"
        assert left_out == (
            "host b: 10.99.0.50 is none that can be given in 10.77.0.0/24",
            "host d: 10.77.0.52 is kept for nobody: DHCP needs its MAC address",
        )
        pool, _ = pool_for(options("10.77.0.100-10.77.0.110"), interface, site.hosts)
        assert pool is not None
        assert pool.reservations[HardwareAddress.parse(MAC)] == IPv4Address("10.77.0.50")
