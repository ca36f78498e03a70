"""Small files of sysfs and procfs; what is not there, or went away while it was read, is empty."""

from pathlib import Path


def text(path: Path) -> str:
    """Return a file's text without blanks around it and without control characters; "" when there is none."""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    return "".join(char for char in data.decode("utf-8", "replace") if char.isprintable()).strip()


def lines(path: Path) -> list[str]:
    """Return a file's lines; none when there is no such file."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return []


def number(path: Path) -> int:
    """Return the number in a file, 0 when there is none."""
    word = text(path)
    return int(word) if word.isdigit() else 0


def names_in(folder: Path) -> tuple[str, ...]:
    """Return the names in a folder, sorted; none when there is no such folder."""
    try:
        return tuple(sorted(path.name.replace("!", "/") for path in folder.iterdir()))
    except OSError:
        return ()
