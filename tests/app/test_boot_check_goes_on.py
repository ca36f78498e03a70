"""Dry boots over a real network of hosts with overlays, and of clients that become iPXE on the way."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from hobnail.app.boot_check import Wanted
from hobnail.boot.check.clients import Client
from tests.app.test_boot_check import SERVER, check, dnsmasq_tree, lan, own_server, store
from tests.boot.check.trees import MAC, efi, uefi_tree, write_tree
from tests.cli.command import hobnail
from tests.namespaces import Namespace
from tests.serve.dhcp_lab import start_dnsmasq
from tests.tools import need_tool

__all__ = ["lan", "store"]  # fixtures

Lan = tuple[Namespace, Namespace]


def test_an_overlay_is_kept_from_who_plays_its_host(lan: Lan, store: Path, tmp_path: Path) -> None:
    own = tmp_path / "store"
    shutil.copytree(store, own)
    (tmp_path / "hosts.toml").write_text(f'[hosts.esx01]\nmac = "{MAC}"\nidentity.host_name = "esx01"\n')
    hobnail("apply", "-f", tmp_path / "hosts.toml", store=own)
    server, client = lan
    command = (sys.executable, "-m", "hobnail", "--store", str(own), "boot", "check", "--server", SERVER)
    client.ip("link", "set", "eth0", "address", "52:54:00:4c:00:99")
    with own_server(server, own, tmp_path / "log"):
        played = client.run(*command, "--host", "esx01")
        told = client.run(*command, "--host", "esx01", "--json").stdout
    record = json.loads(told)
    assert played.returncode == 0, played.stdout + played.stderr
    assert "not checked: hobnail.tgz" in played.stdout
    assert "is handed to that host only" in played.stdout
    assert "make it readable" not in played.stdout
    assert record["boots"] is True
    assert [one["severity"] for one in record["findings"]] == ["warning"]
    assert "is handed to that host only" in (tmp_path / "log").read_text()


IPXE = efi() + b"iPXE"


@pytest.mark.parametrize("told_apart", [True, False])
def test_a_loader_that_is_ipxe_asks_dhcp_again_as_itself(lan: Lan, tmp_path: Path, told_apart: bool) -> None:
    need_tool("dnsmasq")
    server, client = lan
    script = f"#!ipxe\nkernel tftp://{SERVER}/esxi7/mboot.efi -c tftp://{SERVER}/esxi7/boot.cfg\n".encode()
    tree = write_tree(tmp_path / "tree", uefi_tree() | {"snponly.efi": IPXE, "boot.ipxe": script})
    tags = ("--dhcp-match=set:ipxe,175", "--dhcp-boot=tag:ipxe,boot.ipxe") if told_apart else ()
    options = (
        "--dhcp-range=10.77.0.60,10.77.0.70",
        "--dhcp-boot=snponly.efi",
        "--enable-tftp",
        f"--tftp-root={tree}",
    )
    start_dnsmasq(server, tmp_path, *tags, *options)
    journal = check(client, Wanted(client=Client.UEFI, mac=MAC, interface="eth0", listen=0.2, patience=2))
    names = [step.fetch.name for step in journal.steps]
    assert journal.not_followed == ""
    if told_apart:
        assert journal.findings == []
        assert names[:3] == ["snponly.efi", "snponly.efi", f"tftp://{SERVER}/boot.ipxe"]
        assert names[-1] == f"tftp://{SERVER}/esxi7/s.v00"
    else:
        assert journal.first_failure is not None
        assert "again and again" in journal.first_failure.cause
        assert names[-1] == f"tftp://{SERVER}/snponly.efi"


def test_without_dhcp_it_is_not_followed(lan: Lan, tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"snponly.efi": IPXE})
    with dnsmasq_tree(lan, tmp_path / "dnsmasq", tree) as client:
        journal = check(client, Wanted(client=Client.UEFI, mac=MAC, server=SERVER, loader="snponly.efi"))
    assert journal.findings == []
    assert "DHCP is not played" in journal.not_followed
