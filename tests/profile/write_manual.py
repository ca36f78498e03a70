"""Writes what is made from the table of keys: `python -m tests.profile.write_manual`.

That is a part of docs/settings.md, and the JSON Schema that is shipped with the package.
"""

from pathlib import Path

import hobnail.profile
from hobnail.profile.json_schema import schema_text
from hobnail.profile.manual import page

PAGE = Path(__file__).parent.parent.parent / "docs" / "settings.md"
SCHEMA = Path(hobnail.profile.__file__).parent / "settings.schema.json"

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
