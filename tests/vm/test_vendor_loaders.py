"""The vendor's own loaders, the best judges: each way of booting, from `hobnail serve` to the probe's ESXBootInfo.

They are not ours to ship. Whoever has an installer ISO of ESXi 7.0.2 or later takes them from there, and PXELINUX
from kernel.org, and names the folder in the environment:

    mboot.efi       efi/boot/bootx64.efi of the ISO
    crypto64.efi    efi/boot/crypto64.efi of the ISO
    mboot.c32       mboot.c32 of the ISO
    pxelinux.0      core/pxelinux.0 of syslinux 3.86 (later ones cannot load VMware's mboot.c32)
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hobnail.app.demo.machines import Booted, Machine, fleet
from hobnail.app.demo.probe import build_probe
from hobnail.app.demo.uefi_machines import uefi_machine
from hobnail.image.model import Image
from tests.namespaces import Namespace
from tests.vm.lan import Server, named
from tests.vm.later import assert_has, fill_later_store, name_of, need_uefi, power_on

VARIABLE = "HOBNAIL_LOADERS"
NEEDED = ("mboot.efi", "crypto64.efi", "mboot.c32", "pxelinux.0")
LOADERS = Path(os.environ.get(VARIABLE) or "/nonexistent")
LACKING = [name for name in NEEDED if not (LOADERS / name).is_file()]

# The one skip that CI has too: these files cannot be had without an ISO of one's own.
pytestmark = [
    pytest.mark.vm,
    pytest.mark.skipif(bool(LACKING), reason=f"{VARIABLE} must name a folder with VMware's {', '.join(LACKING)}"),
]

SERVE = ("--dhcp", "full", "--range", "10.77.0.100-10.77.0.150", "--timeout", "1", "--loaders", str(LOADERS))
MEMORY = ("-m", "512")
BIOS, PXE, HTTP, IPXE = fleet(1)[0], uefi_machine(1, "pxe"), uefi_machine(1, "http"), uefi_machine(1, "ipxe")
Filled = Callable[[str], tuple[Path, Image]]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """Return a store with an image of a release, whose kernel is the probe and whose loaders are the vendor's."""
    need_uefi()
    folder = tmp_path_factory.mktemp("vendor")
    probe = build_probe(folder).read_bytes()
    places = {"efi/boot/bootx64.efi": "mboot.efi", "efi/boot/crypto64.efi": "crypto64.efi", "mboot.c32": "mboot.c32"}
    made: dict[str, tuple[Path, Image]] = {}

    def fill(release: str) -> tuple[Path, Image]:
        if release not in made:
            files = {path: (LOADERS / name).read_bytes() for path, name in places.items()}
            image = fill_later_store(folder / release, release, files, probe)
            made[release] = folder / release / "store", image
        return made[release]

    return fill


@pytest.mark.parametrize(
    ("release", "machine"),
    [
        pytest.param("5.5", BIOS, id="5.5 by PXELINUX 3.86"),
        pytest.param("8.0", BIOS, id="8.0 by PXELINUX 3.86"),
        pytest.param("6.7", PXE, id="6.7 by UEFI PXE"),
        pytest.param("8.0", PXE, id="8.0 by UEFI PXE"),
        pytest.param("8.0", HTTP, id="8.0 by UEFI HTTP Boot"),
        pytest.param("9.1", IPXE, id="9.1 by iPXE on UEFI"),
    ],
)
def test_mboot_hands_over_the_whole_image(release: str, machine: Machine, filled: Filled, host: Namespace) -> None:
    store, image = filled(release)
    with Server(host, store, *SERVE) as server:
        run = power_on(machine, host, *MEMORY)
        events = server.stop()
    assert_has(run, machine, image, store, unpacked=True)
    assert isinstance(run.result, Booted)
    assert run.result.report.loader == "ESXBootInfo"
    done = [name_of(name) for name in named(events, "file_done")]
    assert "boot.cfg" in done
    assert image.kernel.name in done
    assert not [event for event in events if event["event"] == "file_missing" and not event["expected"]]
    # QEMU's card carries iPXE, which takes http:// and hands that on to PXELINUX.
    ways = {event["protocol"] for event in events if event["event"] == "file_done"}
    assert ways == ({"tftp"} if machine is PXE else {"http"})
