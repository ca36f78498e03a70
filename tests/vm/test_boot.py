"""Boots through real firmware: SeaBIOS, the card's PXE ROM, PXELINUX 6.04, syslinux's mboot.c32, the probe kernel."""

import gzip
import shutil
import time
import uuid
from pathlib import Path

import pytest

from hobnail.app.demo.machines import NotBooted
from hobnail.app.export import export_image
from hobnail.boot.plan import bootif
from hobnail.image.model import Generation
from hobnail.store import Store
from tests.namespaces import Namespace, Namespaces
from tests.vm.conftest import TWO, StoreOf
from tests.vm.lan import LOADERS, VERSIONS, Server, assert_handed_over, named, power_on

pytestmark = pytest.mark.vm

FULL = ("--dhcp", "full", "--range", "10.77.0.100-10.77.0.150")
DNSMASQ = ("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-interfaces", "--user=root")


@pytest.mark.parametrize("generation", VERSIONS)
def test_each_generation_boots(generation: Generation, store_of: StoreOf, host: Namespace) -> None:
    store, image = store_of(generation)
    machine = TWO[generation is Generation.ESXI40]
    with Server(host, store, *FULL) as server:
        assert_handed_over(power_on(machine, host), machine, image, store)
        events = server.stop()
    files = [f"{image.short_id}/{module.name}" for module in (image.kernel, *image.modules)]
    config = f"pxelinux.cfg/{bootif(machine.mac)}"
    assert named(events, "file_done") == [*LOADERS[:2], config, *LOADERS[2:], *files]
    assert named(events, "file_failed") == []
    by_uuid = f"pxelinux.cfg/{uuid.UUID(bytes=uuid.UUID(machine.uuid).bytes_le)}"  # in the order of the wire
    assert [(event["name"], event["expected"]) for event in events if event["event"] == "file_missing"] == [
        (by_uuid, True)
    ]


def test_beside_a_dhcp_server_that_is_there(
    store_of: StoreOf, lan: Namespaces, host: Namespace, tmp_path: Path
) -> None:
    """dnsmasq on another machine gives the address, and knows nothing of booting; hobnail only adds the boot file."""
    store, image = store_of(Generation.ESXI40)
    other = lan.add("dhcp")
    lan.connect(host, "port1", other, "eth0")
    host.ip("link", "set", "port1", "master", "br0")
    other.set_address("eth0", "10.77.0.2/24")
    leases = tmp_path / "leases"
    pool = ("--interface=eth0", "--dhcp-range=10.77.0.200,10.77.0.220", f"--dhcp-leasefile={leases}", "--no-ping")
    other.start(*DNSMASQ, *pool, log=tmp_path / "dnsmasq.log")
    with Server(host, store, "--dhcp", "proxy"):
        result = power_on(TWO[0], host)
    assert_handed_over(result, TWO[0], image, store)
    assert TWO[0].mac in leases.read_text(), (tmp_path / "dnsmasq.log").read_text()


def test_a_missing_module_is_named_on_the_screen_and_by_the_server(
    store_of: StoreOf, host: Namespace, tmp_path: Path
) -> None:
    whole, image = store_of(Generation.ESXI40)
    store = tmp_path / "store"
    shutil.copytree(whole, store)
    lost = next(module for module in image.modules if module.name == "cim.vgz")
    with Store.open(store, now=time.time) as opened:
        opened.blob_path(lost.sha256).unlink()
    with Server(host, store, *FULL) as server:
        result = power_on(TWO[1], host)
        events = server.stop()
    name = f"{image.short_id}/{lost.name}"
    assert isinstance(result, NotBooted)
    assert "No files found!" in result.reason
    assert any(f"Loading {name}... failed!" in line for line in result.console), result.console
    (missing,) = [event for event in events if event["event"] == "file_missing" and not event["expected"]]
    assert (missing["name"], missing["peer"]) == (name, "10.77.0.100")
    assert missing["reason"]


def serve_with_dnsmasq(host: Namespace, tree: Path, work: Path) -> None:
    pool = ("--interface=br0", "--dhcp-range=10.77.0.100,10.77.0.150", f"--dhcp-leasefile={work / 'leases'}")
    boot = ("--no-ping", "--dhcp-boot=pxelinux.0", "--enable-tftp", f"--tftp-root={tree}")
    host.start(*DNSMASQ, *pool, *boot, log=work / "dnsmasq.log")


def test_an_exported_tree_boots_from_somebody_elses_server(
    store_of: StoreOf, host: Namespace, tmp_path: Path
) -> None:
    store, image = store_of(Generation.ESXI41)
    machine, tree = TWO[1], tmp_path / "tree"
    with Store.open(store, now=time.time) as opened:
        export_image(opened, opened.get(image.id), tree, macs=[machine.mac])
    serve_with_dnsmasq(host, tree, tmp_path)
    assert_handed_over(power_on(machine, host), machine, image, store)


def test_mboot_cannot_take_a_module_that_unpacks_to_nothing(
    store_of: StoreOf, host: Namespace, tmp_path: Path
) -> None:
    """syslinux 6.04: the machine loads all modules, says so, and resets itself before the kernel's first line."""
    store, image = store_of(Generation.ESXI40)
    tree = tmp_path / "tree"
    with Store.open(store, now=time.time) as opened:
        export_image(opened, opened.get(image.id), tree)
    (tree / image.short_id / "oem.tgz").write_bytes(gzip.compress(b""))
    serve_with_dnsmasq(host, tree, tmp_path)
    result = power_on(TWO[0], host)
    assert isinstance(result, NotBooted)
    assert result.reason == "the machine reset itself or powered off, without a report"
    assert result.console[-1] == f"Loading {image.short_id}/{image.modules[-1].name}... ok"
