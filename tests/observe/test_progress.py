import pytest

from hobnail.observe.events import BootEvent
from hobnail.observe.progress import BootStage, HostProgress, Progress
from tests.observe.boots import (
    CONFIG,
    KERNEL,
    MAC,
    MODULES,
    PEER,
    SEARCHED,
    Clock,
    boot,
    classify,
    dhcp,
    done,
    failed,
    fetch,
    files,
    missing,
    no_arp,
    sized,
    started,
)

OTHER = "52:54:00:4c:00:02"


@pytest.fixture
def progress() -> Progress:
    return Progress(mac_of=no_arp, classify=classify)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def only(progress: Progress) -> HostProgress:
    (host,) = progress.hosts()
    return host


def apply(progress: Progress, *events: BootEvent) -> HostProgress:
    for event in events:
        progress.apply(event)
    return only(progress)


PXELINUX_604: list[
    tuple[BootEvent, BootStage, int, int, int, str | None]
] = [  # what happens, then: stage, module, of how many, bytes, what it fetches
    (dhcp(1.0), BootStage.OFFERED, 0, 0, 0, None),
    (dhcp(1.1, "REQUEST", "acknowledged"), BootStage.OFFERED, 0, 0, 0, None),
    (started(1.2, "pxelinux.0"), BootStage.LOADER, 0, 0, 0, "pxelinux.0"),
    (done(1.3, "pxelinux.0"), BootStage.LOADER, 0, 0, 1000, None),
    (started(1.4, "ldlinux.c32"), BootStage.LOADER, 0, 0, 1000, "ldlinux.c32"),
    (done(1.5, "ldlinux.c32"), BootStage.LOADER, 0, 0, 2000, None),
    (missing(1.6, SEARCHED[0], expected=True), BootStage.LOADER, 0, 0, 2000, None),
    (started(1.7, CONFIG), BootStage.MENU, 0, 0, 2000, CONFIG),
    (done(1.8, CONFIG, 300), BootStage.MENU, 0, 0, 2300, None),
    (started(1.9, "mboot.c32"), BootStage.MENU, 0, 0, 2300, "mboot.c32"),
    (done(2.0, "mboot.c32"), BootStage.MENU, 0, 0, 3300, None),
    (started(2.1, "libcom32.c32"), BootStage.MENU, 0, 0, 3300, "libcom32.c32"),
    (done(2.2, "libcom32.c32"), BootStage.MENU, 0, 0, 4300, None),
    (started(2.3, KERNEL), BootStage.KERNEL, 0, 3, 4300, KERNEL),
    (done(2.4, KERNEL), BootStage.KERNEL, 0, 3, 5300, None),
    (started(2.5, MODULES[0]), BootStage.MODULES, 1, 3, 5300, MODULES[0]),
    (done(2.6, MODULES[0]), BootStage.MODULES, 1, 3, 6300, None),
    (started(2.7, MODULES[1]), BootStage.MODULES, 2, 3, 6300, MODULES[1]),
    (done(2.8, MODULES[1]), BootStage.MODULES, 2, 3, 7300, None),
    (started(2.9, MODULES[2]), BootStage.MODULES, 3, 3, 7300, MODULES[2]),
    (done(3.0, MODULES[2]), BootStage.HANDED_OVER, 3, 3, 8300, None),
]


def test_pxelinux_604_step_by_step(progress: Progress) -> None:
    for event, *expected in PXELINUX_604:
        host = apply(progress, event)
        assert [host.stage, host.module, host.modules, host.bytes, host.file] == expected, event
        assert (host.mac, host.address, host.client, host.seen) == (MAC, PEER, "BIOS", event.at)
        assert (host.trouble, host.boots) == (None, 1)


def test_the_labels() -> None:
    labels = "discovered, offered, loader, menu, size pass, kernel, modules, handed over"
    assert ", ".join(stage.label for stage in BootStage) == labels


def test_late_and_repeated_events_change_nothing(progress: Progress) -> None:
    events = [event for event, *_ in PXELINUX_604]
    shaken: list[BootEvent] = []
    for before, after in zip(events[::2], events[1::2], strict=False):
        shaken += [after, before, after, before]
    host = apply(progress, *shaken, events[-1], events[0], events[-1])
    assert (host.stage, host.module, host.modules, host.boots) == (BootStage.HANDED_OVER, 3, 3, 1)
    assert host.bytes == 8300, "a file that is told of twice is counted once"


