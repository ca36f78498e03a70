"""`hobnail serve` and `hobnail up`: answer hosts that boot from the network, and show what happens."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.boot_options import BOOT_OPTIONS, F, with_options
from hobnail.cli.image import open_store
from hobnail.formats.printable import printable
from hobnail.system.places import default_store

if TYPE_CHECKING:
    from hobnail.app.serve_options import ServeOptions
    from hobnail.store import Store


_OPTIONS = (
    click.option("--interface", "-i", required=True, metavar="IF", help="Answer on this network interface only."),
    click.option(
        "--dhcp",
        type=click.Choice(["proxy", "full", "off"]),
        default="proxy",
        show_default=True,
        help="proxy: beside a DHCP server that is there; full: be the DHCP server; off: print what to set elsewhere.",
    ),
    click.option("--range", "range_", metavar="A-B", help="Addresses to give (with --dhcp full)."),
    click.option(
        "--reserve",
        "reservations",
        multiple=True,
        metavar="MAC=ADDRESS",
        help="Give this host always this address (with --dhcp full). May be repeated.",
    ),
    click.option("--gateway", metavar="ADDRESS", help="Router to tell hosts (with --dhcp full)."),
    click.option("--dns", multiple=True, metavar="ADDRESS", help="Name server to tell hosts. May be repeated."),
    click.option(
        "--lease-time", type=click.IntRange(120, 2**31), default=3600, show_default=True, help="Seconds of a lease."
    ),
    *BOOT_OPTIONS,
    click.option(
        "--loader-options",
        default="",
        metavar="TEXT",
        help="Options of VMware's mboot, such as '-S 1 -s 115200 -H' (where PXELINUX or iPXE starts it).",
    ),
    click.option(
        "--tftp-block-size",
        type=click.IntRange(512, 65464),
        help="Bytes of a TFTP block for mboot.efi (8.0 and later).",
    ),
    click.option(
        "--newest-mboot/--own-mboot",
        default=True,
        show_default=True,
        help="UEFI hosts get the newest mboot.efi of all images, or the image's own.",
    ),
    click.option("--no-bootif", is_flag=True, help="Do not tell the kernel which card the host booted from."),
    click.option("--http-port", type=click.IntRange(1, 65535), default=80, show_default=True, help="TCP port."),
    click.option(
        "--https-certificate",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Send UEFI HTTP Boot to https, with this certificate and its issuers (PEM); HTTP stays for all others.",
    ),
    click.option("--https-key", type=click.Path(path_type=Path), metavar="FILE", help="Its private key (PEM)."),
    click.option("--https-port", type=click.IntRange(1, 65535), help="TCP port of HTTPS (default: 443)."),
    click.option(
        "--https-name", metavar="NAME", help="The DNS name that the certificate is for (default: our address)."
    ),
    click.option(
        "--http-boot-iso",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Send UEFI HTTP Boot this whole ISO: the firmware boots it from a RAM disk (the plain installer).",
    ),
    click.option(
        "--loaders",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Folder with pxelinux.0 and mboot.c32 (default: where the distributions have them).",
    ),
    click.option(
        "--log-format",
        type=click.Choice(["auto", "text", "json"]),
        default="auto",
        help="auto: a live screen on a terminal, else text lines; json: a record a line, for programs.",
    ),
)


def _serve_options(command: F) -> F:
    return with_options(command, _OPTIONS)


@click.command()
@click.option("--image", "reference", metavar="IMAGE", help="Serve this image instead of the default one.")
@_serve_options
@click.pass_obj
def serve(folder: Path | None, /, reference: str | None, log_format: str, **options: Any) -> None:
    """Answer hosts that boot from the network, until Ctrl-C.

    Each host boots by what `hobnail apply` said of it, also by what is applied while this runs. Boot options that are
    given here count where that says nothing.
    """
    with open_store(folder) as store:
        _run(store, folder or default_store(), _options(reference, **options), log_format)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_serve_options
@click.pass_obj
def up(folder: Path | None, /, file: Path, log_format: str, **options: Any) -> None:
    """Import a medium, make it the default image, and serve it until Ctrl-C."""
    from hobnail.app.import_image import import_medium
    from hobnail.app.serve_checks import check_machine
    from hobnail.cli.progress import ImportProgress

    wanted = _options(None, **options)
    check_machine(wanted)
    with open_store(folder) as store:
        with ImportProgress(log_format == "json") as progress:
            imported = import_medium(file, store, progress.report)
        for warning in imported.warnings:
            click.echo(printable(f"warning: {warning}"), err=True)
        image = imported.stored.image.id
        wanted = replace(wanted, image=image)
        _run(store, folder or default_store(), wanted, log_format, lambda: store.set_default(image))


def _options(
    reference: str | None,
    *,
    interface: str,
    dhcp: Any,
    range_: str | None,
    reservations: tuple[str, ...],
    gateway: str | None,
    dns: tuple[str, ...],
    lease_time: int,
    http_port: int,
    loaders: Path | None,
    newest_mboot: bool,
    https_certificate: Path | None,
    https_key: Path | None,
    https_port: int | None,
    https_name: str | None,
    http_boot_iso: Path | None,
    **plan: Any,
) -> "ServeOptions":
    from hobnail.app.http_boot import HttpBootOptions
    from hobnail.app.serve_options import ServeOptions
    from hobnail.boot.plan import PlanOptions

    return ServeOptions.parse(
        interface=interface,
        image=reference,
        dhcp=dhcp,
        range_text=range_,
        reservations=reservations,
        gateway=gateway,
        dns=dns,
        lease_seconds=lease_time,
        plan=PlanOptions(**plan),
        http_port=http_port,
        loaders=loaders,
        newest_mboot=newest_mboot,
        http_boot=HttpBootOptions.parse(
            certificate=https_certificate, key=https_key, port=https_port, name=https_name, iso=http_boot_iso
        ),
    )


def _run(
    store: "Store",
    folder: Path,
    options: "ServeOptions",
    log_format: str,
    on_start: Callable[[], None] = lambda: None,
) -> None:
    from hobnail.app.serving import Serving
    from hobnail.cli.watch import watch_for

    serving = Serving(store, options, lease_file=folder / f"leases-{options.interface}")
    if options.dhcp == "off":
        click.echo("\n".join(serving.instructions()), err=log_format == "json")
    serving.run(watch_for(log_format), on_start)
