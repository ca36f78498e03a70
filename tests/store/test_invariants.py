"""Whatever is done in whatever order: published images are whole, and nothing else stays."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hobnail.store import ModuleOk, Store
from tests.store.samples import fingerprint, listing, publish, stage, ticking

CONTENTS = [b"kernel", b"vmk", b"sys" * 1000, b"cim", b""]
BUILDS = ["1", "2", "3"]


class StoreMachine(RuleBasedStateMachine):
    """A store beside a dict that says what should be in it."""

    @initialize()
    def start(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="hobnail-store-"))
        self.store = Store.open(self.root, now=ticking)
        self.empty = listing(self.root)
        self.contents: dict[str, list[bytes]] = {}
        self.media: dict[str, str] = {}
        self.default: str | None = None

    @rule(build=st.sampled_from(BUILDS), contents=st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=4))
    def publish_one(self, build: str, contents: list[bytes]) -> None:
        published = publish(self.store, build, *contents)
        identity = published.stored.image.id
        assert published.new == (identity not in self.contents)
        self.contents[identity] = contents
        self.media[f"{build}.iso"] = identity

    @rule(contents=st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=3))
    def give_up(self, contents: list[bytes]) -> None:
        with self.store.importing() as running:
            stage(running, "1", contents)

    @precondition(lambda self: self.contents)
    @rule(data=st.data())
    def remove_one(self, data: st.DataObject) -> None:
        identity = data.draw(st.sampled_from(sorted(self.contents)))
        before = self.size()
        assert self.store.remove(identity) == before - self.size()
        del self.contents[identity]
        self.media = {name: image for name, image in self.media.items() if image != identity}
        self.default = None if self.default == identity else self.default

    @precondition(lambda self: self.contents)
    @rule(data=st.data())
    def choose_default(self, data: st.DataObject) -> None:
        self.default = data.draw(st.sampled_from(sorted(self.contents)))
        self.store.set_default(self.default)

    @rule()
    def open_again(self) -> None:
        self.store.close()
        self.store = Store.open(self.root, now=ticking)

    @invariant()
    def images_are_whole(self) -> None:
        images = {stored.image.id: stored.image for stored in self.store.images()}
        assert set(images) == set(self.contents)
        for identity, image in images.items():
            modules = (image.kernel, *image.modules)
            assert [self.store.blob_path(m.sha256).read_bytes() for m in modules] == self.contents[identity]
            assert all(isinstance(found, ModuleOk) for found in self.store.verify(image))

    @invariant()
    def nothing_else_stays(self) -> None:
        wanted = {hashlib.sha256(content).hexdigest() for each in self.contents.values() for content in each}
        shelves = {f"blobs/sha256/{sha256[:2]}" for sha256 in wanted}
        blobs = {f"blobs/sha256/{sha256[:2]}/{sha256}" for sha256 in wanted}
        assert listing(self.root) == sorted({*self.empty, *shelves, *blobs})

    @invariant()
    def media_and_default_point_at_images(self) -> None:
        for build in BUILDS:
            found = self.store.find_medium(fingerprint(f"{build}.iso"))
            assert (found.image.id if found else None) == self.media.get(f"{build}.iso")
        default = self.store.default_image()
        assert (default.image.id if default else None) == self.default

    def size(self) -> int:
        return sum(path.stat().st_size for path in (self.root / "blobs").rglob("*") if path.is_file())

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        for identity in self.contents:
            self.store.remove(identity)
        left = listing(self.root)
        self.store.close()
        shutil.rmtree(self.root)
        assert left == self.empty


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)
