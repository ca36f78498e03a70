"""What UEFI HTTP Boot clients are offered: HTTPS, a whole ISO; and what is refused before the start."""

from ipaddress import IPv4Address
from pathlib import Path
from subprocess import run

import pytest

from hobnail.app.http_boot import ISO_KIND, HttpBootOptions
from hobnail.boot.boot_files import HttpBoot
from hobnail.boot.content import Missing
from hobnail.errors import HobnailError, UserError
from tests.authority import DAY, NOW, Authority, write_pair
from tests.tools import need_tool

CA = Authority()
ADDRESS = IPv4Address("10.77.0.1")
BASE = "http://10.77.0.1"
AT = NOW.timestamp()


def parse(
    certificate: Path | None = None,
    key: Path | None = None,
    port: int | None = None,
    name: str | None = None,
    iso: Path | None = None,
) -> HttpBootOptions:
    return HttpBootOptions.parse(certificate=certificate, key=key, port=port, name=name, iso=iso)


def test_nothing_asked_is_plain_http() -> None:
    offer = parse().prepare(ADDRESS, BASE, AT)
    assert offer.where == HttpBoot(BASE)
    assert (offer.secure, offer.iso, offer.found("iso/installer.iso"), offer.warnings) == (None, None, None, ())


@pytest.mark.parametrize(
    ("name", "port", "base"),
    [
        (None, None, "https://10.77.0.1"),
        (None, 8443, "https://10.77.0.1:8443"),
        ("boot.example.org", None, "https://boot.example.org"),
        ("boot.example.org", 8443, "https://boot.example.org:8443"),
    ],
)
def test_https_urls(name: str | None, port: int | None, base: str, tmp_path: Path) -> None:
    files = write_pair(tmp_path, CA.sign("10.77.0.1", "boot.example.org", end=NOW + 60 * DAY))
    offer = parse(*files, port, name).prepare(ADDRESS, BASE, AT)
    assert offer.where == HttpBoot(base)
    assert offer.secure is not None
    assert offer.secure.port == (port or 443)
    assert offer.warnings == ()


def test_a_certificate_that_ends_soon_is_warned_of(tmp_path: Path) -> None:
    (warning,) = parse(*write_pair(tmp_path, CA.sign("10.77.0.1"))).prepare(ADDRESS, BASE, AT).warnings
    assert "the certificate ends on" in warning
    assert "\n" not in warning


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"certificate": Path("c")}, "--https-certificate needs --https-key"),
        ({"key": Path("k")}, "--https-key needs --https-certificate"),
        ({"port": 443}, "--https-port without a certificate"),
        ({"name": "boot.example.org"}, "--https-name without a certificate"),
        ({"certificate": Path("c"), "key": Path("k"), "name": "10.77.0.1"}, "is no DNS name"),
        ({"certificate": Path("c"), "key": Path("k"), "name": "-a.b"}, "is no DNS name"),
        ({"certificate": Path("c"), "key": Path("k"), "name": "a b"}, "is no DNS name"),
        ({"certificate": Path("c"), "key": Path("k"), "name": "boot.example.org\n"}, "is no DNS name"),
        ({"certificate": Path("c"), "key": Path("k"), "name": "a." * 130 + "b"}, "is no DNS name"),
        ({"certificate": Path("c"), "key": Path("k"), "name": ""}, "is no DNS name"),
    ],
)
def test_what_cannot_be_is_said(arguments: dict[str, Path], said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse(**arguments)  # type: ignore[arg-type]


def make_iso(folder: Path, *boot: str) -> Path:
    need_tool("xorriso")
    tree = folder / "tree"
    tree.mkdir()
    for name in ("bios.img", "efi.img"):
        (tree / name).write_bytes(bytes(65536))
    iso = folder / "medium.iso"
    run(["xorriso", "-as", "mkisofs", "-quiet", *boot, "-o", str(iso), str(tree)], check=True, capture_output=True)
    return iso


BIOS = ("-b", "bios.img", "-no-emul-boot", "-boot-load-size", "4")
UEFI = ("-eltorito-alt-boot", "-e", "efi.img", "-no-emul-boot")


def test_an_iso_with_both_entries(tmp_path: Path) -> None:
    iso = make_iso(tmp_path, *BIOS, *UEFI)
    offer = parse(iso=iso).prepare(ADDRESS, BASE, AT)
    assert offer.where == HttpBoot(BASE, "iso/installer.iso")
    assert offer.iso is not None
    assert (offer.iso.path, offer.iso.size, offer.iso.kind) == (iso, iso.stat().st_size, ISO_KIND)
    assert offer.found("/iso/installer.iso") == offer.found("//iso/./installer.iso") == offer.iso
    assert offer.found("/x/installer.iso") is None
    for name in ("/iso/01-52-54-00-4c-00-01/boot.cfg", "/iso/boot.cfg", "/iso/..", "/iso/installer.iso/x"):
        missing = offer.found(name)
        assert isinstance(missing, Missing), name
        assert missing.expected


def test_both_at_once(tmp_path: Path) -> None:
    files = write_pair(tmp_path / "c", CA.sign("10.77.0.1"))
    offer = parse(*files, iso=make_iso(tmp_path, *BIOS, *UEFI)).prepare(ADDRESS, BASE, AT)
    assert offer.where == HttpBoot("https://10.77.0.1", "iso/installer.iso")


@pytest.mark.parametrize(("boot", "said"), [(BIOS, "boots by BIOS: it has no UEFI entry"), ((), "boots by nothing")])
def test_an_iso_that_uefi_cannot_boot(boot: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        parse(iso=make_iso(tmp_path, *boot)).prepare(ADDRESS, BASE, AT)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be opened: No such file"),
        (b"", "is no ISO but an empty file"),
        (b"PK\x03\x04", "a zip archive"),
    ],
)
def test_what_is_no_iso(content: bytes | None, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.iso"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HobnailError, match=said):
        parse(iso=path).prepare(ADDRESS, BASE, AT)
    with pytest.raises(UserError, match="not a regular file"):
        parse(iso=tmp_path).prepare(ADDRESS, BASE, AT)
