"""What a release cannot do is refused with a reason and a next step; every step of the table is a script."""

import re
from importlib.resources import files

import pytest

from hobnail.boot.plan import PlanOptions
from hobnail.image.model import Generation
from hobnail.profile.generations import refusals, secure_boot_warnings, used
from hobnail.profile.overlay.runner import ORDER
from hobnail.profile.release import release_of, spoken
from hobnail.profile.settings import ExtraModule, Install, Settings
from hobnail.profile.ways import FIRST, WAYS, way_of
from tests.profile.overlay.samples import OPTIONS, RELEASES, source


@pytest.mark.parametrize(
    ("version", "option", "refused"),
    [
        ("3.5.0", "root.password_hash $6$", ["root.password_hash $6$"]),
        ("3.5.0", "root.password_hash $1$", []),
        ("4.0.0", "root.password_hash $6$", []),
        ("4.0.0", "shell off", ["shell off"]),
        ("4.1.0", "shell off", []),
        ("4.1.0", "syslog tcp", ["syslog tcp, ssl"]),
        ("5.0.0", "syslog tcp", []),
        ("4.1.0", "firewall", ["firewall"]),
        ("5.0.0", "firewall", []),
        ("5.5.0", "nfs 4.1", ["nfs 4.1"]),
        ("6.7.0", "nfs 4.1", []),
        ("4.1.0", "nfs read_only", ["nfs read_only"]),
        ("5.1.0", "vmkernel vsan", ["vmkernel_ports.services vsan"]),
        ("5.5.0", "vmkernel vsan", []),
        ("5.0.0", "vmkernel management", ["vmkernel_ports.services management"]),
        ("4.0.0", "serial_console", ["serial", "serial_speed"]),
        ("4.1.0", "serial_console", ["serial_speed"]),
        ("3.5.0", "license_key", ["license_key"]),
        ("7.0.1", "files shadow", []),
        ("7.0.2", "files shadow", ["files /etc/shadow"]),
        ("9.0.0", "networks", []),
    ],
)
def test_what_is_refused(version: str, option: str, refused: list[str]) -> None:
    found = refusals(OPTIONS[option], RELEASES[version], version)
    assert [one.key for one in found] == refused
    assert all(one.reason.startswith("ESXi ") and one.next_step for one in found)


def test_boot_options_go_by_the_release_and_mboot_s_by_the_loader_s() -> None:
    asked = Settings(boot=PlanOptions(error_timeout=60, tftp_block_size=1468, timeout=5))

    def refused(generation: Generation, version: str, mboot: tuple[int, int, int] | None = None) -> list[str]:
        return [one.key for one in refusals(asked, generation, version, mboot)]

    everything = ["boot.timeout", "boot.error_timeout", "boot.tftp_block_size"]
    assert refused(Generation.ESXI41, "4.1.0") == everything
    assert refused(Generation.ESXI41, "4.1.0", (9, 0, 0)) == everything, "no mboot.efi boots it"
    assert refused(Generation.ESXI5, "5.0.0") == everything[1:]
    assert refused(Generation.ESXI5, "5.0.0", (8, 0, 0)) == ["boot.error_timeout"]
    assert refused(Generation.ESXI5, "5.0.0", (8, 0, 1)) == []
    assert refused(Generation.ESXI8, "8.0.1", (7, 0, 0)) == [], "its own is newer"


def test_nothing_asked_nothing_refused() -> None:
    assert all(refusals(Settings(), generation, "") == () for generation in Generation)


@pytest.mark.parametrize("key", WAYS)
def test_rows_of_the_table(key: str) -> None:
    rows = WAYS[key]
    assert rows[0].since == FIRST
    assert [row.since for row in rows] == sorted({row.since for row in rows})
    for row in rows:
        assert row.source
        assert bool(row.how) != bool(row.refused)
        assert bool(row.refused) == bool(row.next_step)
        assert not (row.refused and (row.early or row.late))


def test_every_script_is_a_step_and_every_step_a_script() -> None:
    scripts = {
        path.name.removesuffix(".sh") for path in files("hobnail.profile.overlay").joinpath("host/steps").iterdir()
    }
    named = {step for rows in WAYS.values() for row in rows for step in (row.early, row.late)} - {""}
    assert scripts == set(ORDER) == named | {"late-hook"}
    assert len(ORDER) == len(set(ORDER.values()))


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_has_a_row(option: str) -> None:
    assert set(used(OPTIONS[option])) <= set(WAYS)
    assert used(OPTIONS[option]) or option == "nothing"


def test_releases_are_numbers() -> None:
    assert release_of(Generation.ESXI7, "7.0.2") < release_of(Generation.ESXI7, "7.0.10")
    assert release_of(Generation.ESXI7, "") == release_of(Generation.ESXI7, "7") == (7, 0, 0)
    assert release_of(Generation.ESXI41, "") == (4, 1, 0)
    assert way_of("root.password_hash", (7, 0, 0)).early == ""
    assert way_of("root.password_hash", (7, 0, 3)).early == "root-edit"
    assert [spoken(release) for release in ((7, 0, 2), (6, 5, 0), (4, 1, 0))] == ["7.0 Update 2", "6.5", "4.1"]


def test_secure_boot() -> None:
    (warning,) = secure_boot_warnings(OPTIONS["nfs"], Generation.ESXI8, "8.0.3")
    assert re.search("unsigned.*nfs", warning.what)
    assert "kernel options" in warning.next_step
    assert "API" in warning.next_step
    assert secure_boot_warnings(OPTIONS["serial_console"], Generation.ESXI8, "8.0.3") == ()
    assert secure_boot_warnings(Settings(), Generation.ESXI8, "8.0.3") == ()
    (old,) = secure_boot_warnings(Settings(), Generation.ESXI5, "5.5.0")
    assert "does not boot under" in old.what


def test_secure_boot_and_installations() -> None:
    install = OPTIONS["install"]
    (warning,) = secure_boot_warnings(install, Generation.ESXI8, "8.0.3")
    assert "%firstboot" in warning.what
    by_overlay = Settings(boot=install.boot, install=Install(deliver="overlay"))
    assert len(secure_boot_warnings(by_overlay, Generation.ESXI8, "8.0.3")) == 2
    modules = Settings(modules=(ExtraModule("driver.tgz", source("driver.tgz", b"")),))
    assert "driver.tgz" in secure_boot_warnings(modules, Generation.ESXI8, "8.0.3")[0].what
