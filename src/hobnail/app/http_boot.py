"""What UEFI HTTP Boot clients are offered: HTTPS with the user's certificate, or a medium's whole ISO.

Sources: UEFI 2.10, 24.7 (HTTP Boot); EDK2, HttpBootDxe (HttpBootSupport.c: a file is taken for a CD by the media type
application/vnd.efi-iso or by its name's end .iso, and becomes a RAM disk; https needs an authority enrolled).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from hobnail.boot.boot_files import HttpBoot
from hobnail.boot.catalogue import normal
from hobnail.boot.content import Content, FileContent, Find, Missing
from hobnail.boot.shelf import Named
from hobnail.errors import UserError
from hobnail.formats.el_torito import Firmware, boot_firmware
from hobnail.media.file import FileReader
from hobnail.media.kind import Kind, appearance, kind_of
from hobnail.serve.httpd import Secure
from hobnail.serve.tls import Certificate, load_certificate

HTTPS_PORT = 443
FOLDER = "iso/"
"""Nothing else stands in it: a loader in the ISO that asks the server before its own disk gets a quick no."""
ISO_NAME = FOLDER + "installer.iso"
ISO_KIND = "application/vnd.efi-iso"
SOON = timedelta(days=30)
"""A certificate that ends within so much is warned of."""

_DNS_NAME = re.compile(r"(?=.{1,253}\Z)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z][A-Za-z0-9-]{0,62}\Z")


@dataclass(frozen=True, slots=True)
class HttpBootOptions:
    """What the person asked for. `name` is the DNS name that the certificate is for, "" for our address."""

    certificate: Path | None = None
    key: Path | None = None
    port: int = HTTPS_PORT
    name: str = ""
    iso: Path | None = None

    @classmethod
    def parse(
        cls, *, certificate: Path | None, key: Path | None, port: int | None, name: str | None, iso: Path | None
    ) -> "HttpBootOptions":
        """Check what was typed. UserError for one half without the other."""
        if (certificate is None) != (key is None):
            given, lacking = ("certificate", "key") if key is None else ("key", "certificate")
            raise UserError(f"--https-{given} needs --https-{lacking}", next_step=f"add --https-{lacking} FILE")
        if certificate is None and (port is not None or name is not None):
            given = "port" if port is not None else "name"
            raise UserError(
                f"--https-{given} without a certificate", next_step="add --https-certificate, --https-key"
            )
        if name is not None and not _DNS_NAME.match(name):
            raise UserError(f"--https-name {name!r} is no DNS name", next_step="write it like boot.example.org")
        return cls(certificate, key, HTTPS_PORT if port is None else port, name or "", iso)

    def prepare(self, address: IPv4Address, base: str, now: float) -> "HttpBootOffer":
        """Read and judge the files. `base` is our HTTP root's URL, `now` is in seconds since 1970. UserError."""
        secure, warnings = None, []
        if self.certificate is not None and self.key is not None:
            loaded = load_certificate(self.certificate, self.key, self.name or address, now)
            secure = Secure(self.port, loaded.context)
            base = f"https://{self.name or address}" + ("" if self.port == HTTPS_PORT else f":{self.port}")
            warnings += _ending(loaded, self.certificate, now)
        iso = None if self.iso is None else _bootable_iso(self.iso)
        return HttpBootOffer(HttpBoot(base, ISO_NAME if iso else ""), secure, iso, tuple(warnings))


PLAIN = HttpBootOptions()
"""Nothing was asked for: the loader of the image, by HTTP."""


@dataclass(frozen=True, slots=True)
class HttpBootOffer:
    """`where` its clients are sent, what HTTPS needs, the ISO, and what a person should know."""

    where: HttpBoot
    secure: Secure | None = None
    iso: FileContent | None = None
    warnings: tuple[str, ...] = ()

    def find_before(self, find: Find) -> Find:
        """Return a `Find` that knows the ISO, and asks `find` for all other names."""

        def looked_up(name: str, peer: str) -> Content | Missing:
            found = self.found(name)
            return find(name, peer) if found is None else found

        return looked_up

    def named_before(self, named: Callable[[str], Named]) -> Callable[[str], Named]:
        """Return what tells what a name is to a boot: the ISO is a loader."""
        return lambda name: named(name) if self.found(name) is None else Named("loader")

    def found(self, name: str) -> FileContent | Missing | None:
        """Return what stands behind a name that was asked for by HTTP; None when the ISO has no part in it."""
        name = normal(name)
        if self.iso is None or not name.startswith(FOLDER):
            return None
        if name == ISO_NAME:
            return self.iso
        return Missing("the ISO brings its own files", expected=True)


def _ending(loaded: Certificate, path: Path, now: float) -> list[str]:
    left = loaded.ends - datetime.fromtimestamp(now, UTC)
    if left > SOON:
        return []
    return [
        f"{path}: the certificate ends on {loaded.ends:%Y-%m-%d %H:%M} UTC; hosts refuse it from then on: renew it"
    ]


def _bootable_iso(path: Path) -> FileContent:
    """Return a medium's ISO as it is served. UserError where UEFI firmware could not boot it."""
    if path.exists() and not path.is_file():
        raise UserError("is not a regular file", where=str(path), next_step="name the medium's .iso file")
    with FileReader(path) as reader:
        if kind_of(reader) is not Kind.ISO:
            raise UserError(
                f"is no ISO but {appearance(reader)}", where=str(path), next_step="name the medium's .iso"
            )
        firmware = boot_firmware(reader)
        if Firmware.UEFI not in firmware:
            there = " and ".join(sorted(firmware)) or "nothing"
            raise UserError(
                f"this ISO boots by {there}: it has no UEFI entry (El Torito, platform EF)",
                where=str(path),
                next_step="UEFI HTTP Boot needs one; the media of ESXi 5.0 and later have it",
            )
        return FileContent(path.resolve(), reader.size, kind=ISO_KIND)
