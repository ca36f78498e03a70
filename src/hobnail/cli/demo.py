"""`hobnail demo`: boot virtual machines from a made-up medium, in a network of their own."""

import sys
from pathlib import Path

import click


@click.command()
@click.option("--machines", type=click.IntRange(1, 8), default=2, show_default=True, help="How many to boot at once.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the medium, the store and the consoles here.")
def demo(machines: int, keep: Path | None) -> None:
    """Boot virtual machines from a made-up ESXi 4.0 medium, and compare what each was handed with what was imported.

    Runs in a network namespace of its own: nothing answers on a real interface.
    """
    from hobnail.app.demo.run import demo as run_demo

    sys.exit(run_demo(keep=keep, machines=machines, report=click.echo))
