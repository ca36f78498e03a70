"""`hobnail serve` with HTTPS and with an ISO for UEFI HTTP Boot: what hosts are told, what is refused at start."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import make_later_medium, spec_for
from tests.authority import DAY, NOW, Authority, write_pair
from tests.cli.command import hobnail
from tests.cli.test_serve import Served, refused, wait_for_text
from tests.namespaces import Namespace, Namespaces
from tests.tools import need_root, need_tool

SERVER = "10.77.9.1"
CA = Authority()
NO_DHCP = ("serve", "-i", "lan0", "--dhcp", "off")


@pytest.fixture(scope="module")
def medium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need_tool("xorriso", "mkfs.fat", "mcopy")
    folder = tmp_path_factory.mktemp("medium")
    make_later_medium(spec_for("8.0"), folder / "installer.iso", folder)
    return folder / "installer.iso"


@pytest.fixture(scope="module")
def store(medium: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serve") / "store"
    hobnail("image", "import", medium, store=folder)
    return folder


@pytest.fixture
def lan() -> Iterator[tuple[Namespace, Namespace]]:
    need_root()
    need_tool("curl", "ip")
    with Namespaces() as namespaces:
        server, host = namespaces.add("server"), namespaces.add("host")
        namespaces.connect(server, "lan0", host, "eth0")
        server.set_address("lan0", f"{SERVER}/24")
        host.set_address("eth0", "10.77.9.50/24")
        yield server, host


def https(folder: Path, *hosts: str) -> tuple[str, ...]:
    certificate, key = write_pair(folder / "pair", CA.sign(*hosts, end=NOW + 60 * DAY))
    return "--https-certificate", str(certificate), "--https-key", str(key)


def test_http_boot_is_sent_to_https_and_all_others_to_http(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, host = lan
    (tmp_path / "ca.pem").write_bytes(CA.pem)
    served = Served(server, store, *NO_DHCP, *https(tmp_path, SERVER), log=tmp_path / "log")
    text = (tmp_path / "log").read_text()
    words = {word.strip('";,') for word in text.split() if "https://" in word}
    (url,) = {word.split(",")[1] if word.startswith("dhcp-boot") else word for word in words}
    assert url.startswith(f"https://{SERVER}/")
    got = host.run("curl", "-s", "--cacert", str(tmp_path / "ca.pem"), url, "-w", "%{http_code}", "-o", "/dev/null")
    assert got.stdout == "200"
    script = host.run("curl", "-s", f"http://{SERVER}/{url.split('/')[3]}/boot.ipxe").stdout
    assert f"http://{SERVER}/" in script
    assert "https" not in script
    assert served.interrupt() == 0


def test_http_boot_is_sent_the_iso_with_ranges(
    lan: tuple[Namespace, Namespace], store: Path, medium: Path, tmp_path: Path
) -> None:
    server, host = lan
    served = Served(server, store, *NO_DHCP, "--http-boot-iso", str(medium), log=tmp_path / "log")
    assert f"http://{SERVER}/iso/installer.iso" in (tmp_path / "log").read_text()
    url = f"http://{SERVER}/iso/installer.iso"
    head = host.run("curl", "-sI", url).stdout.lower()
    assert "content-type: application/vnd.efi-iso" in head
    assert f"content-length: {medium.stat().st_size}" in head
    part = host.run("sh", "-c", f"curl -s -r 32769-32773 {url}").stdout
    assert part == "CD001"
    assert host.run("curl", "-s", f"tftp://{SERVER}/iso/installer.iso").returncode == 68
    assert served.interrupt() == 0


def test_bios_hosts_that_cannot_boot_are_warned_of_at_start(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, _ = lan
    (tmp_path / "none").mkdir()
    served = Served(server, store, *NO_DHCP, "--loaders", str(tmp_path / "none"), log=tmp_path / "log")
    warning = str(served.wait_for("warning")["text"])
    assert warning.startswith("BIOS hosts cannot boot VMware ESXi 8.0")
    assert "hobnail loader add pxelinux.0" in warning
    assert "\n" not in warning
    assert served.interrupt() == 0
    lines = server.start(
        *(sys.executable, "-m", "hobnail", "--store", str(store), *NO_DHCP, "--loaders", str(tmp_path / "none")),
        log=tmp_path / "lines",
    )
    try:
        wait_for_text(tmp_path / "lines", "! warning: BIOS hosts cannot boot VMware ESXi 8.0")
    finally:
        lines.terminate()
        lines.wait()


def test_what_does_not_fit_is_refused_before_the_start(
    lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path
) -> None:
    server, _ = lan
    assert "hosts are sent to https://10.77.9.1" in refused(
        server, store, *NO_DHCP, *https(tmp_path, "10.77.9.2"), status=2
    )
    assert "--https-certificate needs --https-key" in refused(
        server, store, *NO_DHCP, "--https-certificate", "x", status=2
    )
    assert "is no ISO but" in refused(server, store, *NO_DHCP, "--http-boot-iso", __file__, status=2)
    named = (*https(tmp_path, "boot.example.org"), "--https-name", "boot.example.org")
    full = ("serve", "-i", "lan0", "--dhcp", "full", "--range", "10.77.9.100-10.77.9.120")
    assert "add --dns" in refused(server, store, *full, *named, status=2)


def test_a_taken_https_port_is_said(lan: tuple[Namespace, Namespace], store: Path, tmp_path: Path) -> None:
    server, _ = lan
    taken = (
        "import socket,time; s=socket.socket(); s.bind(('10.77.9.1', 443)); s.listen(); "
        "print('ready', flush=True); time.sleep(60)"
    )
    holder = server.start(sys.executable, "-c", taken, log=tmp_path / "holder")
    try:
        wait_for_text(tmp_path / "holder", "ready")
        assert "--https-port" in refused(server, store, *NO_DHCP, *https(tmp_path, SERVER), status=1)
    finally:
        holder.kill()
        holder.wait()
