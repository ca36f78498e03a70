"""The data file that scripts on the host read: one record a line, fields parted by a character no value can have.

The first line is that character (unit separator, 0x1f), so that a script needs neither `printf` nor a literal one.
Nothing in the file is ever evaluated: scripts take it apart by `read -r`. The last field of each record is a full
stop, because shells differ in what they make of a separator at the end of a line.
"""

import re
from collections.abc import Iterable

from hobnail.errors import UserError

SEPARATOR = "\x1f"
END = "."

CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Line breaks, other control characters, and what UTF-8 cannot say."""

Record = tuple[str, ...]
"""The key, then the fields."""


def render(records: Iterable[Record]) -> bytes:
    """Return the data file. UserError naming the setting when a value has a line break or control character."""
    lines = [SEPARATOR]
    for record in records:
        line = SEPARATOR.join((*record, END))
        if len(CONTROL.findall(line)) != len(record):
            _refuse(record)
        lines.append(line)
    return ("\n".join(lines) + "\n").encode()


def _refuse(record: Record) -> None:
    wrong = next(field for field in record if CONTROL.search(field))
    raise UserError(
        f"{wrong!r} has a line break or a control character",
        where=record[0],
        next_step="use printable characters on one line",
    )
