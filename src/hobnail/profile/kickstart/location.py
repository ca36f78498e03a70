"""Checks of ks=, the kernel option that tells the installer where its script is.

Source: VMware's guides, "Boot Options" (facts 9): ks=cdrom:/PATH in upper case, file://PATH, usb[:/PATH],
http, https, ftp and nfs URLs.
"""

from collections.abc import Iterator

from hobnail.boot.finding import Finding
from hobnail.profile.kickstart.finding import error, near, note, warning

_GUIDE = "VMware, Boot Options (facts 9)"
_NETWORK = ("http", "https", "ftp", "nfs")
_KINDS = ("cdrom", "file", "usb", *_NETWORK)


def lint_location(value: str) -> Iterator[Finding]:
    """Check what stands after ks=."""
    value = value.removeprefix("ks=")
    kind, _, rest = value.partition(":")
    if value != value.strip() or any(not "!" <= char <= "~" for char in value):
        yield error(None, "ks", "ks= with a blank or a character that is not ASCII", "write a name without", _GUIDE)
    elif kind.lower() not in _KINDS:
        yield error(None, "ks", f"ks={value} is of no known kind", near(kind, _KINDS) or "write http://…", _GUIDE)
    elif kind != kind.lower():
        yield warning(
            None, "ks", f"ks={kind}: the guides write it in lower case", f"write ks={kind.lower()}:", _GUIDE
        )
    elif kind == "cdrom":
        yield from _on_cd(rest)
    elif kind == "usb":
        if rest and not rest.startswith("/"):
            yield error(None, "ks", f"ks=usb:{rest} has no slash", f"write ks=usb:/{rest}", _GUIDE)
    elif not rest.startswith("//") or not rest.strip("/"):
        yield error(None, "ks", f"ks={value} is no whole address", f"write ks={kind}://…", _GUIDE)
    elif kind == "https":
        what = "the installer does not check the certificate of an https server"
        yield note(None, "ks", what, "keep the boot network to yourself", "Broadcom, ESX 9.1 guide")


def _on_cd(path: str) -> Iterator[Finding]:
    if not path.startswith("/") or path == "/":
        yield error(None, "ks", f"ks=cdrom:{path} names no file", "write ks=cdrom:/KS.CFG", _GUIDE)
    elif path != path.upper():
        what = f"ks=cdrom:{path}: names on the CD are upper case, and are looked for as they are written"
        yield error(None, "ks", what, f"write ks=cdrom:{path.upper()}", _GUIDE)
