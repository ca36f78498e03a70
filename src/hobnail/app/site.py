"""What is served to whom: the images that hosts boot, and the plan of each host, as the store has them now."""

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Event

from hobnail.app.configuration import load_configuration
from hobnail.app.host_plans import HostPlans, Prepared, plan_of
from hobnail.app.known_machines import KnownMachines
from hobnail.app.loaders import loaders_for
from hobnail.app.serve_options import ServeOptions
from hobnail.boot.boot_files import BootFiles, HttpBoot, files_of, nothing
from hobnail.boot.content import FileContent
from hobnail.boot.identity import Identity
from hobnail.boot.loaders import FIRST_LOADER
from hobnail.boot.newest import newest_loaders
from hobnail.boot.shelf import BootsFromDiskError, HostPlan, Shelf
from hobnail.errors import HobnailError, SystemFailure
from hobnail.host.hosts import Host, Hosts
from hobnail.image.model import Image
from hobnail.store import Store

KNOWN_HOSTS = 20_000
"""MAC addresses that are kept: one can be anything that somebody sends."""

Key = str | None
"""The name of a host in the settings; None for all others, which are alike."""


class HostSite:
    """`boot.shelf.Site` from the store. `base` is the URL of our root; `default` the image of most hosts."""

    def __init__(self, store: Store, options: ServeOptions, default: Image, base: str, http_boot: HttpBoot) -> None:
        """Prepare what any host boots; UserError or SystemFailure where that cannot be. `close` it."""
        self._store = store
        self._options = options
        self._default = default
        self._base = base
        self._http_boot = http_boot
        self._shelves: dict[str, Shelf] = {}  # by short id; none is dropped, a host may be fetching from it
        self._being_made: set[str] = set()
        self._prepared: dict[Key, Prepared] = {}
        self._standing: dict[str | None, HostPlan] = {}
        self._closed = Event()
        self._loading: Future[HostPlans] | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="work")
        self._preparer = ThreadPoolExecutor(1, thread_name_prefix="prepare")
        self._machines = KnownMachines(store.machines, self._worker.submit)
        self._plans = self._read()
        self._installations = store.installations.all()
        self._forgotten = store.host_secrets.times_forgotten()
        self.loader_release = self._put_on_shelf(self._prepare(None).image)
        self._preparer.submit(self._prepare_all, self._plans)

    @property
    def revision(self) -> int:
        """The number of the settings in force."""
        return self._plans.configuration.revision

    @property
    def hosts(self) -> Hosts:
        """The hosts that the settings name."""
        return self._plans.configuration.hosts

    def close(self) -> None:
        """Stop preparing, and wait for what is being written."""
        self._closed.set()
        self._preparer.shutdown()
        self._worker.shutdown()

    def reload(self) -> str | None:
        """Take up what was applied since; None when nothing was, or it is still being read (ask again, as always).

        Else what of it cannot be, "" when all can. Boots under way keep the files that they were told of.
        """
        try:
            if self._loading is None:
                self._take_records()
                if self._store.configurations.revision() != self.revision:
                    self._loading = self._worker.submit(self._read)  # ten thousand hosts take a second
                return None
            if not self._loading.done():
                return None
            loading, self._loading = self._loading, None
            self._plans = loading.result()
        except HobnailError as error:
            return f"cannot be read: {error}"
        self._prepared.clear()
        self._standing.clear()
        self._preparer.submit(self._prepare_all, self._plans)
        try:
            self._prepare(None)
        except HobnailError as error:
            return f"hosts that are not named cannot boot: {error}"
        return ""

    def _take_records(self) -> None:
        """Take up what other programs changed: hosts to be installed again, keys to be made anew."""
        self._installations = self._store.installations.all()
        before, self._forgotten = self._forgotten, self._store.host_secrets.times_forgotten()
        if self._forgotten != before:
            self._prepared.clear()
            self._standing.clear()

    def installed(self, mac: str) -> None:
        """Note, in the store first, that a host is installed on its disk. SystemFailure when that cannot be."""
        host = self.host_of(mac)
        try:
            title = self.plan(mac).plan.image.title
        except BootsFromDiskError:
            return
        self._store.installations.add(known_as(host, mac), title)
        self._installations = self._store.installations.all()
        self._standing.clear()

    def identify(self, identity: Identity) -> None:
        """Take in what a machine says of itself: it may be known by its UUID or serial number only."""
        if self._machines.take(identity):
            self._standing.pop(identity.mac, None)

    def akin(self, one: str, other: str) -> bool:
        """Tell whether two MAC addresses are cards of one host."""
        host = self.host_of(one)
        return host is not None and host is self.host_of(other)

    def host_of(self, mac: str | None) -> Host | None:
        """Return the host that a MAC address is of, by all that its machine has said."""
        if mac is None:
            return None
        known = self._machines.of(mac)
        return self.hosts.match(mac=mac, uuid=known.uuid, serial=known.serial, asset=known.asset).host

    def plan(self, mac: str | None, token: str = "") -> HostPlan:
        """Return the plan of a host (`Site`)."""
        host = self.host_of(mac)
        standing = self._standing.get(mac) if not token else None
        if standing is None:
            standing = plan_of(self._prepare(host), mac, token, self._base)
            if not token:
                if len(self._standing) >= KNOWN_HOSTS:
                    self._standing.clear()
                self._standing[mac] = standing
        if mac is None or not standing.installs:
            return standing
        title = self._installations.get(known_as(host, mac)) or self._installations.get(mac)  # before it had a name
        if title is not None:
            step = f"`hobnail host reinstall {known_as(host, mac)}` does it again"
            raise BootsFromDiskError(f"{title} is installed on its disk, and it boots from that", next_step=step)
        return standing

    def shelf(self, short_id: str) -> Shelf | None:
        """Return what there is of an image (`Site`)."""
        return self._shelves.get(short_id)

    def boot_files(self, identity: Identity | None) -> BootFiles:
        """Return which file each firmware of a host is told to load first, or why it is told of none."""
        if identity is not None:
            self.identify(identity)
        mac = identity.mac if identity is not None else None
        host = self.host_of(mac)
        try:
            if host is not None and not self._is_ready(host):
                image = self._plans.image_of(host)  # its firmware is a second away from what is made for it
                self._put_on_shelf_once(image)
            else:
                image = self.plan(mac).plan.image
        except HobnailError as error:
            return nothing(str(error))
        lacking = self._shelves[image.short_id].lacking
        return files_of(
            image,
            base=self._base,
            first_loader=FIRST_LOADER,
            bios_lacks="; ".join(lacking.values()) or None,
            http_boot=self._http_boot,
        )

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return a line for each image whose BIOS hosts lack a loader, and what to know of hosts that install."""
        refused = [
            (shelf.image.title, "; ".join(shelf.lacking.values()))
            for shelf in self._shelves.values()
            if shelf.lacking and any(loader.name == "mboot.c32" for loader in shelf.medium_loaders)
        ]
        lacking = [f"BIOS hosts cannot boot {title} (UEFI hosts can): {reason}" for title, reason in refused]
        return (*lacking, *self._plans.notes(self._base))

    def _prepare(self, host: Host | None) -> Prepared:
        """Return what a host's boots have in common; made once for each, and for all that are not named."""
        key = host.name if host is not None else None
        prepared = self._prepared.get(key)
        if prepared is None:
            plans = self._plans
            prepared = plans.prepare(host)
            self._put_on_shelf_once(prepared.image)
            if plans is self._plans:  # the worker may end one that was begun before others were taken up
                self._prepared[key] = prepared
        return prepared

    def _read(self) -> HostPlans:
        return HostPlans(
            self._store,
            load_configuration(self._store),
            default=lambda: self._default,
            options=self._options.plan,
        )

    def _is_ready(self, host: Host) -> bool:
        """Tell whether a host's keys are made; where not, have them made in a thread: it takes 0.3 s."""
        if host.name in self._prepared or self._plans.has_keys(host):
            return True
        if host.name not in self._being_made:
            self._being_made.add(host.name)
            self._worker.submit(self._make_ready, host)
        return False

    def _make_ready(self, host: Host) -> None:
        with suppress(HobnailError):  # said when the host asks again
            self._prepare(host)
        self._being_made.discard(host.name)

    def _prepare_all(self, plans: HostPlans) -> None:
        """In a thread: prepare every named host, so that none waits for its keys when it boots for the first time."""
        for host in plans.configuration.hosts:
            if self._closed.is_set() or self._loading is not None or self._plans is not plans:
                return
            try:
                self._prepare(host)
            except HobnailError:
                continue  # said when that host boots; `hobnail apply` has said it before

    def _put_on_shelf_once(self, image: Image) -> None:
        if image.short_id not in self._shelves:
            self._put_on_shelf(image)

    def _put_on_shelf(self, image: Image) -> str | None:
        """Make an image's files ready to be fetched; the release of the PXELINUX that its BIOS hosts get."""
        found = loaders_for(self._store, image, self._options.loaders)
        medium_loaders = image.loaders
        if self._options.newest_mboot:
            medium_loaders, _ = newest_loaders(image, (one.image for one in self._store.images()))
        if found.lacking and not image.boot_config:
            raise SystemFailure("; ".join(found.lacking.values()))  # these generations have no other way to boot
        loaders = {name: FileContent(one.path, one.size) for name, one in found.chosen.items()}
        self._shelves[image.short_id] = Shelf(image, medium_loaders, loaders, found.lacking)
        return found.release


def known_as(host: Host | None, mac: str | None) -> str:
    """Return what an installation is noted under: the host's name, whichever card it used, or the MAC address."""
    return host.name if host is not None else mac or ""
