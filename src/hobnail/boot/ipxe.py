"""iPXE's script for one host, rendered from a boot plan.

Source: ipxe.org/cmd and ipxe.org/cfg (settings, `:uristring` and `:hexhyp` formats); boot-traces, sections 1 and 4.
A .c32 is never chained from iPXE directly: distribution builds hang (facts, section 5); pxelinux.0 is.
"""

from hobnail.boot.plan import BootPlan
from hobnail.formats.printable import printable

SCRIPT = "boot.ipxe"
BIOS_SCRIPT = "bios.ipxe"
SCRIPTS = (SCRIPT, BIOS_SCRIPT)

_ASKED = ("manufacturer", "product", "serial", "asset")
"""SMBIOS values that iPXE sends back, so that hosts are told apart by more than their MAC address (identity.py)."""


FROM_DISK = b"#!ipxe\n# made by hobnail: this host is installed\nexit 1\n"
"""Goes on with the firmware's next device (ipxe.org/cmd/exit)."""


def first_script(base: str, folder: str, script: str) -> bytes:
    """Return the script that every iPXE gets: it asks for the host's own, with what the firmware knows of it."""
    asked = "&".join(f"{name}=${{{name}:uristring}}" for name in _ASKED)
    asked += "&uuid=${uuid}"  # with :uristring it would be 16 raw bytes
    lines = (
        "#!ipxe",
        f"chain --replace {base}/{folder}/01-${{netX/mac:hexhyp}}/{script}?{asked} ||",
        f"chain --replace {base}/{folder}/01-${{net0/mac:hexhyp}}/{script}?{asked}",
    )
    return ("\n".join(lines) + "\n").encode("ascii")


def render_uefi(plan: BootPlan, base: str, host_folder: str) -> bytes:
    """Return the host's script for UEFI: the medium's mboot.efi, told its boot.cfg by URL."""
    arguments = " ".join(
        part for part in (plan.options.loader_options, "-c", f"{base}/{plan.folder}/{host_folder}/boot.cfg") if part
    )
    lines = (
        "#!ipxe",
        f"# {printable(plan.image.title)}, made by hobnail for {plan.mac}",
        f"kernel {base}/{plan.folder}/mboot.efi {arguments}",
        "boot",
    )
    return ("\n".join(lines) + "\n").encode("ascii")


def render_bios(plan: BootPlan, base: str) -> bytes:
    """Return the host's script for BIOS: PXELINUX, which fetches all else below the same URL (option 210).

    Tried with 3.86 and 6.04: they fetch through iPXE. Without 210 they would take the prefix from DHCP's answer.
    """
    lines = (
        "#!ipxe",
        f"# {printable(plan.image.title)}, made by hobnail for {plan.mac}",
        f"set 210:string {base}/",
        f"chain {base}/pxelinux.0",
    )
    return ("\n".join(lines) + "\n").encode("ascii")
