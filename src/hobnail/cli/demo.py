"""`hobnail demo`: boot virtual machines from a made-up medium, in a network of their own."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the media, the store and the consoles here.")
def demo(keep: Path | None) -> None:
    """Boot virtual machines, by BIOS and UEFI, from made-up media of ESXi 4.0, 6.7 and 8.0, each with its settings.

    Compares what each was handed with what was imported and made for it, and runs the overlays on stand-ins of the
    hosts. All in a network namespace of its own: nothing answers on a real interface.
    """
    from hobnail.app.demo.run import demo as run_demo

    sys.exit(run_demo(keep=keep, report=click.echo))
