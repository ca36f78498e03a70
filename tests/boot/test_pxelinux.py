"""PXELINUX's configuration: a golden, and what must never be written into it."""

import pytest

from hobnail.boot.plan import PlanOptions, mac_address, plan_for
from hobnail.boot.pxelinux import is_search_name, mac_asked, render
from hobnail.errors import UserError
from hobnail.image.model import Role
from tests.images import NAMES_40, image_40

MAC = "52:54:00:4c:00:01"


def append(config: bytes) -> str:
    (line,) = [line for line in config.decode().splitlines() if line.startswith("APPEND ")]
    return line.removeprefix("APPEND ")


def test_golden_for_4_0() -> None:
    image = image_40()
    i = image.short_id
    assert render(plan_for(image, MAC, PlanOptions("tty1Port=com1"))).decode() == (
        "# VMware ESXi 4.0.0 build 208167, made by hobnail for 52:54:00:4c:00:01\n"
        "DEFAULT hobnail\n"
        "PROMPT 0\n"
        "LABEL hobnail\n"
        "KERNEL mboot.c32\n"
        f"APPEND {i}/vmkboot.gz tty1Port=com1 BOOTIF=01-52-54-00-4c-00-01 --- {i}/vmk.gz --- {i}/sys.vgz --- "
        f"{i}/cim.vgz --- {i}/oem.tgz --- {i}/license.tgz --- {i}/mod.tgz --- {i}/cimstg.tgz\n"
    )


def test_separators_stand_alone_and_options_follow_the_kernel() -> None:
    words = append(render(plan_for(image_40("a=1"), MAC, PlanOptions("b=2")))).split(" ")
    assert words[1:4] == ["a=1", "b=2", "BOOTIF=01-52-54-00-4c-00-01"]
    assert words[4::2] == ["---"] * 7
    assert not any("---" in word and word != "---" for word in words)


def test_a_bootif_of_the_person_is_not_doubled() -> None:
    line = append(render(plan_for(image_40(), MAC, PlanOptions("BOOTIF=01-aa-bb-cc-dd-ee-ff"))))
    assert line.count("BOOTIF=") == 1
    assert "01-aa-bb-cc-dd-ee-ff" in line


def test_without_a_mac_there_is_no_bootif() -> None:
    assert "BOOTIF" not in append(render(plan_for(image_40(), None)))


def test_the_same_plan_gives_the_same_bytes() -> None:
    assert render(plan_for(image_40(), MAC, PlanOptions(" x  y "))) == render(
        plan_for(image_40(), MAC, PlanOptions("x y"))
    )


@pytest.mark.parametrize("options", ["a --- b", "a\nAPPEND evil", "ks=\x00", "naïve"])
def test_options_that_would_break_the_line_are_refused(options: str) -> None:
    with pytest.raises(UserError, match="kernel options"):
        plan_for(image_40(), MAC, PlanOptions(options))


def test_too_long_lines_are_refused() -> None:
    with pytest.raises(UserError, match="2047"):
        render(plan_for(image_40(), MAC, PlanOptions("x" * 1900)))
    with pytest.raises(UserError, match="4096"):
        plan_for(image_40(), MAC, PlanOptions("x" * 4096))


@pytest.mark.parametrize("name", ["with blank.tgz", "---", "ümlaut.tgz", "new\nline"])
def test_module_names_that_cannot_be_written_are_refused(name: str) -> None:
    image = image_40(names=NAMES_40 | {name: Role.EXTRA})
    with pytest.raises(UserError, match="APPEND"):
        render(plan_for(image, MAC))


@pytest.mark.parametrize(
    ("name", "mac"),
    [
        ("01-52-54-00-4c-00-01", MAC),
        ("01-52-54-00-4C-00-01", MAC),
        ("20-52-54-00-4c-00-01", None),
        ("0A4D006C", None),
        ("default", None),
        ("01-52-54-00-4c-00", None),
        ("x01-52-54-00-4c-00-01", None),
    ],
)
def test_mac_asked(name: str, mac: str | None) -> None:
    assert mac_asked(name) == mac


@pytest.mark.parametrize(
    ("name", "searched"),
    [
        ("45fa2002-d1c9-2a50-8000-52540000aa01", True),
        ("0A4D006C", True),
        ("0", True),
        ("default", True),
        ("0a4d006c", False),
        ("0A4D006C0", False),
        ("graphics.conf", False),
    ],
)
def test_search_names(name: str, searched: bool) -> None:
    assert is_search_name(name) is searched


@pytest.mark.parametrize("text", ["52:54:00:4C:00:01", "52-54-00-4c-00-01", "5254.004c.0001", " 5254004c0001 "])
def test_mac_addresses_as_people_write_them(text: str) -> None:
    assert mac_address(text) == MAC


@pytest.mark.parametrize(
    "text", ["", "52:54:00:4c:00", "52:54:00:4c:00:01:02", "g2:54:00:4c:00:01", "0x5254004c0001"]
)
def test_what_is_no_mac_address(text: str) -> None:
    with pytest.raises(UserError, match="no MAC address"):
        mac_address(text)
