"""The ladder of a UEFI boot, by the requests that mboot.efi was measured to make (boot-traces.md, section 4)."""

from collections.abc import Iterator

import pytest

from hobnail.boot.shelf import Named
from hobnail.observe.events import BootEvent, FileDone, FileSized, FileStarted
from hobnail.observe.progress import HostProgress, Progress
from tests.observe.boots import MAC, PEER, Clock, dhcp, done, failed, missing, no_arp, sized, started

FILES = ["b.b00", "k.b00", "s.v00", "x.v00"]
NAMES = {
    "D/mboot.efi": Named("loader"),
    "D/crypto64.efi": Named("loader"),
    "D/boot.cfg": Named("config"),
    f"D/01-{MAC.replace(':', '-')}/boot.cfg": Named("config"),
    **{f"D/{name}": Named("module" if at else "kernel", at, 3) for at, name in enumerate(FILES)},
}
OWN = f"D/01-{MAC.replace(':', '-')}/boot.cfg"


@pytest.fixture
def progress() -> Progress:
    return Progress(mac_of=no_arp, classify=lambda name: NAMES.get(name.lstrip("/"), Named("other")))


def steps(progress: Progress, events: Iterator[BootEvent]) -> list[str]:
    """Return the stages that a person sees, each once."""
    seen: list[str] = []
    for event in events:
        progress.apply(event)
        (host,) = progress.hosts()
        if not seen or seen[-1] != host.stage_text:
            seen.append(host.stage_text)
    return seen


def whole(clock: Clock, name: str) -> Iterator[BootEvent]:
    yield started(clock(), name)
    yield done(clock(), name)


def firmware(clock: Clock) -> Iterator[BootEvent]:
    yield dhcp(clock(), client="UEFI x86-64")
    yield dhcp(clock(), "REQUEST", "acknowledged", client="UEFI x86-64")


def by_tftp(clock: Clock) -> Iterator[BootEvent]:
    """OVMF and mboot.efi: each size is an RRQ that the client ends with ERROR 8 after the OACK."""
    yield from firmware(clock)
    for name in ("D/mboot.efi", OWN):
        yield sized(clock(), name)
        yield from whole(clock, name)
    for name in FILES:
        yield sized(clock(), f"D/{name}")
    for name in ("crypto64.efi", *FILES):
        yield sized(clock(), f"D/{name}")
        yield from whole(clock, f"D/{name}")


def by_http(clock: Clock) -> Iterator[BootEvent]:
    """OVMF's HTTP boot and mboot.efi: HEAD mboot.efi, GET; GET boot.cfg; HEAD each module; GET each."""
    yield from firmware(clock)
    yield FileSized(clock(), PEER, "/D/mboot.efi", 1000, "http")
    for name in ("D/mboot.efi", OWN):
        yield FileStarted(clock(), PEER, f"/{name}", 1000, "http")
        yield FileDone(clock(), PEER, f"/{name}", 1000, 0.05, "http")
    for name in FILES:
        yield FileSized(clock(), PEER, f"/D/{name}", 1000, "http")
    for name in ("crypto64.efi", *FILES):
        yield FileStarted(clock(), PEER, f"/D/{name}", 1000, "http")
        yield FileDone(clock(), PEER, f"/D/{name}", 1000, 0.05, "http")


LADDER = [
    "offered",
    "loader",
    "boot.cfg",
    *(f"size pass {number} of 4" for number in (1, 2, 3, 4)),
    "kernel",
    *(f"module {number} of 3" for number in (1, 2, 3)),
    "handed over",
]


def test_by_tftp(progress: Progress) -> None:
    assert steps(progress, by_tftp(Clock())) == LADDER


def test_by_http(progress: Progress) -> None:
    assert steps(progress, by_http(Clock())) == LADDER


def host_of(progress: Progress) -> HostProgress:
    (host,) = progress.hosts()
    return host


def test_the_default_boot_cfg_after_the_one_that_is_not_there(progress: Progress) -> None:
    clock = Clock()
    for event in (*firmware(clock), *whole(clock, "D/mboot.efi"), missing(clock(), OWN, expected=True)):
        progress.apply(event)
    assert host_of(progress).stage_text == "loader"
    for event in whole(clock, "D/boot.cfg"):
        progress.apply(event)
    assert host_of(progress).stage_text == "boot.cfg"


def test_a_pass_that_a_missing_file_ends_goes_on_to_the_kernel(progress: Progress) -> None:
    """mboot stops asking sizes at the first file that is not there, and fails only when it loads it."""
    clock = Clock()
    events = [*firmware(clock), *whole(clock, "D/mboot.efi"), *whole(clock, OWN), sized(clock(), "D/b.b00")]
    events += [missing(clock(), "D/k.b00"), *whole(clock, "D/crypto64.efi"), *whole(clock, "D/b.b00")]
    assert steps(progress, iter(events))[3:] == ["size pass 1 of 4", "kernel"]
    assert "k.b00" in (host_of(progress).trouble or "")


def test_repeated_sizes_count_once_and_never_lead_back(progress: Progress) -> None:
    clock = Clock()
    for event in (*by_tftp(clock), sized(clock(), "D/s.v00"), sized(clock(), "D/s.v00")):
        progress.apply(event)
    assert (host_of(progress).stage_text, host_of(progress).sized) == ("handed over", 4)


def test_a_new_boot_begins_its_own_pass(progress: Progress) -> None:
    clock = Clock()
    events = [*by_tftp(clock), *firmware(clock), *whole(clock, "D/mboot.efi"), sized(clock(), "D/b.b00")]
    assert steps(progress, iter(events))[-1] == "size pass 1 of 4"
    assert host_of(progress).boots == 2


def test_a_transfer_that_broke_off_is_no_size(progress: Progress) -> None:
    clock = Clock()
    events = [*firmware(clock), *whole(clock, "D/mboot.efi"), started(clock(), "D/b.b00"), failed(clock(), "D/b.b00")]
    for event in events:
        progress.apply(event)
    assert host_of(progress).sized == 0


def test_other_loaders_have_no_such_stage(progress: Progress) -> None:
    clock = Clock()
    events = [*firmware(clock), *whole(clock, "D/mboot.efi"), *whole(clock, OWN)]
    for name in FILES:
        events += whole(clock, f"D/{name}")
    assert not [text for text in steps(progress, iter(events)) if text.startswith("size pass")]
