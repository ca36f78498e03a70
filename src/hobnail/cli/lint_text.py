"""What `bootcfg lint` and `ks lint` share: reading a text file of somebody's."""

from pathlib import Path

from hobnail.errors import UserError

LARGEST = 1 << 20
"""Bytes of a file that is looked at; a boot.cfg of 250 modules has 8 kB."""


def read_text(file: Path, kind: str) -> bytes:
    """Return the bytes of a file that should be a `kind` (boot.cfg, ks.cfg). UserError where it cannot be."""
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(file), next_step=f"name a {kind}") from error
    if len(data) > LARGEST:
        raise UserError(f"more than {LARGEST} bytes", where=str(file), next_step=f"name a {kind}")
    return data
