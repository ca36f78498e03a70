"""Where hobnail keeps what it remembers, by the rules of this machine."""

import os
from pathlib import Path


def default_store() -> Path:
    """Return $HOBNAIL_STORE, else /var/lib/hobnail for root, else hobnail below $XDG_DATA_HOME (~/.local/share).

    Source: XDG Base Directory Specification 0.8; Filesystem Hierarchy Standard 3.0, /var/lib.
    """
    named = os.environ.get("HOBNAIL_STORE")
    if named:
        return Path(named)
    if os.geteuid() == 0:
        return Path("/var/lib/hobnail")
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data and os.path.isabs(data) else Path.home() / ".local" / "share") / "hobnail"
