"""The settings: apply a file, tell what that would change, load what is in force."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from hobnail.app.settings_checks import against_images
from hobnail.app.settings_files import SettingsFiles, read_settings
from hobnail.errors import UserError
from hobnail.host.hosts import Host
from hobnail.image.model import Image
from hobnail.profile.changes import Change, Side, changes
from hobnail.profile.configuration import Configuration
from hobnail.profile.document import Places
from hobnail.profile.inheritance import ordered
from hobnail.profile.problems import InvalidSettingsError
from hobnail.profile.resolve import Effective, effective, effective_profile
from hobnail.store import Store
from hobnail.store.configuration import Applied, Content

__all__ = [
    "Configuration",
    "Outcome",
    "apply_settings",
    "compare_settings",
    "host_settings",
    "image_names",
    "load_configuration",
    "mac_of_host",
    "profile_settings",
]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an apply did, or would do. `revision` is the one in force after it; `notes` are of what is right."""

    revision: int
    changes: list[Change]
    warnings: list[str]
    notes: list[str]


def load_configuration(store: Store) -> Configuration:
    """Return the settings in force; without any host or profile when nothing was ever applied."""
    applied = store.configurations.load()
    if applied is None:
        return Configuration({}, Places({}), {})
    return Configuration(applied.tables, Places.load(applied.places), applied.files, applied.revision.number)


def image_names(store: Store) -> Callable[[str], Collection[str]]:
    """Return what resolve.effective asks for the names of an image; each reference is looked up once.

    Make a new one for each look at the store: what it knows it does not forget.
    """
    known: dict[str, Collection[str]] = {}

    def names(reference: str) -> Collection[str]:
        if reference not in known:
            image = find_image(store, reference)
            known[reference] = () if image is None else names_of(image)
        return known[reference]

    return names


def names_of(image: Image) -> Collection[str]:
    """Return all names by which [images.REF] may mean an image."""
    return {image.id, image.version, f"{image.version}-{image.build}"} if image.build else {image.id, image.version}


def find_image(store: Store, reference: str) -> Image | None:
    """Return the image of a reference, "" being the default one; None when the store has none or several."""
    try:
        stored = store.get(reference) if reference else store.default_image()
    except UserError:
        return None
    return None if stored is None else stored.image


def host_settings(store: Store, name: str) -> Effective:
    """Return what a host in the settings comes to. UserError when there is none of that name."""
    configuration = load_configuration(store)
    return effective(configuration, _host(configuration, name), image_names(store))


def profile_settings(store: Store, name: str, host: str | None) -> Effective:
    """Return what a profile comes to, or a host that has it. UserError when they do not belong together."""
    configuration = load_configuration(store)
    configuration.profile_exists(name)
    if host is None:
        return effective_profile(configuration, name, image_names(store))
    found = _host(configuration, host)
    has = ordered(found.profiles, configuration.bases)
    if name not in has:
        step = f"it has: {', '.join(has)}" if has else f'give it one: [hosts.{host}] profile = "{name}"'
        raise UserError(f"host {host} does not have the profile {name}", next_step=step)
    return effective(configuration, found, image_names(store))


def mac_of_host(store: Store, name: str) -> str:
    """Return the first MAC address of a host in the settings in force. UserError when it or the host is not there."""
    host = _host(load_configuration(store), name)
    if not host.macs:
        step = f'give it one (`mac = "…"` in [hosts.{name}]), or name the client with --mac'
        raise UserError(f"host {name} has no MAC address in the settings", next_step=step)
    return host.macs[0]


def _host(configuration: Configuration, name: str) -> Host:
    host = configuration.hosts.by_name.get(name)
    if host is None:
        near = get_close_matches(name, configuration.hosts.by_name, 1)
        step = f"did you mean {near[0]}?" if near else "`hobnail host list` shows what there is"
        raise UserError(f'there is no host "{name}"', next_step=step)
    return host


def apply_settings(store: Store, path: Path) -> Outcome:
    """Put a settings file, or a folder of them, in force: all of it, or nothing when anything is wrong.

    InvalidSettingsError has a message for each problem. What is in force already is not applied again.
    """
    with store.configurations.applying() as applying:

        def keep(data: bytes) -> None:
            with applying.blob() as writer:
                writer.write(data)
                writer.finish()

        read = read_settings(path, keep)
        outcome = _compared(store, read)
        if not outcome.changes and outcome.revision:
            store.configurations.move_places(read.document.places.dump())
            return outcome
        content = Content(read.document.tables, read.document.places.dump(), read.configuration.files, read.inline)
        revision = applying.publish(content)
    return Outcome(revision.number, outcome.changes, outcome.warnings, outcome.notes)


def compare_settings(store: Store, path: Path) -> Outcome:
    """Check a settings file as `apply_settings` does, and tell what it would change; nothing is changed."""
    return _compared(store, read_settings(path))


def _compared(store: Store, read: SettingsFiles) -> Outcome:
    checked = against_images(
        read.configuration,
        lambda reference: find_image(store, reference),
        names_of,
        read.content,
        [stored.image for stored in store.images()],
    )
    if checked.problems:
        raise InvalidSettingsError([problem.error(read.document.places) for problem in checked.problems])
    applied = store.configurations.load()
    new = Side(read.document.tables, read.configuration.files)
    number = applied.revision.number if applied else 0
    return Outcome(number, changes(_side(applied), new), checked.warnings, checked.notes)


def _side(applied: Applied | None) -> Side:
    return Side(applied.tables, applied.files) if applied else Side({}, {})
