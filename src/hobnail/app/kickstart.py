"""The ks.cfg that a host in the settings would get."""

from dataclasses import dataclass

from hobnail.app.configuration import find_image, host_settings
from hobnail.errors import UserError
from hobnail.image.model import Image
from hobnail.profile.kickstart.render import notes, render
from hobnail.profile.settings import Source
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
    settings = host_settings(store, host).settings
    if version is None:
        version = _image(store, settings.image).version
    script = render(
        settings,
        version,
        callback_url=CALL_BACK,
        content=lambda source: _content(store, source),
    )
    told = notes(settings, version, callback_url=CALL_BACK)
    if settings.boot.mode != "install":
        told = (f'{host} boots stateless and gets no script until its settings say mode = "install"', *told)
    return HostKickstart(script, told)


def _image(store: Store, reference: str) -> Image:
    image = find_image(store, reference)
    if image is None:
        what = f"there is no image {reference}" if reference else "no image is the default one"
        raise UserError(what, next_step="import it, or name a release with --release")
    return image


def _content(store: Store, source: Source) -> bytes:
    return store.blob_path(source.sha256).read_bytes()