def test_a_beginning_told_after_its_end_is_no_fetch(progress: Progress) -> None:
    host = apply(progress, dhcp(1.0), done(1.5, KERNEL), started(1.4, KERNEL))
    assert (host.file, host.stage, host.bytes) == (None, BootStage.KERNEL, 1000)
    assert apply(progress, started(1.6, KERNEL)).file == KERNEL, "a file may be fetched twice"


def test_proxy_mode_knows_the_host_by_arp(clock: Clock) -> None:
    asked: list[str] = []

    def arp(peer: str) -> str | None:
        asked.append(peer)
        return MAC.upper()

    progress = Progress(mac_of=arp, classify=classify)
    host = apply(progress, dhcp(clock(), address=None), *files(clock))
    assert (host.mac, host.address, host.stage) == (MAC, PEER, BootStage.HANDED_OVER)
    assert asked == [PEER], "an address is not looked up for each file"


def test_an_address_that_went_to_another_host_is_looked_up_anew(clock: Clock) -> None:
    arp = {PEER: MAC}
    progress = Progress(mac_of=arp.get, classify=classify)
    for event in (dhcp(clock(), address=None), *files(clock)):
        progress.apply(event)
    arp[PEER] = OTHER
    clock.now += 60
    for event in (dhcp(clock(), address=None, mac=OTHER), *fetch(clock, "pxelinux.0")):
        progress.apply(event)
    first, second = progress.hosts()
    assert (first.mac, first.address, first.stage) == (MAC, None, BootStage.HANDED_OVER)
    assert (second.mac, second.address, second.stage) == (OTHER, PEER, BootStage.LOADER)


def test_proxy_mode_knows_the_host_by_what_it_says_on_port_4011(progress: Progress, clock: Clock) -> None:
    events = [dhcp(clock(), address=None), dhcp(clock(), "REQUEST", "acknowledged"), *files(clock)]
    host = apply(progress, *events)
    assert (host.mac, host.stage) == (MAC, BootStage.HANDED_OVER)


def test_dhcp_gives_an_address_to_another_host(progress: Progress, clock: Clock) -> None:
    for event in (*boot(clock), dhcp(clock(), mac=OTHER), *fetch(clock, "pxelinux.0")):
        progress.apply(event)
    first, second = progress.hosts()
    assert (first.mac, first.address, first.stage) == (MAC, None, BootStage.HANDED_OVER)
    assert (second.mac, second.address, second.stage) == (OTHER, PEER, BootStage.LOADER)


def test_without_dhcp_the_address_stands_for_the_host(progress: Progress, clock: Clock) -> None:
    host = apply(progress, *files(clock))
    assert (host.mac, host.address, host.client, host.boots) == (None, PEER, "", 1)
    assert host.stage is BootStage.HANDED_OVER
    assert apply(progress, started(clock(), "pxelinux.0")).boots == 2, "it asks for its loader again: a new boot"


@pytest.mark.parametrize("discovered", [True, False])
def test_a_host_that_gets_its_name_later_keeps_its_line(clock: Clock, discovered: bool) -> None:
    arp: dict[str, str] = {}
    progress = Progress(mac_of=arp.get, classify=classify)
    if discovered:
        progress.apply(dhcp(clock(), address=None))
    for event in fetch(clock, "pxelinux.0"):
        progress.apply(event)
    arp[PEER] = MAC
    clock.now += 2
    host = apply(progress, started(clock(), CONFIG))
    assert (host.mac, host.address, host.stage, host.bytes, host.boots) == (MAC, PEER, BootStage.MENU, 1000, 1)
    assert host.client == ("BIOS" if discovered else "")


def test_a_nameless_host_ends_where_dhcp_gives_its_address_away(progress: Progress, clock: Clock) -> None:
    host = apply(progress, *files(clock), dhcp(clock()))
    assert (host.mac, host.address, host.stage, host.bytes) == (MAC, PEER, BootStage.OFFERED, 0)


def test_uefi_asks_for_all_sizes_first(progress: Progress, clock: Clock) -> None:
    host = apply(progress, dhcp(clock(), client="UEFI x86-64"), *fetch(clock, CONFIG))
    for name in (KERNEL, *MODULES):
        progress.apply(started(clock(), name))
        host = apply(progress, sized(clock(), name))
        assert (host.stage, host.module, host.file) == (BootStage.SIZE_PASS, 0, None)
    for name in (KERNEL, *MODULES):
        host = apply(progress, started(clock(), name), sized(clock(), name), *fetch(clock, name))
    assert (host.stage, host.module, host.trouble, host.bytes) == (BootStage.HANDED_OVER, 3, None, 5000)


