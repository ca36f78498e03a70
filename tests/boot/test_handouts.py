"""What is made for one boot of one host: who gets it, how long, and that its name is worth nothing afterwards."""

from pathlib import Path

import pytest

from hobnail.boot.additions import Addition
from hobnail.boot.catalogue import Catalogue
from hobnail.boot.content import BytesContent, FileContent, Missing
from hobnail.boot.handouts import AFTER_USE, LIFE, LIMIT, LIMIT_OF_PEER, Handouts
from hobnail.boot.plan import plan_for
from hobnail.boot.shelf import HostPlan, Made, Named, Shelf
from hobnail.image.model import Image, Module, Role
from tests.boot.site import OneImage, Remembered
from tests.images import image_40, image_67

MAC = "52:54:00:4c:00:01"
OTHER = "52:54:00:4c:00:02"
SECOND_CARD = "52:54:00:4c:00:11"
PEER = "10.77.0.101"
H = "01-52-54-00-4c-00-01"


class Site(OneImage):
    """Each host gets an overlay that says its MAC address."""

    def __init__(self, image: Image) -> None:
        super().__init__(image)
        self.text = "overlay of"
        self.installs = False

    def move_to(self, image: Image) -> None:
        """Boot another image from now on; what was on the shelf stays there."""
        self._old = self._shelf
        self._shelf = Shelf(image, image.loaders, {}, {})

    def shelf(self, short_id: str) -> Shelf | None:
        old = getattr(self, "_old", self._shelf)
        return next((one for one in (self._shelf, old) if one.image.short_id == short_id), None)

    def plan(self, mac: str | None, token: str = "") -> HostPlan:
        folder = f"{token}/" if token else ""
        data = f"{self.text} {mac}".encode()
        overlay = Module(f"{folder}hobnail.tgz", Role.OVERLAY, len(data), "0" * 64, "made")
        image = super().plan(mac).plan.image
        made = {"hobnail.tgz": Made(data), "ks.cfg": Made(token.encode(), bound=False)}
        return HostPlan(plan_for(image, mac, additions=[Addition(overlay)]), made, installs=self.installs)


class World:
    """A catalogue whose clock and neighbours a test sets."""

    def __init__(self, image: Image) -> None:
        self.now = 1000.0
        self.made = 0
        self.macs = {PEER: MAC, "10.77.0.102": OTHER}
        self.site = Site(image)
        self.reported: list[str] = []
        self.pending = Remembered()
        self.handouts = self.new_handouts()
        self.catalogue = self.new_catalogue()

    def new_handouts(self) -> Handouts:
        return Handouts(
            plan=self.site.plan,
            mac_of=self.macs.get,
            akin=lambda one, other: {one, other} == {MAC, SECOND_CARD},
            new_token=self.token,
            now=lambda: self.now,
            pending=self.pending,
        )

    def new_catalogue(self) -> Catalogue:
        return Catalogue(
            site=self.site,
            handouts=self.handouts,
            blob=lambda _: Path(__file__),
            mac_of=self.macs.get,
            report=self.report,
        )

    def report(self, token: str) -> bool:
        self.reported.append(token)
        return token in self.pending.macs

    def restart(self) -> None:
        self.handouts = self.new_handouts()
        self.catalogue = self.new_catalogue()

    def token(self) -> str:
        self.made += 1
        return f"{self.made:032x}"

    def read(self, name: str, peer: str = PEER) -> bytes:
        found = self.catalogue.find(name, peer)
        assert isinstance(found, BytesContent), found
        return found.data

    def refused(self, name: str, peer: str = PEER) -> Missing:
        found = self.catalogue.find(name, peer)
        assert isinstance(found, Missing), found
        return found


@pytest.fixture
def world() -> World:
    return World(image_67())


def overlay(world: World, peer: str = PEER, mac: str = H) -> str:
    """Read boot.cfg as mboot does and return the overlay's name below the folder of boot.cfg."""
    folder = f"{image_67().short_id}/{mac}"
    config = world.read(f"{folder}/boot.cfg", peer).decode()
    last = next(line for line in config.splitlines() if line.startswith("modules=")).rpartition(" --- ")[2]
    return f"{folder}/{last}"


def test_the_overlay_is_the_last_module_and_is_handed_to_its_host(world: World) -> None:
    name = overlay(world)
    assert name.endswith("/00000000000000000000000000000001/hobnail.tgz")
    assert world.read(name) == b"overlay of 52:54:00:4c:00:01"
    assert world.catalogue.find(name, PEER) == BytesContent(b"overlay of 52:54:00:4c:00:01", private=True)
    assert world.catalogue.named(name) == Named("module", 8, 8)


def test_boot_cfg_read_twice_names_the_same_overlay(world: World) -> None:
    assert overlay(world) == overlay(world)
    world.now += LIFE + 1
    assert overlay(world).endswith("2/hobnail.tgz")


def test_another_host_does_not_get_it_even_if_it_knows_the_name(world: World) -> None:
    name = overlay(world)
    found = world.refused(name, "10.77.0.102")
    assert found.forbidden
    assert "handed to that host only" in found.reason
    assert world.read(name), "and our host still gets its own"


