"""What is served to whom: the images that hosts boot, and the plan of each host, as the store has them now."""

from hobnail.app.loaders import loaders_for
from hobnail.app.serve_options import ServeOptions
from hobnail.boot.boot_files import BootFiles, HttpBoot, files_of, nothing
from hobnail.boot.content import FileContent
from hobnail.boot.loaders import FIRST_LOADER
from hobnail.boot.newest import newest_loaders
from hobnail.boot.plan import plan_for
from hobnail.boot.shelf import HostPlan, Shelf
from hobnail.errors import HobnailError, SystemFailure
from hobnail.image.model import Image
from hobnail.store import Store

KNOWN_HOSTS = 20_000
"""Plans that are kept; a MAC address can be anything that somebody sends."""


class HostSite:
    """`boot.shelf.Site` from the store. `base` is the URL of our root; `default` the image of most hosts."""

    def __init__(self, store: Store, options: ServeOptions, default: Image, base: str, http_boot: HttpBoot) -> None:
        self._store = store
        self._options = options
        self._default = default
        self._base = base
        self._http_boot = http_boot
        self._shelves: dict[str, Shelf] = {}  # by short id; none is dropped, a host may be fetching from it
        self._standing: dict[str | None, HostPlan] = {}
        self.loader_release = self._put_on_shelf(default)

    def plan(self, mac: str | None, token: str = "") -> HostPlan:
        """Return the plan of a host (`Site`)."""
        standing = self._standing.get(mac)
        if standing is None:
            if len(self._standing) >= KNOWN_HOSTS:
                self._standing.clear()
            standing = self._standing[mac] = HostPlan(plan_for(self._default, mac, self._options.plan))
        return standing

    def shelf(self, short_id: str) -> Shelf | None:
        """Return what there is of an image (`Site`)."""
        return self._shelves.get(short_id)

    def boot_files(self, mac: str | None) -> BootFiles:
        """Return which file each firmware of a host is told to load first, or why it is told of none."""
        try:
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
        """Return a line for each image whose BIOS hosts will be refused for want of a loader."""
        refused = [
            (shelf.image.title, "; ".join(shelf.lacking.values()))
            for shelf in self._shelves.values()
            if shelf.lacking and any(loader.name == "mboot.c32" for loader in shelf.medium_loaders)
        ]
        return tuple(f"BIOS hosts cannot boot {title} (UEFI hosts can): {reason}" for title, reason in refused)

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