def test_a_new_discover_is_a_new_boot(progress: Progress, clock: Clock) -> None:
    for count in (1, 2, 3):
        host = apply(progress, *boot(clock))
        assert (host.boots, host.stage, host.bytes) == (count, BootStage.HANDED_OVER, 9000)
    host = apply(progress, dhcp(clock()))
    assert (host.boots, host.stage, host.module, host.modules, host.bytes) == (4, BootStage.OFFERED, 0, 0, 0)


def test_a_discover_sent_again_is_the_same_boot(progress: Progress, clock: Clock) -> None:
    assert apply(progress, dhcp(clock()), dhcp(clock()), dhcp(clock())).boots == 1


def test_a_discover_told_late_is_the_same_boot(progress: Progress, clock: Clock) -> None:
    host = apply(progress, *boot(clock), dhcp(clock.now - 1))
    assert (host.boots, host.stage) == (1, BootStage.HANDED_OVER)


def test_ipxe_loaded_by_the_firmware_is_the_same_boot(progress: Progress, clock: Clock) -> None:
    events = [dhcp(clock()), *fetch(clock, "pxelinux.0"), dhcp(clock(), client="iPXE BIOS")]
    host = apply(progress, *events, dhcp(clock(), client="iPXE BIOS"), *fetch(clock, KERNEL))
    assert (host.boots, host.client, host.stage) == (1, "iPXE BIOS", BootStage.KERNEL)
    assert apply(progress, dhcp(clock())).boots == 2


def test_the_running_kernel_wants_an_address(progress: Progress, clock: Clock) -> None:
    plain = [dhcp(clock(), client="not network-booting"), dhcp(clock(), "RELEASE", "acknowledged")]
    for event in plain:
        progress.apply(event)
    assert progress.hosts() == (), "hosts that do not boot are none of ours"
    host = apply(progress, *boot(clock), dhcp(clock(), client="not network-booting"))
    assert (host.boots, host.stage, host.client, host.seen) == (1, BootStage.HANDED_OVER, "BIOS", clock.now)


def test_ignored_messages_make_no_host(progress: Progress, clock: Clock) -> None:
    progress.apply(dhcp(clock(), outcome="ignored", reason="not ours"))
    assert progress.hosts() == ()


def test_a_refusal(progress: Progress, clock: Clock) -> None:
    host = apply(progress, dhcp(clock(), outcome="refused", client="UEFI x86-64", reason="set it to BIOS boot"))
    assert host.trouble == f"{MAC} (UEFI x86-64) was refused: set it to BIOS boot"
    assert host.stage is BootStage.DISCOVERED
    host = apply(progress, dhcp(clock()))
    assert (host.trouble, host.client, host.boots) == (None, "BIOS", 1)


def test_a_missing_file(progress: Progress, clock: Clock) -> None:
    host = apply(progress, dhcp(clock()), *fetch(clock, "pxelinux.0"), missing(clock(), "mboot.c32"))
    assert host.trouble == f"{MAC} asked for mboot.c32, which is missing: import the medium again"
    host = apply(progress, dhcp(clock(), "REQUEST", "acknowledged"))
    assert host.trouble is not None, "an address does not mend a missing file"
    assert apply(progress, *fetch(clock, "libcom32.c32")).trouble is not None
    assert apply(progress, *fetch(clock, "mboot.c32")).trouble is None


def test_a_missing_file_that_did_no_harm(progress: Progress, clock: Clock) -> None:
    host = apply(progress, missing(clock(), "autoexec.ipxe"), *files(clock))
    assert (host.stage, host.trouble) == (BootStage.HANDED_OVER, None)


def test_a_transfer_that_broke_off(progress: Progress, clock: Clock) -> None:
    host = apply(progress, dhcp(clock()), started(clock(), MODULES[1]), failed(clock(), MODULES[1]))
    assert host.trouble is not None
    assert host.trouble.startswith(f"{MAC} got 400 of 1000 bytes of {MODULES[1]}: no acknowledgement for 10 s; ")
    assert (host.stage, host.file, host.bytes) == (BootStage.OFFERED, None, 400)
    assert apply(progress, dhcp(clock())).trouble is None, "a new boot, a new chance"


def test_a_host_without_mac_is_named_by_its_address(progress: Progress, clock: Clock) -> None:
    host = apply(progress, missing(clock(), "nothing"))
    assert host.trouble == f"{PEER} asked for nothing, which is missing: import the medium again"
