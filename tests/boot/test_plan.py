"""Boot plans: what stateless leaves out, what an install keeps, which options cannot be."""

from dataclasses import replace

import pytest

from hobnail.boot.additions import Addition
from hobnail.boot.plan import PlanOptions, plan_for
from hobnail.errors import UserError
from hobnail.image.model import Module, Role
from tests.images import image_40, image_67

MAC = "52:54:00:4c:00:01"


def names(modules: tuple[Module, ...]) -> list[str]:
    return [module.name for module in modules]


def test_stateless_leaves_the_installer_out_and_keeps_the_order() -> None:
    plan = plan_for(image_67(), MAC, PlanOptions("a=1"))
    assert names(plan.modules) == [
        "jumpstrt.gz",
        "k.b00",
        "s.v00",
        "vsan.v00",
        "tools.t00",
        "imgdb.tgz",
        "imgpayld.tgz",
    ]
    assert [left.name for left in plan.left_out] == ["weaselin.t00"]
    assert all(left.reason and left.source for left in plan.left_out)
    assert plan.command_line == "a=1 BOOTIF=01-52-54-00-4c-00-01"


def test_slim_saves_ram() -> None:
    plan = plan_for(image_67(), MAC, PlanOptions(slim=True))
    assert names(plan.modules) == ["jumpstrt.gz", "k.b00", "s.v00", "vsan.v00"]
    assert [left.name for left in plan.left_out] == ["weaselin.t00", "tools.t00", "imgdb.tgz", "imgpayld.tgz"]


def test_an_install_keeps_everything_but_the_cd_hint() -> None:
    plan = plan_for(image_67(), MAC, PlanOptions(mode="install", kickstart="http://10.77.0.1/ks.cfg"))
    assert names(plan.modules) == names(image_67().modules)
    assert plan.left_out == ()
    assert plan.command_line == "runweasel ks=http://10.77.0.1/ks.cfg BOOTIF=01-52-54-00-4c-00-01"


@pytest.mark.parametrize(
    ("of_the_medium", "stateless", "install"),
    [
        ("runweasel", "", "runweasel"),
        ("cdromBoot runweasel", "", "runweasel"),
        ("runweasel cdromBoot tty1Port=com1", "tty1Port=com1", "runweasel tty1Port=com1"),
        ("ks=cdrom:/KS.CFG", "", "runweasel"),
        ("RUNWEASEL a=runweasel", "a=runweasel", "RUNWEASEL a=runweasel"),
    ],
)
def test_words_of_the_medium_are_matched_whole(of_the_medium: str, stateless: str, install: str) -> None:
    image = replace(image_67(), kernel_options=of_the_medium)
    assert plan_for(image, None).command_line == stateless
    assert plan_for(image, None, PlanOptions(mode="install")).command_line == install


def test_bootif_can_be_left_out() -> None:
    assert plan_for(image_67(), MAC, PlanOptions(no_bootif=True)).command_line == ""


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (PlanOptions(kickstart="http://x/ks"), "--mode install"),
        (PlanOptions(loader_options="-c evil.cfg"), "not options of mboot"),
        (PlanOptions(loader_options="-S 1; rm"), "not options of mboot"),
        (PlanOptions(loader_options="/b.b00 -S 1"), "not options of mboot"),
        (PlanOptions(mode="install", kickstart="a\nb"), "cannot be handed to a kernel"),
    ],
)
def test_what_cannot_be_is_refused(options: PlanOptions, says: str) -> None:
    with pytest.raises(UserError, match=says):
        plan_for(image_67(), MAC, options)


@pytest.mark.parametrize("text", ["-S 1 -s 115200 -H", "-H", "-E 30", "-E -1", "-V -D", "-S1", "-L 4 -b 1468"])
def test_options_that_mboot_has(text: str) -> None:
    assert plan_for(image_67(), MAC, PlanOptions(loader_options=text)).options.loader_options == text


def test_a_bank_has_no_installer() -> None:
    with pytest.raises(UserError, match="without its installer"):
        plan_for(image_40(), MAC, PlanOptions(mode="install"))


def added(name: str, role: Role = Role.ADDED) -> Module:
    return Module(name, role, 20, "0" * 64, "")


def test_additions_stand_where_they_are_asked_and_the_overlay_is_last() -> None:
    additions = (
        Addition(added("token/hobnail.tgz", Role.OVERLAY)),
        Addition(added("driver.vgz"), before="vsan.v00"),
        Addition(added("late.tgz")),
        Addition(added("early.tgz"), after="k.b00"),
    )
    plan = plan_for(image_67(), MAC, PlanOptions(slim=True), additions)
    assert names(plan.modules) == [
        "jumpstrt.gz",
        "k.b00",
        "early.tgz",
        "s.v00",
        "driver.vgz",
        "vsan.v00",
        "late.tgz",
        "token/hobnail.tgz",
    ]


@pytest.mark.parametrize(
    ("addition", "message"),
    [
        (Addition(added("x/S.V00")), "there is a module S.V00 already"),
        (Addition(added("b.b00")), "there is a module b.b00 already"),
        (Addition(added("a.tgz"), after="weaselin.t00"), "beside weaselin.t00, which is not loaded"),
    ],
)
def test_additions_that_cannot_be(addition: Addition, message: str) -> None:
    with pytest.raises(UserError, match=message):
        plan_for(image_67(), MAC, PlanOptions(), [addition])
