"""Dry boots over a real network: our own server, dnsmasq, and HTTP servers good and bad."""

import gzip
import json
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hobnail.app.boot_check import Wanted, check_boot
from hobnail.app.demo.medium import MediumSpec, bank_for, make_disk
from hobnail.boot.check.clients import Client
from hobnail.boot.check.journal import Fetched, Journal
from hobnail.boot.check.summary import summarise
from hobnail.errors import SystemFailure, UserError
from hobnail.image.model import Generation
from tests.boot.check.trees import MAC, kernel, uefi_tree, write_tree
from tests.cli.command import hobnail
from tests.namespaces import Namespace, Namespaces
from tests.serve.dhcp_lab import start_dnsmasq
from tests.tools import need_file, need_root, need_tool

SERVER, CLIENT = "10.77.0.1", "10.77.0.50"


@pytest.fixture
def lan() -> Iterator[tuple[Namespace, Namespace]]:
    need_root()
    need_tool("ip")
    with Namespaces() as machines:
        server, client = machines.add("server"), machines.add("client")
        machines.connect(server, "eth0", client, "eth0")
        server.set_address("eth0", f"{SERVER}/24")
        client.set_address("eth0", f"{CLIENT}/24")
        yield server, client


def check(machine: Namespace, wanted: Wanted) -> Journal:
    with machine.entered():
        return check_boot(wanted, lambda _: None)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with an ESXi 4.0 whose kernel has a Multiboot header."""
    need_tool("mkfs.fat", "mcopy", "bzip2", "tar", "xorriso")
    folder = tmp_path_factory.mktemp("check")
    files = bank_for(Generation.ESXI40, kernel(), version="4.0.0", build="208167", filler=_body)
    make_disk(MediumSpec(Generation.ESXI40, "4.0.0", "208167", files), folder / "stick.dd", folder)
    hobnail("image", "import", folder / "stick.dd", store=folder / "store")
    return folder / "store"


def _body(name: str) -> bytes:
    return gzip.compress(random.Random(name).randbytes(200_000), mtime=0)


@contextmanager
def own_server(machine: Namespace, store: Path, log: Path, *arguments: str) -> Iterator[None]:
    """Run `hobnail serve` until the block ends."""
    need_file("/usr/lib/PXELINUX/pxelinux.0", "pxelinux")
    need_file("/usr/lib/syslinux/modules/bios/mboot.c32", "syslinux-common")
    command = (sys.executable, "-m", "hobnail", "--store", str(store), "serve", "-i", "eth0", "--log-format", "json")
    process = machine.start(*command, *arguments, log=log)
    end = time.monotonic() + 30
    try:
        while '"started"' not in (log.read_text() if log.exists() else ""):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def test_our_own_server_from_dhcp_on(lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path) -> None:
    server, client = lan
    full = ("--dhcp", "full", "--range", "10.77.0.100-10.77.0.120")
    with own_server(server, store, tmp_path / "log", *full):
        journal = check(client, Wanted(mac=MAC, interface="eth0", listen=0.2))
        uefi = check(client, Wanted(client=Client.UEFI, mac=MAC, interface="eth0", listen=0.2))
    assert journal.findings == []
    image = json.loads(hobnail("image", "show", "4.0.0", "--json", store=store).stdout)
    files = [image["kernel"], *image["modules"]]
    fetched = journal.steps[-len(files) :]
    for step, module in zip(fetched, files, strict=True):
        assert step.fetch.name == f"{image['id'][:12]}/{module['name']}"
        assert isinstance(step.answer, Fetched)
        assert step.answer.size == module["size"]
    assert summarise(journal).moved > sum(module["size"] for module in files)
    (lease_file,) = [path for path in store.glob("leases-*") if path.suffix != ".lock"]
    assert MAC not in lease_file.read_text(), "a dry boot takes no address"
    assert uefi.first_failure is not None
    assert uefi.first_failure.where == "DHCP"


def test_our_own_proxy_beside_dnsmasq(lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path) -> None:
    need_tool("dnsmasq")
    server, client = lan
    start_dnsmasq(client, tmp_path, "--dhcp-range=10.77.0.60,10.77.0.70", "--interface=eth0", "--bind-interfaces")
    with own_server(server, store, tmp_path / "log"):
        journal = check(client, Wanted(mac=MAC, interface="eth0", listen=1.0))
    assert journal.findings == []
    config = next(step for step in journal.steps if step.moved and "pxelinux.cfg" in step.fetch.name)
    assert config.fetch.name == "pxelinux.cfg/01-52-54-00-4c-00-01"


def test_no_offer_at_all(lan: tuple[Namespace, Namespace]) -> None:
    first = check(lan[1], Wanted(interface="eth0", listen=0.1)).first_failure
    assert first is not None
    assert first.screen.text == "PXE-E51: No DHCP or proxyDHCP offers were received."


@pytest.mark.parametrize(
    ("client_kind", "options", "screen"),
    [
        (Client.BIOS, (), "PXE-E53: No boot filename received"),
        (Client.UEFI, ("--dhcp-boot=mboot.efi", "--dhcp-option-force=60,PXEClient"), "PXE-E99"),
        (Client.UEFI_HTTP, ("--dhcp-boot=http://10.77.0.1/mboot.efi",), ""),
    ],
    ids=["no file", "60 without 43", "HTTP without 60"],
)
def test_what_dnsmasq_offers_wrongly(
    lan: tuple[Namespace, Namespace], tmp_path: Path, client_kind: Client, options: tuple[str, ...], screen: str
) -> None:
    need_tool("dnsmasq")
    server, client = lan
    start_dnsmasq(server, tmp_path, "--dhcp-range=10.77.0.60,10.77.0.70", *options)
    wanted = Wanted(client=client_kind, mac=MAC, interface="eth0", listen=0.3, patience=1)
    first = check(client, wanted).first_failure
    assert first is not None
    assert first.where == "DHCP"
    assert first.screen.text.startswith(screen)
    assert first.fix


@contextmanager
def dnsmasq_tree(lan: tuple[Namespace, Namespace], folder: Path, tree: Path) -> Iterator[Namespace]:
    need_tool("dnsmasq")
    server, client = lan
    files = ("--enable-tftp", f"--tftp-root={tree}", "--dhcp-range=10.77.0.60,10.77.0.70")
    folder.mkdir(exist_ok=True)
    start_dnsmasq(server, folder, *files)
    yield client


def test_an_exported_tree_on_dnsmasq_and_what_breaks_in_it(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    need_file("/usr/lib/PXELINUX/pxelinux.0", "pxelinux")
    tree = tmp_path / "tree"
    hobnail("image", "export", "4.0.0", tree, store=store)
    with dnsmasq_tree(lan, tmp_path / "dnsmasq", tree) as client:
        wanted = Wanted(mac=MAC, server=SERVER)
        assert check(client, wanted).findings == []
        (folder,) = [path for path in tree.iterdir() if (path / "sys.vgz").is_file()]
        (folder / "cim.vgz").rename(folder / "CIM.VGZ")
        (folder / "sys.vgz").write_bytes((folder / "sys.vgz").read_bytes()[:1000])
        (folder / "oem.tgz").write_bytes(b"")
        (folder / "license.tgz").unlink()
        journal = check(client, wanted)
    found = {one.where.rpartition("/")[2]: one for one in journal.findings}
    assert list(found) == ["sys.vgz", "cim.vgz", "oem.tgz", "license.tgz"]
    assert "breaks off after 1000 bytes" in found["sys.vgz"].cause
    assert "the server has" in found["cim.vgz"].fix
    assert "is empty" in found["oem.tgz"].cause
    assert found["license.tgz"].screen.text == "No files found!"


def test_a_uefi_tree_on_dnsmasq(lan: tuple[Namespace, Namespace], tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", uefi_tree())
    with dnsmasq_tree(lan, tmp_path / "dnsmasq", tree) as client:
        wanted = Wanted(client=Client.UEFI, mac=MAC, server=SERVER, loader="esxi7/mboot.efi")
        assert check(client, wanted).findings == []
        (tree / "esxi7" / "k.b00").unlink()
        first = check(client, wanted).first_failure
    assert first is not None
    assert (first.where, first.screen.text) == ("esxi7/k.b00", "Fatal error: 15 (Not found)")


def test_nobody_at_home_is_given_up_soon(lan: tuple[Namespace, Namespace]) -> None:
    _, client = lan
    began = time.monotonic()
    refused = check(client, Wanted(server=SERVER))
    silent = check(client, Wanted(server="10.77.0.99", patience=1))
    assert time.monotonic() - began < 8
    for journal in (refused, silent):
        assert journal.first_failure is not None
        assert journal.first_failure.screen.text == "PXE-E32: TFTP open timeout"
    with pytest.raises(SystemFailure, match="ip route"):
        check(client, Wanted(server="192.0.2.1"))
    with pytest.raises(UserError, match="--server"):
        check_boot(Wanted(), lambda _: None)