def test_another_host_that_asks_for_our_configuration_is_told_names_that_open_nothing(world: World) -> None:
    name = overlay(world, "10.77.0.102")
    assert world.made == 0, "no token was made for it"
    for file in (name, name.replace("hobnail.tgz", "ks.cfg")):
        found = world.refused(file, "10.77.0.102")
        assert found.forbidden
        assert "handed to that host only" in found.reason
    assert world.refused(f"done/{'0' * 32}", "10.77.0.102").forbidden
    assert world.read(overlay(world)) == b"overlay of 52:54:00:4c:00:01"


def test_another_card_of_the_host_is_the_host(world: World) -> None:
    world.macs["10.77.0.111"] = SECOND_CARD
    assert world.read(overlay(world, "10.77.0.111"), "10.77.0.111")


def test_a_host_behind_a_router_is_known_by_the_address_that_asked(world: World) -> None:
    name = overlay(world, "192.168.1.5")
    assert world.read(name, "192.168.1.5")
    assert world.refused(name, "192.168.1.6").forbidden


def test_a_name_is_worth_nothing_some_minutes_after_use(world: World) -> None:
    name = overlay(world)
    world.catalogue.fetched(name)
    world.now += AFTER_USE - 1
    assert world.read(name), "loaders read twice, and retry"
    world.catalogue.fetched(name)
    world.now += 2
    assert world.refused(name).forbidden
    assert overlay(world) != name, "the next boot has a new one"


def test_a_name_is_worth_nothing_after_its_time(world: World) -> None:
    name = overlay(world)
    world.now += LIFE
    assert world.refused(name).forbidden


def test_a_changed_profile_holds_from_the_next_boot_cfg_on(world: World) -> None:
    before = overlay(world)
    world.site.text = "changed for"
    after = overlay(world)
    assert after != before
    assert world.read(after) == b"changed for 52:54:00:4c:00:01"


def test_without_its_token_an_overlay_is_not_to_be_had(world: World) -> None:
    for name in ("hobnail.tgz", "ks.cfg", f"{'f' * 32}/hobnail.tgz", f"{'0' * 31}1/other"):
        overlay(world)
        world.refused(f"{image_67().short_id}/{H}/{name}")


def test_an_installer_fetches_its_ks_from_whatever_address_it_took(world: World) -> None:
    folder, _, _ = overlay(world).rpartition("/")
    assert world.read(f"{folder}/ks.cfg", "192.0.2.1") == b"0" * 31 + b"1"


def test_an_installation_outlives_the_server(world: World) -> None:
    world.site.installs = True
    folder, _, _ = overlay(world).rpartition("/")
    world.restart()
    assert world.read(f"{folder}/ks.cfg", "192.0.2.1") == b"0" * 31 + b"1"
    assert world.read(f"done/{1:032x}").startswith(b"noted")
    assert world.refused(f"done/{'e' * 32}").forbidden
    assert world.reported == [f"{1:032x}", "e" * 32]


def test_what_does_not_install_is_not_remembered(world: World) -> None:
    overlay(world)
    assert world.pending.macs == {}


def test_one_address_pushes_out_its_own_boots_only(world: World) -> None:
    first = overlay(world)
    for number in range(LIMIT_OF_PEER):
        world.handouts.boot(f"52:54:01:00:00:{number:02x}", "192.0.2.1")
    assert world.read(first)
    mine = overlay(world, "192.0.2.1", "01-52-54-01-00-00-07")
    assert world.read(mine, "192.0.2.1")
    for number in range(LIMIT_OF_PEER):
        world.handouts.boot(f"52:54:02:00:00:{number:02x}", "192.0.2.1")
    assert "another boot" in world.refused(mine, "192.0.2.1").reason


def test_boots_are_forgotten_when_there_are_too_many_and_installing_ones_last(world: World) -> None:
    world.site.installs = True
    installing = overlay(world)
    world.site.installs = False
    second = overlay(world, "10.77.0.102", "01-52-54-00-4c-00-02")
    for number in range(LIMIT):
        world.handouts.boot(None, f"192.0.{number >> 8}.{number & 255}")
    assert "another boot" in world.refused(second, "10.77.0.102").reason
    assert world.read(installing)


def test_what_is_applied_during_a_boot_is_for_the_next_one(world: World) -> None:
    folder = f"{image_67().short_id}/{H}"
    overlay(world)
    world.site.move_to(image_40())
    found = world.catalogue.find(f"{folder}/s.v00", PEER)
    assert isinstance(found, FileContent), "the image that its boot.cfg named"
    world.now += LIFE
    assert isinstance(world.catalogue.find(f"{folder}/s.v00", PEER), Missing)


def test_up_to_4_1_pxelinux_s_file_names_the_overlay() -> None:
    world = World(image_40())
    folder = image_40().short_id
    config = world.read(f"pxelinux.cfg/{H}").decode()
    name = f"{folder}/{1:032x}/hobnail.tgz"
    assert f" --- {name}\n" in config
    assert world.read(name) == b"overlay of 52:54:00:4c:00:01"
    assert world.catalogue.named(name) == Named("module", 8, 8)


def test_an_image_that_nobody_is_to_boot_is_not_served(world: World) -> None:
    assert world.site.shelf("0" * 12) is None
    assert isinstance(world.site.shelf(image_67().short_id), Shelf)
    assert "is not the one that is served" in world.refused(f"{'0' * 12}/b.b00").reason
