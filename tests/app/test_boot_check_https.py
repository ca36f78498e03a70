"""Dry boots by HTTPS against our own server: trusted, not trusted, and not there; and of a whole ISO."""

from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from subprocess import run

import pytest

from hobnail.app.boot_check import Wanted, check_boot
from hobnail.boot.check.clients import Client
from hobnail.boot.check.journal import Fetched, Journal
from hobnail.boot.content import BytesContent, Content
from hobnail.errors import UserError
from hobnail.serve.tls import load_certificate
from tests.authority import NOW, Authority, write_pair
from tests.boot.check.trees import MAC, uefi_tree
from tests.cli.command import hobnail
from tests.serve.running_httpd import Running, serving
from tests.tools import need_tool

CA = Authority()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("https")
    write_pair(folder, CA.sign("127.0.0.1"))
    (folder / "ca.pem").write_bytes(CA.pem)
    (folder / "other.pem").write_bytes(Authority("Another CA").pem)
    return folder


def iso(folder: Path, *boot: str) -> bytes:
    need_tool("xorriso")
    tree = folder / "tree"
    tree.mkdir(exist_ok=True)
    (tree / "efi.img").write_bytes(bytes(65536))
    words = ["xorriso", "-as", "mkisofs", "-quiet", *boot, "-o", str(folder / "x.iso"), str(tree)]
    run(words, check=True, capture_output=True)
    return (folder / "x.iso").read_bytes()


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Running]:
    names: dict[str, Content] = {f"/{name}": BytesContent(data) for name, data in uefi_tree().items()}
    names["/uefi.iso"] = BytesContent(iso(folder, "-e", "efi.img", "-no-emul-boot"))
    names["/bios.iso"] = BytesContent(iso(folder, "-b", "efi.img", "-no-emul-boot"))
    files = folder / "certificate.pem", folder / "key.pem"
    tls = load_certificate(*files, IPv4Address("127.0.0.1"), NOW.timestamp()).context
    with serving(names, tls=tls) as running:
        yield running


def check(url: str, ca: Path | None) -> Journal:
    return check_boot(Wanted(client=Client.UEFI_HTTP, mac=MAC, url=url, ca=ca), lambda _: None)


def test_a_whole_boot_by_https(server: Running, folder: Path) -> None:
    journal = check(server.secure_url("/esxi7/mboot.efi"), folder / "ca.pem")
    assert journal.findings == []
    asked = [step.fetch.name for step in journal.steps if isinstance(step.answer, Fetched)]
    assert len(asked) > 8
    assert all(name.startswith("https://127.0.0.1:") for name in asked)


@pytest.mark.parametrize("ca", ["other.pem", None])
def test_an_authority_that_is_not_trusted(server: Running, folder: Path, ca: str | None) -> None:
    failure = check(server.secure_url("/esxi7/mboot.efi"), folder / ca if ca else None).first_failure
    assert failure is not None
    assert failure.cause.startswith("the server's certificate is not trusted: ")
    assert "--ca" in failure.fix


def test_a_certificate_for_another_name(server: Running, folder: Path) -> None:
    url = server.secure_url("/esxi7/mboot.efi").replace("127.0.0.1", "localhost")
    failure = check(url, folder / "ca.pem").first_failure
    assert failure is not None
    assert "Hostname mismatch" in failure.cause


def test_https_where_only_http_is_spoken(server: Running, folder: Path) -> None:
    failure = check(server.url("/esxi7/mboot.efi").replace("http:", "https:"), folder / "ca.pem").first_failure
    assert failure is not None
    assert "no TLS can be spoken" in failure.cause


@pytest.mark.parametrize(
    ("name", "said"), [("none.pem", "cannot be read: No such file"), ("x.iso", "no certificate in PEM form")]
)
def test_a_file_without_authorities(server: Running, folder: Path, name: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        check(server.secure_url("/esxi7/mboot.efi"), folder / name)


def test_a_damaged_authority(folder: Path) -> None:
    path = folder / "damaged.pem"
    path.write_bytes(CA.pem[:300] + CA.pem[400:])
    with pytest.raises(UserError, match="no certificate that can be read"):
        check("https://127.0.0.1:9/x", path)


def test_from_the_command_line(server: Running, folder: Path) -> None:
    url = server.secure_url("/esxi7/mboot.efi")
    done = hobnail("boot", "check", "--arch", "uefi-http", "--http", url, "--ca", folder / "ca.pem", store=folder)
    assert "boots: everything came whole" in done.stdout


def test_an_iso_becomes_a_ram_disk(server: Running) -> None:
    assert check(server.url("/uefi.iso"), None).findings == []
    failure = check(server.url("/bios.iso"), None).first_failure
    assert failure is not None
    assert failure.cause == "is an ISO without a UEFI entry (El Torito)"
    pxe = check_boot(Wanted(client=Client.IPXE_UEFI, mac=MAC, url=server.url("/uefi.iso")), lambda _: None)
    assert pxe.first_failure is not None
    assert "is a whole ISO" in pxe.first_failure.cause
