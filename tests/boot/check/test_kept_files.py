"""Files that a server keeps for the host that they were made for, and refusals that are faults."""

import pytest

from hobnail.boot.check.clients import Client
from hobnail.boot.check.journal import Failed, Trouble
from hobnail.boot.check.summary import as_record
from hobnail.boot.content import ONLY_THAT_HOST
from tests.boot.check.trees import SERVER, bios_tree, play, uefi_tree

KEPT = Failed(
    Trouble.REFUSED, f"the server answers status 403 Forbidden: k.b00 was made for x and {ONLY_THAT_HOST}", 0.1
)
CLOSED = Failed(Trouble.REFUSED, "the server answers status 403 Forbidden: no", 0.1)
BASE = f"http://{SERVER}/"


@pytest.mark.parametrize(
    ("client", "first", "name", "later"),
    [
        (Client.UEFI, "esxi7/mboot.efi", "esxi7/k.b00", "esxi7/s.v00"),
        (Client.UEFI_HTTP, f"{BASE}esxi7/mboot.efi", f"{BASE}esxi7/k.b00", f"{BASE}esxi7/s.v00"),
        (Client.BIOS, "pxelinux.0", "esxi4/oem.tgz", "esxi4/mod.tgz"),
    ],
)
def test_a_file_that_only_its_host_is_handed_is_no_fault(client: Client, first: str, name: str, later: str) -> None:
    tree = bios_tree() if client is Client.BIOS else uefi_tree()
    played = play(tree, client, first, answers={name: KEPT})
    assert played.failures == []
    (warning,) = played.journal.findings
    assert warning.where == name
    assert "could not be checked from here" in warning.cause
    assert played.journal.kept_from_us == [name]
    assert later in played.names, "it goes on with the rest"
    record = as_record(played.journal)
    assert (record["boots"], record["kept_from_us"]) == (True, [name])


def test_the_size_pass_goes_on_after_it() -> None:
    played = play(uefi_tree(), Client.UEFI, answers={"esxi7/k.b00": KEPT})
    assert [fetch.name for fetch in played.asked if fetch.what == "size"][-1] == "esxi7/s.v00"


@pytest.mark.parametrize(
    ("name", "answer"),
    [("esxi7/k.b00", CLOSED), ("esxi7/b.b00", KEPT), ("esxi7/mboot.efi", KEPT), ("esxi7/boot.cfg", KEPT)],
)
def test_every_other_refusal_is_one(name: str, answer: Failed) -> None:
    where, cause, _, fix = play(uefi_tree(), Client.UEFI, answers={name: answer}).first
    assert where == name
    assert cause == answer.text
    assert "the server's words" in fix
