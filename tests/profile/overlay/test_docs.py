"""docs/overlay.md has the table of ways as it is. `HOBNAIL_GOLDENS=1 pytest` writes it anew."""

import os
from collections.abc import Iterator
from pathlib import Path

from hobnail.profile.release import spoken
from hobnail.profile.ways import FIRST, WAYS

DOCUMENT = Path(__file__).parents[3] / "docs" / "overlay.md"
BEGIN = "<!-- table: written by HOBNAIL_GOLDENS=1 pytest tests/profile/overlay/test_docs.py -->\n"
END = "<!-- end of table -->\n"


def table() -> Iterator[str]:
    yield "| setting | from | how | source |\n|---|---|---|---|\n"
    for setting, ways in WAYS.items():
        for way in ways:
            since = "all" if way.since == FIRST and len(ways) == 1 else spoken(way.since)
            how = f"**refused**: {way.refused}; {way.next_step}" if way.refused else way.how
            cells = (setting if way is ways[0] else "", since, how, way.source)
            yield f"| {' | '.join(cells)} |\n"


def test_the_page_has_the_table() -> None:
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    wanted = f"{before}{BEGIN}{''.join(table())}{END}{after}"
    if os.environ.get("HOBNAIL_GOLDENS"):
        DOCUMENT.write_text(wanted)
    assert DOCUMENT.read_text() == wanted
