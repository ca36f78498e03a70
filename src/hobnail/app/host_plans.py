"""The plan of each host: its settings, its image, and what is made for it, put together in one place.

What asks: serve (for whatever MAC address asks), write (for one host or profile), the commands that show overlays.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from hobnail.app.configuration import names_of
from hobnail.app.dry_plan import addition
from hobnail.app.kickstart import install_notes
from hobnail.app.settings_notes import Notes
from hobnail.boot.additions import Addition
from hobnail.boot.newest import newest_loaders
from hobnail.boot.plan import PlanOptions, plan_for
from hobnail.boot.shelf import HostPlan, Made
from hobnail.errors import HobnailError, UserError
from hobnail.host.hosts import Host
from hobnail.image.model import Image, Module, Role
from hobnail.profile import overlay
from hobnail.profile.configuration import Configuration
from hobnail.profile.generations import refusals
from hobnail.profile.kickstart.render import render
from hobnail.profile.overlay.archive import archive
from hobnail.profile.release import Release, release_of
from hobnail.profile.resolve import Effective, effective, effective_profile
from hobnail.profile.settings import HostSecrets, Settings, Source
from hobnail.store import Store, StoredImage
from hobnail.system.keys import make_host_secrets

KICKSTART = "ks.cfg"
NO_SECRETS = HostSecrets()
NO_OPTIONS = PlanOptions()
_KEYS: Mapping[str, str] = {
    "kernel_options": "kernel_options",
    "slim": "slim",
    "loader_options": "loader_options",
    "timeout": "timeout",
    "error_timeout": "error_timeout",
    "tftp_block_size": "tftp_block_size",
    "no_bootif": "bootif",
}
"""Field of PlanOptions -> key of the table `boot` in a settings file."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """All that one host's plans have in common, however often it boots."""

    image: Image
    settings: Settings
    options: PlanOptions
    additions: tuple[Addition, ...]
    overlay: bytes  # b"" when its settings need none, or when each installation gets its own
    digest: str  # SHA-256 of the overlay, which may hold files of many megabytes: not for each request
    installs: bool  # by a kickstart that is made from its settings
    content: Callable[[Source], bytes]  # of the files that its settings name

    def kickstart(self, callback_url: str) -> bytes:
        """Return the ks.cfg of one installation, which reports its end to a URL, or to nobody ("")."""
        return render(self.settings, self.image.version, callback_url=callback_url, content=self.content)


