"""Checking settings against the images in the store: what a release cannot do is refused before anything changes."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from hobnail.app.dry_plan import addition, alike, try_out
from hobnail.app.settings_notes import Notes, kept_in_vain, notes_of
from hobnail.boot.newest import newest_loaders
from hobnail.boot.plan import plan_for
from hobnail.errors import UserError
from hobnail.image.model import Image
from hobnail.profile import keys
from hobnail.profile.configuration import Configuration
from hobnail.profile.generations import Refusal, refusals
from hobnail.profile.merge import Branch, Leaf, leaves
from hobnail.profile.password import is_vendor_default
from hobnail.profile.problems import Problem
from hobnail.profile.release import Release, release_of
from hobnail.profile.resolve import Effective, effective, effective_profile
from hobnail.profile.settings import Source
from hobnail.profile.ways_boot import BOOT_WAYS

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


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: problems let nothing be applied, warnings and notes (of what is right) are told."""

    problems: list[Problem]
    warnings: list[str]
    notes: list[str]


def against_images(
    configuration: Configuration,
    find: FindImage,
    names_of: NamesOf,
    content: Callable[[Source], bytes],
    images: Sequence[Image] = (),
) -> Checked:
    """Return what the images in the store cannot do, and what would fail when a host boots.

    Checked are all hosts, the hosts that are not named, and the profiles: those that say an image with that one;
    those that say none with the default image if no host uses them, for then nothing else tells what they are for.
    `content` gives the bytes of scripts; `images` are all of the store, for the newest of them lends its mboot.efi.
    """
    missing: dict[str, str] = {}
    problems: dict[tuple[object, ...], Problem] = {}
    known, trial, notes = _Images(find, names_of), _Trial(content, images), Notes()
    for whom, found, whole in _wholes(configuration, known):
        image = known.find(found.settings.image)
        if image is None:
            if found.settings.image:
                missing.setdefault(found.settings.image, whom)
            continue
        judged = trial.judge(found, image, whole)
        for problem in (*_refused(found, image, judged.refusals), *_unplannable(found, image, judged.error)):
            about = replace(problem, whom=whom)
            problems.setdefault((about.path, about.what), about)
        for note in (*judged.notes, *kept_in_vain(found)):
            notes.add(note, whom)
    problems |= {(problem.path,): problem for problem in _published_passwords(configuration)}
    warnings = [f'no image is called "{name}" in the store yet ({whom})' for name, whom in missing.items()]
    return Checked(list(problems.values()), warnings + list(_nameless(configuration)), notes.lines())


@dataclass(frozen=True, slots=True)
class _Judgement:
    refusals: tuple[Refusal, ...]
    error: UserError | None
    notes: tuple[str, ...]


class _Trial:
    """What is said against settings with an image; of hosts that are alike it is found out once."""

    def __init__(self, content: Callable[[Source], bytes], images: Sequence[Image]) -> None:
        self._content = content
        self._images = images
        self._mboot: dict[str, Release] = {}
        self._known: dict[tuple[object, ...], _Judgement] = {}

    def judge(self, found: Effective, image: Image, whole: bool) -> _Judgement:
        settings = alike(found.settings)
        said = found.tree.value("identity", "host_name") is not None
        key = (image.id, whole, found.host is not None, said, settings)
        judged = self._known.get(key)
        if judged is None:
            mboot = self._mboot_of(image)
            refused = refusals(settings, image.generation, image.version, mboot)
            error = None
            try:
                if not whole:
                    plan_for(image, None, settings.boot, map(addition, settings.modules))
                elif all(one.key in BOOT_WAYS for one in refused):  # of others it would say the first again
                    named = found.host is not None
                    try_out(settings, image, self._content, named=named, host_name_said=said)
            except UserError as refusal:
                error = refusal
            told = () if refused or error or not whole else tuple(notes_of(settings, image, mboot))
            judged = self._known[key] = _Judgement(refused, error, told)
        return judged

    def _mboot_of(self, image: Image) -> Release:
        """Return the release of the mboot.efi that an image's UEFI hosts get."""
        if image.id not in self._mboot:
            _, newest = newest_loaders(image, self._images)
            self._mboot[image.id] = release_of(newest.generation, newest.version)
        return self._mboot[image.id]


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


def _wholes(configuration: Configuration, images: _Images) -> Iterator[tuple[str, Effective, bool]]:
    """Give each that is checked, and whether it is a whole: a profile that hosts use may be a part of one."""
    yield "hosts that are not named", effective(configuration, None, images.names), True
    used = {name for host in configuration.hosts for name in host.profiles}
    used |= {base for bases in configuration.bases.values() for base in bases}
    for name in configuration.profiles:
        if configuration.image((name,), "") or name not in used:
            yield f"profile {name}", effective_profile(configuration, name, images.names), name not in used
    for host in configuration.hosts:
        yield f"host {host.name}", effective(configuration, host, images.names), True


def _refused(found: Effective, image: Image, refused: tuple[Refusal, ...]) -> Iterator[Problem]:
    for refusal in refused:
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


def _unplannable(found: Effective, image: Image, error: UserError | None) -> Iterator[Problem]:
    """What stands against a boot plan: options that do not fit, modules whose neighbour is not there, files …"""
    if error is None:
        return
    tree, where = found.tree, error.where or ""
    key = tuple(where.split("."))
    if where and where.split(" ")[0].split(".")[0] in keys.SETTINGS:  # a key, or "files /etc/motd"
        install = found.settings.boot.mode == "install"
        exact = tree.at(*key) or (tree.at("mode") if install else None)
        path = exact.origin.path if exact is not None else place(tree, where)
        yield Problem(
            path, f"{where}: {error.what}" if path[-len(key) :] != key else error.what, error.next_step or ""
        )
        return
    places = [("modules",), ("mode",), ("boot",)] if found.settings.modules else [("mode",), ("boot",)]
    at = next((one for place in places if (one := tree.at(*place)) is not None), tree)
    what = error.what + (f" [{image.title}]" if not where else "")
    yield Problem(at.origin.path, what, error.next_step or "")


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
    for host in configuration.hosts:
        if host.address is not None and not host.macs:
            yield f"host {host.name}: its address {host.address} is kept for nobody: DHCP needs its MAC address"
