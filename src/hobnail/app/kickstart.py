"""The ks.cfg that a host in the settings would get."""

from dataclasses import dataclass

from hobnail.app.configuration import find_image, host_settings
from hobnail.app.settings_notes import kept_in_vain
from hobnail.errors import UserError
from hobnail.image.model import Image
from hobnail.profile.kickstart.render import notes, render
from hobnail.profile.settings import Settings, Source
from hobnail.store import Store

CALL_BACK = "http://server/done/one-time-token"
"""Stands for the address that each boot gets anew."""


@dataclass(frozen=True, slots=True)
class HostKickstart:
    """A host's script, and what to know before it is used."""

    script: bytes
    notes: tuple[str, ...]


def host_kickstart(store: Store, host: str, version: str | None = None) -> HostKickstart:
    """Make the script of a host for the release of its image, or for another. UserError when it cannot be."""
    found = host_settings(store, host)
    settings = found.settings
    if version is None:
        version = _image(store, settings.image).version
    script = render(
        settings,
        version,
        callback_url=CALL_BACK,
        content=lambda source: _content(store, source),
    )
    told = (*install_notes(settings, version, CALL_BACK), *kept_in_vain(found))
    if settings.boot.mode != "install":
        told = (f'{host} boots stateless and gets no script until its settings say mode = "install"', *told)
    return HostKickstart(script, told)


def install_notes(settings: Settings, version: str, callback_url: str) -> tuple[str, ...]:
    """Return what to know before a host with these settings is installed, a sentence each.

    `callback_url` is the address that the installation reports to, "" for none; its port may be one that the
    installer's firewall does not let out. UserError for a release without installer.
    """
    told = notes(settings, version, callback_url=callback_url)
    if settings.boot.slim:
        told = (*told, "boot.slim is for stateless boots: the installer gets all that it installs")
    return told


def _image(store: Store, reference: str) -> Image:
    image = find_image(store, reference)
    if image is None:
        what = f"there is no image {reference}" if reference else "no image is the default one"
        raise UserError(what, next_step="import it, or name a release with --release")
    return image


def _content(store: Store, source: Source) -> bytes:
    return store.blob_path(source.sha256).read_bytes()
