"""`hobnail boot check`: play a client that boots from the network, and say what would fail."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hobnail.formats.printable import printable

if TYPE_CHECKING:
    from hobnail.boot.check.journal import Finding, Journal, Step

WOULD_FAIL = 2
NOT_KNOWN = 1


@click.group()
def boot() -> None:
    """Try a boot without a machine."""


@boot.command()
@click.option("--host", metavar="HOST", help="Play this host of the settings in force: its first MAC address.")
@click.option("--mac", metavar="MAC", help="The host's MAC address (default: the interface's, else a made-up one).")
@click.option(
    "--arch",
    type=click.Choice(["bios", "uefi", "uefi-http", "ipxe-bios", "ipxe-uefi", "arm64"]),
    default="bios",
    show_default=True,
    help="The client to play.",
)
@click.option("--server", metavar="ADDR", help="Ask this TFTP server (ADDR or ADDR:PORT), whatever DHCP says.")
@click.option(
    "--interface", "-i", metavar="IF", help="Begin with DHCP on this interface (as root); takes no address."
)
@click.option("--loader", metavar="NAME", help="First file (default: what DHCP says, else pxelinux.0 or mboot.efi).")
@click.option("--http", "url", metavar="URL", help="First file by URL: mboot.efi, or iPXE's script.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Trust the authorities in this file (PEM) for https, as firmware trusts those enrolled in it.",
)
@click.option(
    "--patience", type=click.FloatRange(1, 600), default=6, show_default=True, help="Seconds to wait for an answer."
)
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(
    folder: Path | None,
    /,
    host: str | None,
    mac: str | None,
    arch: str,
    server: str | None,
    interface: str | None,
    loader: str | None,
    url: str | None,
    ca: Path | None,
    patience: float,
    json_: bool,
) -> int:
    """Play a client against a running server, ours or anybody's, up to the kernel's start.

    Fetches what the client would fetch, in its order, unpacks every module, and names the first thing that would
    fail, with its fix. Exit status: 0 it boots, 2 it would fail, 1 it could not be tried, or not to the end.
    """
    from hobnail.app.boot_check import Wanted, check_boot
    from hobnail.boot.check.clients import Client

    if host is not None:
        mac = _mac_of(folder, host, mac)
    wanted = Wanted(Client(arch), mac, server, interface, loader, url, patience, ca=ca)
    journal = check_boot(wanted, (lambda _: None) if json_ else _tell)
    if json_:
        _print_json(journal)
    else:
        click.echo(_verdict(journal))
    if journal.first_failure:
        return WOULD_FAIL
    return NOT_KNOWN if journal.not_followed else 0


def _mac_of(folder: Path | None, host: str, mac: str | None) -> str:
    """Return the MAC address by which a host of the settings is played."""
    from hobnail.app.configuration import mac_of_host
    from hobnail.cli.image import open_store
    from hobnail.errors import UserError

    if mac is not None:
        raise UserError("--host and --mac both name the client", next_step="give one of them")
    with open_store(folder) as store:
        return mac_of_host(store, host)


def _tell(piece: "Step | Finding | str") -> None:
    """Print a piece of the story as it comes."""
    from hobnail.boot.check.journal import Step

    match piece:
        case str():
            click.echo(printable(f"  {'':>9} {'':>11}  {piece}"))
        case Step():
            click.echo(printable(_step_line(piece)))
        case _:
            mark = "FAILS" if piece.severity == "fails" else "note"
            click.echo(printable(f"  {'':>9} {mark:>11}  {piece.where}: {piece.cause}"))


def _step_line(step: "Step") -> str:
    from hobnail.boot.check.journal import Failed, Trouble
    from hobnail.cli.text import size_text

    fetch, answer = step.fetch, step.answer
    if isinstance(answer, Failed):
        expected = fetch.optional and answer.trouble is Trouble.NOT_FOUND
        result = "none" if expected else answer.trouble.value
    elif fetch.size_only:
        result = "(" + size_text(answer.size) + ")"
    else:
        result = size_text(answer.size)
    return f"  {answer.seconds:7.3f} s {result:>11}  {fetch.name}  [{fetch.what}]"


def _verdict(journal: "Journal") -> str:
    """Return totals, findings and the last word."""
    from hobnail.boot.check.summary import summarise
    from hobnail.cli.text import size_text

    total = summarise(journal)
    lines = [
        "",
        f"{total.requests} requests, {size_text(total.moved)} in {total.seconds:.1f} s; "
        f"the line alone needs {_seconds(total.at_1g)} at 1 GbE, {_seconds(total.at_10g)} at 10 GbE"
        + (f", and {total.waits:.0f} s of the loader's own waiting" if total.waits else ""),
    ]
    first = journal.first_failure
    rest = [one for one in journal.findings if one is not first]
    if first is None:
        lines.append(_good_end(journal))
    else:
        lines += [f"WOULD FAIL at {first.where}: {first.cause}", *_details(first)]
    if rest:
        lines.append("also:")
    for one in rest:
        lines += [f"  {one.severity}: {one.where}: {one.cause}", *(f"  {line}" for line in _details(one))]
    return "\n".join(printable(line) for line in lines)


def _good_end(journal: "Journal") -> str:
    """Return the last word where nothing has failed."""
    if journal.not_followed:
        return f"not checked further: {journal.not_followed}"
    if not journal.kept_from_us:
        return f"boots: everything came whole, up to {journal.reached}"
    kept = ", ".join(name.rpartition("/")[2] for name in journal.kept_from_us)
    return f"boots: all that can be had from here came whole, up to {journal.reached}; not checked: {kept}"


def _seconds(seconds: float) -> str:
    return "less than 0.1 s" if seconds < 0.1 else f"{seconds:.1f} s"


def _details(finding: "Finding") -> list[str]:
    screen = [f"  on the screen: {finding.screen.text}"] if finding.screen.text else []
    return [*screen, f"  fix: {finding.fix}"]


def _print_json(journal: "Journal") -> None:
    import json

    from hobnail.boot.check.summary import as_record

    click.echo(json.dumps(as_record(journal), indent=2))
