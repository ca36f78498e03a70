"""Checking settings against the images in the store: what a release cannot do is refused before anything changes."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from hobnail.boot.additions import Addition
from hobnail.boot.plan import plan_for
from hobnail.errors import UserError
from hobnail.image.model import Image, Module, Role
from hobnail.profile.configuration import Configuration
from hobnail.profile.generations import refusals
from hobnail.profile.merge import Branch, Leaf, leaves
from hobnail.profile.password import is_vendor_default
from hobnail.profile.problems import Problem
from hobnail.profile.resolve import Effective, effective, effective_profile
from hobnail.profile.settings import Settings

FindImage = Callable[[str], Image | None]
NamesOf = Callable[[Image], Collection[str]]

_PLACES: dict[str, tuple[str, ...]] = {
    "shell": ("shell",),
    "host_name": ("identity",),
    "name_servers": ("dns",),
    "ntp_servers": ("ntp",),
    "license_key": ("license",),
    "serial": ("console",),
    "serial_speed": ("console", "speed"),
    "welcome": ("console", "welcome"),
    "management": ("network", "management"),
    "switches": ("network",),
    "vmkernel_ports": ("network", "vmkernel"),
    "mtu": ("network",),
    "keep_certificate": ("tls",),
}
"""Where a setting stands in a file, by the first word of its row in profile/ways.py, where the two differ."""


_HASHES = 200
"""Different hashes that are compared with the vendor's published password: one takes 10 ms."""


def against_images(
    configuration: Configuration, find: FindImage, names_of: NamesOf
) -> tuple[list[Problem], list[str]]:
    """Return what the images in the store cannot do, and warnings.

    Checked are all hosts, the hosts that are not named, and the profiles: those that say an image with that one;
    those that say none with the default image if no host uses them, for then nothing else tells what they are for.
    """
    missing: dict[str, str] = {}
    problems: dict[tuple[object, ...], Problem] = {}
    images = _Images(find, names_of)
    planned: dict[tuple[object, ...], str] = {}
    for whom, found in _wholes(configuration, images):
        image = images.find(found.settings.image)
        if image is None:
            if found.settings.image:
                missing.setdefault(found.settings.image, whom)
            continue
        for problem in (*_refused(found, image), *_unplannable(found, image, planned)):
            whole = replace(problem, whom=whom)
            problems.setdefault((whole.path, whole.what), whole)
    problems |= {(problem.path,): problem for problem in _published_passwords(configuration)}
    warnings = [f'no image is called "{name}" in the store yet ({whom})' for name, whom in missing.items()]
    return list(problems.values()), warnings + list(_nameless(configuration))


class _Images:
    """Images by reference, each looked up once."""

    def __init__(self, find: FindImage, names_of: NamesOf) -> None:
        self._find = find
        self._names_of = names_of
        self._known: dict[str, Image | None] = {}

    def find(self, reference: str) -> Image | None:
        if reference not in self._known:
            self._known[reference] = self._find(reference)
        return self._known[reference]

    def names(self, reference: str) -> Collection[str]:
        image = self.find(reference)
        return () if image is None else self._names_of(image)


def _wholes(configuration: Configuration, images: _Images) -> Iterator[tuple[str, Effective]]:
    yield "hosts that are not named", effective(configuration, None, images.names)
    used = {name for host in configuration.hosts for name in host.profiles}
    used |= {base for bases in configuration.bases.values() for base in bases}
    for name in configuration.profiles:
        if configuration.image((name,), "") or name not in used:
            yield f"profile {name}", effective_profile(configuration, name, images.names)
    for host in configuration.hosts:
        yield f"host {host.name}", effective(configuration, host, images.names)


def _refused(found: Effective, image: Image) -> Iterator[Problem]:
    for refusal in refusals(found.settings, image.generation, image.version):
        path = place(found.tree, refusal.key)
        yield Problem(path, f"{refusal.reason} [{image.title}]", refusal.next_step)


def place(tree: Branch, row: str) -> tuple[str, ...]:
    """Return the key that a refused setting stands under, as near as its row in profile/ways.py tells."""
    word, _, rest = row.replace(".services", "").partition(" ")
    path = _PLACES.get(word, tuple(word.split(".")))
    while (inner := tree.at(*path)) is None:
        path = path[:-1]
    if isinstance(inner, Branch) and path:
        found = list(leaves(inner))
        near = [one for one in found if _is_about(one, rest or word)] or found
        return near[0][1].origin.path if near else inner.origin.path
    return inner.origin.path


def _is_about(found: tuple[tuple[str, ...], Leaf], word: str) -> bool:
    """Whether a key or its value is what a row is about: `read_only`, `4.1`, `vsan`, `/etc/shadow`."""
    path, leaf = found
    return word in path or leaf.typed == word or (isinstance(leaf.typed, tuple) and word in leaf.typed)


def _unplannable(found: Effective, image: Image, planned: dict[tuple[object, ...], str]) -> Iterator[Problem]:
    """What stands against a boot plan: options that do not fit, modules whose neighbour is not there."""
    settings = found.settings
    key = (image.id, settings.boot, settings.modules)
    if key not in planned:
        planned[key] = ""
        try:
            plan_for(image, None, settings.boot, _additions(settings))
        except UserError as error:
            planned[key] = error.what + (f" [{image.title}]" if not error.where else "")
            step = error.next_step or ""
            places = [("modules",), ("mode",), ("boot",)] if settings.modules else [("mode",), ("boot",)]
            at = next((one for place in places if (one := found.tree.at(*place)) is not None), found.tree)
            yield Problem(at.origin.path, planned[key], step)


def _additions(settings: Settings) -> list[Addition]:
    return [
        Addition(
            Module(PurePosixPath(one.name).name, Role.ADDED, one.source.size, one.source.sha256, one.source.name),
            one.before,
            one.after,
        )
        for one in settings.modules
    ]


def _published_passwords(configuration: Configuration) -> Iterator[Problem]:
    """The password of the vendor's own ks.cfg is in every installation guide."""
    known: dict[str, bool] = {}
    for path in configuration.paths():
        leaf = configuration.layer(path).at("root", "password_hash")
        text = configuration.layer(path).value("root", "password_hash")
        if leaf is not None and isinstance(text, str):
            if text not in known and len(known) < _HASHES:
                known[text] = is_vendor_default(text)
            if known.get(text):
                what = "is the hash of the password that the vendor's manual prints"
                yield Problem(leaf.origin.path, what, "take another: `hobnail password` makes its hash")


def _nameless(configuration: Configuration) -> Iterator[str]:
    lost = [host.name for host in configuration.hosts if not any(True for _ in host.marks)]
    if lost:
        some = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
        yield f"no machine will ever be {some}: say mac, uuid, serial or asset"
