"""Loaders that turn out to be iPXE or GRUB: who goes on, who cannot be followed, who runs in a circle."""

import pytest

from hobnail.boot.check.clients import Client
from hobnail.boot.check.firmware import Start, run_client
from hobnail.boot.check.journal import Journal
from hobnail.boot.check.summary import as_record
from tests.boot.check.trees import MAC, SERVER, efi, look_up, play

BASE = f"http://{SERVER}/"
KPXE = b"\xea iPXE" + bytes(600)
IPXE_EFI = efi() + b"iPXE"


@pytest.mark.parametrize(
    ("client", "name", "data", "becomes"),
    [
        (Client.BIOS, "undionly.kpxe", KPXE, Client.IPXE_BIOS),
        (Client.UEFI, "snponly.efi", IPXE_EFI, Client.IPXE_UEFI),
        (Client.UEFI_HTTP, BASE + "snponly.efi", IPXE_EFI, Client.IPXE_UEFI),
        (Client.ARM64, "snponly.efi", efi(0xAA64) + b"iPXE", None),
        (Client.UEFI, "grubx64.efi", efi() + b"GRUB", None),
    ],
)
def test_what_a_client_becomes(client: Client, name: str, data: bytes, becomes: Client | None) -> None:
    journal = Journal()
    ladder = run_client(journal, Start(client, MAC, "10.77.0.108", SERVER, name))
    ended: Client | None = Client.BIOS
    fetch = next(ladder)
    try:
        while True:
            fetch = ladder.send(look_up({name.removeprefix(BASE): data}, fetch))
    except StopIteration as end:
        ended = end.value
    assert ended == becomes
    assert journal.first_failure is None
    assert bool(journal.not_followed) == (becomes is None)
    assert as_record(journal)["boots"] is (None if becomes is None else True)


@pytest.mark.parametrize(("client", "data"), [(Client.IPXE_BIOS, KPXE), (Client.IPXE_UEFI, IPXE_EFI)])
def test_ipxe_that_is_named_to_ipxe_runs_in_a_circle(client: Client, data: bytes) -> None:
    where, cause, _, fix = play({"ipxe": data}, client, "ipxe").first
    assert where == f"tftp://{SERVER}/ipxe"
    assert "again and again" in cause
    assert "option 77" in fix


@pytest.mark.parametrize(
    ("client", "data"),
    [(Client.IPXE_BIOS, KPXE), (Client.IPXE_UEFI, IPXE_EFI), (Client.IPXE_UEFI, efi() + b"GRUB")],
)
def test_what_a_script_starts_and_nobody_follows_is_said(client: Client, data: bytes) -> None:
    played = play({"boot.ipxe": b"#!ipxe\nchain other\n", "other": data}, client, BASE + "boot.ipxe")
    assert played.failures == []
    assert f"{BASE}other" in played.journal.not_followed
