"""Resolving: which host a machine is, and what its settings come to, each with where it was said."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from hobnail.host.hosts import Host, Match
from hobnail.profile.build import build, described
from hobnail.profile.configuration import Configuration
from hobnail.profile.kinds import shown
from hobnail.profile.merge import Branch, Leaf, leaves
from hobnail.profile.quoting import dotted
from hobnail.profile.settings import Settings, Source

ImageNames = Callable[[str], Collection[str]]
"""A reference to an image ("": the default one) -> its names: whole id, version, version-build. Empty: unknown."""


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """One setting that is in force: its key, its value as people may see it, and where that was said."""

    key: str
    value: str
    source: str


@dataclass(frozen=True)
class Effective:
    """What a host's settings come to."""

    settings: Settings
    tree: Branch
    configuration: Configuration
    host: Host | None

    @property
    def sources(self) -> Mapping[str, str]:
        """Key -> where its value was said: "lab.toml:12 (profile lab)"."""
        return {one.key: one.source for one in self.in_force}

    @cached_property
    def in_force(self) -> tuple[SettingInForce, ...]:
        """All that was said and counts, by key in order."""
        found = [
            SettingInForce(dotted(path), _value(leaf, self.configuration), self._source(leaf))
            for path, leaf in leaves(self.tree)
        ]
        if self.host is not None and self.tree.value("identity", "host_name") is None:
            found.append(
                SettingInForce("identity.host_name", shown(self.settings.host_name), "the host's name in the file")
            )
        return tuple(sorted(found, key=lambda one: one.key))

    def _source(self, leaf: Leaf) -> str:
        place = self.configuration.places(leaf.origin.path)
        return f"{place} ({leaf.origin.layer})" if place else leaf.origin.layer


def _value(leaf: Leaf, configuration: Configuration) -> str:
    """Return a value as people may see it; of a file what it is, not what is in it."""
    kind = leaf.key.kind
    file = configuration.files.get(leaf.written) if kind.names_file and isinstance(leaf.written, str) else None
    if file is not None:
        return described(file.source)
    return described(leaf.typed) if isinstance(leaf.typed, Source) else shown(leaf.written, secret=kind.secret)


def host_for(
    configuration: Configuration,
    *,
    mac: str | None = None,
    uuid: str | None = None,
    serial: str | None = None,
    asset: str | None = None,
) -> Match:
    """Say which host a machine is, and why; `Match.host` is None for one that is not in the settings."""
    return configuration.hosts.match(mac=mac, uuid=uuid, serial=serial, asset=asset)


def effective(configuration: Configuration, host: Host | None, image_names: ImageNames) -> Effective:
    """Return the settings of a host: defaults, then its image's, its profiles', its own. None: a host not named."""
    return _effective(configuration, host.profiles if host else (), host, image_names)


def effective_profile(configuration: Configuration, profile: str, image_names: ImageNames) -> Effective:
    """Return what a profile comes to for a host of which nothing else is said. UserError when there is none."""
    configuration.profile_exists(profile)
    return _effective(configuration, (profile,), None, image_names)


def _effective(
    configuration: Configuration, profiles: tuple[str, ...], host: Host | None, image_names: ImageNames
) -> Effective:
    name = host.name if host else ""
    names = image_names(configuration.image(profiles, name))
    tree = configuration.tree(profiles, name, names)
    return Effective(build(tree, configuration.files, name), tree, configuration, host)
