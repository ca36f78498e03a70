"""The demo's hosts: one of each kind of boot, what each is to be, and the media that they boot from."""

import base64
import gzip
import hashlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hobnail.app.demo.later_medium import make_later_medium, spec_for
from hobnail.app.demo.machines import Machine
from hobnail.app.demo.medium import MediumSpec, bank_for, make_medium
from hobnail.app.demo.probe import build_probe
from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import uefi_machine
from hobnail.image.model import Generation

Say = Callable[[str], None]

VERSION, BUILD = "4.0.0", "208167"
MODULE_SIZES = {
    "vmk.gz": 3_000_001,
    "sys.vgz": 6_000_003,
    "cim.vgz": 2_000_007,
    "oem.tgz": 300_017,
    "license.tgz": 1_009,
    "cimstg.tgz": 400_003,
}
"""Bytes of 4.0's modules, unpacked: odd, and large enough to see them go by. mod.tgz is empty, as shipped."""
OTHER_SIZE = 100


@dataclass(frozen=True, slots=True)
class LabHost:
    """A host of the demo: its name in the settings, what it boots, and in what machine.

    mboot.c32 unpacks modules; the stand-in for mboot.efi hashes them as they come.
    """

    name: str
    version: str
    machine: Machine
    unpacks: bool


HOSTS = (
    LabHost("old", VERSION, Machine(1, "pc", "e1000"), unpacks=True),
    LabHost("mid", spec_for("6.7").version, uefi_machine(2, "pxe"), unpacks=False),
    LabHost("new", spec_for("8.0").version, uefi_machine(3, "http"), unpacks=False),
)

KEY = "ssh-ed25519 " + base64.b64encode(
    b"\0\0\0\x0bssh-ed25519\0\0\0\x20" + hashlib.sha256(b"hobnail demo").digest()
).decode("ascii")
"""A public key in OpenSSH's form; nobody has the other half."""


def settings(password_hash: str) -> str:
    """Return the settings file of the demo."""
    head = f"""\
# What `hobnail demo` applies: SSH with a key, a password, a datastore and a name for every host.
[profiles.lab]
root.password_hash = "{password_hash}"
ssh.enabled = true
ssh.authorized_keys = ["{KEY} demo"]
identity.domain = "lab.example"
nfs.isos = {{ server = "10.77.0.9", share = "/export/isos" }}
"""
    hosts = "".join(
        f'\n[hosts.{host.name}]\nmac = "{host.machine.mac}"\nprofile = "lab"\nimage = "{host.version}"\n'
        for host in HOSTS
    )
    return head + hosts


def make_media(work: Path, say: Say) -> Iterator[Path]:
    """Make an installer CD for each host and yield it, the next when the one before was taken."""
    probe = build_probe(work)
    say(f"the probe, a Multiboot kernel of {probe.stat().st_size:,} bytes, is built from its source")
    say("making an installer CD in the shape of ESXi 4.0 around it: a boot bank inside a disk image inside archives")
    packed = gzip.compress(probe.read_bytes(), mtime=0)
    bank = bank_for(Generation.ESXI40, packed, version=VERSION, build=BUILD, filler=filler)
    medium = work / "esxi4.0.iso"
    make_medium(MediumSpec(Generation.ESXI40, VERSION, BUILD, bank), medium, work)
    yield medium
    say("making installer CDs in the shape of ESXi 6.7 and 8.0 around a stand-in for VMware's mboot.efi")
    standin = build_standin(work).read_bytes()
    for release in ("6.7", "8.0"):
        medium = work / f"esxi{release}.iso"
        make_later_medium(replace(spec_for(release), extra={"efi/boot/bootx64.efi": standin}), medium, work)
        yield medium


def filler(name: str) -> bytes:
    """Return a module's body, always the same for a name, gzip'd as real modules are."""
    return gzip.compress(random.Random(name).randbytes(MODULE_SIZES.get(name, OTHER_SIZE)), 1, mtime=0)
