"""Writes the part of docs/settings.md that is made from the table of keys: `python -m tests.profile.write_manual`."""

from pathlib import Path

from hobnail.profile.manual import page

PAGE = Path(__file__).parent.parent.parent / "docs" / "settings.md"

if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
