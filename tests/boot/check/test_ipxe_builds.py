"""Which build of iPXE is handed out: those with drivers of their own are warned of."""

import pytest

from hobnail.boot.check.clients import Client
from tests.boot.check.trees import efi, play


@pytest.mark.parametrize(
    ("client", "name", "better"),
    [
        (Client.UEFI, "ipxe.efi", "snponly.efi"),
        (Client.UEFI, "boot/IPXE.EFI", "snponly.efi"),
        (Client.BIOS, "ipxe.pxe", "undionly.kpxe"),
    ],
)
def test_a_build_with_all_drivers_is_warned_of(client: Client, name: str, better: str) -> None:
    played = play({name: body_of(client)}, client, name)
    assert played.failures == []
    (finding,) = played.journal.findings
    assert "drivers of its own" in finding.cause
    assert better in finding.fix


@pytest.mark.parametrize(("client", "name"), [(Client.UEFI, "snponly.efi"), (Client.BIOS, "undionly.kpxe")])
def test_the_builds_that_use_the_firmwares_driver_are_not(client: Client, name: str) -> None:
    played = play({name: body_of(client)}, client, name)
    assert played.failures == []
    assert played.journal.findings == []


def body_of(client: Client) -> bytes:
    return b"\xea iPXE" + bytes(600) if client is Client.BIOS else efi() + b"iPXE"