class HostPlans:
    """Plans by what was applied. `default` gives the image of hosts of which no other is said.

    `options` count where the settings say nothing, `image` whatever they say. A named host's own keys are made when
    they are first needed. Everything here may raise UserError: an image that is not there, a setting that it cannot
    do.
    """

    def __init__(
        self,
        store: Store,
        configuration: Configuration,
        *,
        default: Callable[[], Image],
        options: PlanOptions = NO_OPTIONS,
        image: str | None = None,
    ) -> None:
        self.configuration = configuration
        self._store = store
        self._default = default
        self._options = options
        self._image = image
        self._mboots: dict[str, Release] = {}

    def settings_of(self, host: Host | None, profile: str | None = None) -> Effective:
        """Return a host's settings with their sources; a profile's when one is named."""
        if profile is not None:
            return effective_profile(self.configuration, profile, self._image_names)
        return effective(self.configuration, host, self._image_names)

    def host(self, name: str) -> Host:
        """Return the host of that name. UserError when there is none."""
        host = self.configuration.hosts.by_name.get(name)
        if host is None:
            known = ", ".join(sorted(self.configuration.hosts.by_name)[:10]) or "none"
            raise UserError(f"there is no host {name!r} in the settings", next_step=f"there are: {known}")
        return host

    def prepare(self, host: Host | None, profile: str | None = None) -> Prepared:
        """Do for a host, or for any host with a profile, what need not be done again at each boot."""
        found = self.settings_of(host, profile)
        settings = found.settings
        image = self.image_called(self._image or settings.image)
        for refusal in refusals(settings, image.generation, image.version, self._newest_mboot(image)):
            raise UserError(f"{refusal.key} is refused: {refusal.reason}", next_step=refusal.next_step)
        options = self._merged(found)
        settings = replace(settings, boot=options)
        secrets = NO_SECRETS if host is None or options.mode == "install" else self._secrets(host, settings)
        made = overlay.build(settings, secrets, image.generation, image.version, self.content)
        words = [options.kernel_options, *made.kernel_options]
        installs = options.mode == "install" and settings.install.accept_eula
        if installs:
            options = replace(options, kickstart="")  # its own counts, not the one that was typed for all others
        if options.mode == "install":
            words.append(_network_words(settings))
        data = made.archive() if made.members else b""
        prepared = Prepared(
            image,
            settings,
            replace(options, kernel_options=" ".join(filter(None, words))),
            tuple(map(addition, settings.modules)),
            data,
            sha256(data).hexdigest(),
            installs,
            self.content,
        )
        if installs:
            prepared.kickstart("")  # what it cannot say is refused now
        return prepared

    def image_of(self, host: Host) -> Image:
        """Return the image that a host boots, without preparing it."""
        return self.image_called(self._image or self.settings_of(host).settings.image)

    def has_keys(self, host: Host) -> bool:
        """Tell whether a host can be prepared at once: its keys are made, or none are needed. Never raises."""
        try:
            found = self.settings_of(host)
        except HobnailError:
            return True
        needs = self._merged(found).mode != "install" and _keeps_keys(found.settings)
        return not needs or self._store.host_secrets.get(host.name) is not None

    def notes(self, base: str) -> list[str]:
        """Return what to know of hosts that install by their settings, and report to our root `base`; a line each."""
        notes = Notes()
        for host in self.configuration.hosts:
            try:
                found = self.settings_of(host).settings
                if found.boot.mode == "install" and found.install.accept_eula:
                    version = self.image_called(found.image).version
                    for note in install_notes(found, version, f"{base}/done/"):
                        notes.add(note, host.name)
            except HobnailError:
                continue  # said when that host boots
        return notes.lines()

    def image_called(self, reference: str) -> Image:
        """Return the image that settings name, or the default one."""
        return self._store.get(reference).image if reference else self._default()

    def content(self, source: Source) -> bytes:
        """Return the bytes of a file that the settings name."""
        return self._store.blob_path(source.sha256).read_bytes()

    def _newest_mboot(self, image: Image) -> Release:
        """Return the release of the mboot.efi that an image's UEFI hosts get."""
        if image.id not in self._mboots:
            _, newest = newest_loaders(image, (one.image for one in self._store.images()))
            self._mboots[image.id] = release_of(newest.generation, newest.version)
        return self._mboots[image.id]

    def _merged(self, found: Effective) -> PlanOptions:
        """Return the boot options: what is said in the settings, and our own where nothing is."""
        said = found.settings.boot
        values: dict[str, Any] = {
            field: getattr(said if found.tree.value("boot", key) is not None else self._options, field)
            for field, key in _KEYS.items()
        }
        mode = said.mode if found.tree.value("mode") is not None else self._options.mode
        kickstart = self._options.kickstart if mode == "install" else ""
        return PlanOptions(mode=mode, kickstart=kickstart, **values)

    def _secrets(self, host: Host, settings: Settings) -> HostSecrets:
        """Return a host's keys, made now if there are none. Takes some tenths of a second then."""
        if not _keeps_keys(settings):
            return NO_SECRETS
        name, address = settings.host_name or host.name, settings.management.address
        also = [f"{name}.{settings.domain}"] if settings.domain else []
        also += [str(ip) for ip in (address.ip if address else None, host.address) if ip]
        secrets = self._store.host_secrets.get_or_make(
            host.name, lambda: make_host_secrets(name, datetime.now(UTC), also=also)
        )
        if not settings.ssh.keep_host_keys:
            secrets = replace(secrets, rsa_key="", ecdsa_key="", dropbear_key=b"")
        return secrets if settings.keep_certificate else replace(secrets, tls_key="", tls_certificate="")

    def _image_names(self, reference: str) -> Collection[str]:
        try:
            image = self.image_called(reference)
        except UserError:
            return ()
        return names_of(image)


def _keeps_keys(settings: Settings) -> bool:
    return settings.ssh.keep_host_keys or settings.keep_certificate


def plan_of(prepared: Prepared, mac: str | None, token: str = "", base: str = "") -> HostPlan:
    """Return the plan of one boot; what was made for it stands in the folder `token` of our root `base`, a URL.

    Without `base` there is no server: a kickstart then goes into the overlay, and calls nobody back.
    """
    folder = f"{token}/" if token else ""
    options, data, digest, made = prepared.options, prepared.overlay, prepared.digest, {}
    if prepared.installs:
        script = prepared.kickstart(f"{base}/done/{token}" if base and token else "")
        where = f"{base}/{prepared.image.short_id}/{folder}{KICKSTART}"
        if prepared.settings.install.deliver == "overlay" or not base:
            data = archive([overlay.Member(KICKSTART, script, 0o600, own=True)])
            digest = sha256(data).hexdigest()
            where = f"file:///{KICKSTART}"
        else:
            made[KICKSTART] = Made(script, bound=False)  # an installer may have taken another address
        options = replace(options, kickstart=where)
    additions = list(prepared.additions)
    if data:
        name = f"{folder}{overlay.NAME}"
        module = Module(name, Role.OVERLAY, len(data), digest, "made for this host")
        additions.append(Addition(module))
        made[overlay.NAME] = Made(data)
    return HostPlan(plan_for(prepared.image, mac, options, additions), made, installs=prepared.installs)


def _network_words(settings: Settings) -> str:
    """Return the words by which an installer's kernel is told the network (VMware's installation guide, 8.0)."""
    management = settings.management
    words: dict[str, object] = {"vlanid": management.vlan}
    if management.address is not None:
        words |= {"ip": management.address.ip, "netmask": management.address.netmask}
        words |= {"gateway": management.gateway, "nameserver": next(iter(settings.name_servers), None)}
    return " ".join(f"{word}={value}" for word, value in words.items() if value)


def default_image(store: Store) -> Callable[[], Image]:
    """Return what gives the store's default image; UserError when there is none."""

    def find() -> Image:
        stored: StoredImage | None = store.default_image()
        if stored is None:
            raise UserError("no image is the default one", next_step="`hobnail image default IMAGE` makes one so")
        return stored.image

    return find
