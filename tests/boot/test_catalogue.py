"""The names that hosts ask for: what is found, what is not and why, and that nothing else can be reached."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.boot.catalogue import Catalogue, normal
from hobnail.boot.content import BytesContent, Content, FileContent, Missing
from hobnail.boot.plan import PlanOptions
from hobnail.boot.shelf import Named
from tests.boot.site import OneImage, catalogue_of
from tests.images import body, image_40

IMAGE = image_40()
FOLDER = IMAGE.short_id
PEER = "10.77.0.101"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    blobs = tmp_path_factory.mktemp("blobs")
    for module in (IMAGE.kernel, *IMAGE.modules):
        if module.name != "oem.tgz":
            (blobs / module.sha256).write_bytes(body(module.name))
    loader = blobs / "pxelinux.0"
    loader.write_bytes(b"loader")
    site = OneImage(
        IMAGE,
        loaders={"pxelinux.0": FileContent(loader, 6)},
        lacking={"mboot.c32": "mboot.c32 is not here: apt-get install syslinux-common"},
    )
    return catalogue_of(site, lambda sha256: blobs / sha256)


def read(content: Content | Missing) -> bytes:
    match content:
        case FileContent(path=path, size=size):
            data = path.read_bytes()
            assert len(data) == size
            return data
        case BytesContent(data=data):
            return data
        case Missing(reason=reason):
            raise AssertionError(reason)


@pytest.mark.parametrize(
    "name",
    [f"{FOLDER}/vmk.gz", f"/{FOLDER}/vmk.gz", f"//{FOLDER}//vmk.gz", f"{FOLDER}\\VMK.GZ", f"./{FOLDER}/./vmk.gz"],
)
def test_modules_are_found_as_firmware_writes_them(catalogue: Catalogue, name: str) -> None:
    assert read(catalogue.find(name, PEER)) == body("vmk.gz")


def test_loaders_and_configuration(catalogue: Catalogue) -> None:
    assert read(catalogue.find("/pxelinux.0", PEER)) == b"loader"
    config = read(catalogue.find("pxelinux.cfg/01-52-54-00-aa-bb-cc", PEER))
    assert b"BOOTIF=01-52-54-00-aa-bb-cc" in config


@pytest.mark.parametrize(
    ("name", "expected", "says"),
    [
        ("mboot.c32", False, "apt-get install syslinux-common"),
        (f"{FOLDER}/oem.tgz", False, "the store has lost oem.tgz"),
        (f"{FOLDER}/nothing.tgz", False, "has no module nothing.tgz"),
        ("0123456789ab/vmk.gz", False, "is not the one that is served"),
        ("pxelinux.cfg/0A4D006C", True, "search list"),
        ("pxelinux.cfg/default", True, "search list"),
        ("pxelinux.cfg/evil", False, "no such name"),
        ("boot.cfg", False, "no loader, configuration or module"),
        ("", False, "no loader, configuration or module"),
    ],
)
def test_what_is_missing_says_why(catalogue: Catalogue, name: str, expected: bool, says: str) -> None:
    found = catalogue.find(name, PEER)
    assert isinstance(found, Missing)
    assert found.expected is expected
    assert says in found.reason


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        f"{FOLDER}/../../../etc/passwd",
        f"{FOLDER}/../pxelinux.0",
        "..\\..\\etc\\passwd",
        "pxelinux.cfg/../../etc/passwd",
        f"{FOLDER}/vmk.gz\x00",
        "%2e%2e/etc/passwd",
    ],
)
def test_nothing_else_can_be_reached(catalogue: Catalogue, name: str) -> None:
    assert isinstance(catalogue.find(name, PEER), Missing)


@given(st.text())
def test_any_name_is_answered_and_finds_only_what_is_in_the_plan(name: str) -> None:
    catalogue = catalogue_of(OneImage(IMAGE), lambda _: Path("/dev/null"))
    found = catalogue.find(name, PEER)
    assert isinstance(found, Missing | BytesContent)
    assert isinstance(catalogue.named(name), Named)


def test_a_plan_that_cannot_be_rendered_is_a_reason_not_a_crash() -> None:
    catalogue = catalogue_of(OneImage(IMAGE, PlanOptions("x" * 2000)), Path)
    found = catalogue.find("pxelinux.cfg/01-52-54-00-aa-bb-cc", PEER)
    assert isinstance(found, Missing)
    assert "APPEND" in found.reason
    assert PEER in found.reason


def test_what_a_name_is_to_the_boot(catalogue: Catalogue) -> None:
    assert catalogue.named("/pxelinux.0") == Named("loader")
    assert catalogue.named("mboot.c32") == Named("loader")
    assert catalogue.named("pxelinux.cfg/default") == Named("config")
    assert catalogue.named(f"{FOLDER}/vmkboot.gz") == Named("kernel", 0, 7)
    assert catalogue.named(f"{FOLDER}/cimstg.tgz") == Named("module", 7, 7)
    assert catalogue.named("favicon.ico") == Named("other")


@given(st.text())
def test_normal_is_idempotent(name: str) -> None:
    assert normal(normal(name)) == normal(name)
