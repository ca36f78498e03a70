"""How mboot makes the names that it asks for out of those in boot.cfg.

Source: vmware/esx-boot, bootlib/string.c (make_path, file_sanitize_path), include/bootlib.h (is_absolute),
mboot/config.c (strip_basename, parse_config); the same from 6.7 U1 to 9.0. Measured: boot-traces, section 5.
"""

import re

BLANKS = "\b\t\n\v\f\r \xa0"
"""What mboot's own isspace() takes for a blank (libc/ctypes.c, ISO 8859-1)."""

_BLANK = re.compile(f"[{BLANKS}]")
_UNTIDY = re.compile(rf"[{BLANKS}\\]|//")


def is_absolute(path: str) -> bool:
    """Tell whether a path keeps prefix= and the directory of boot.cfg off: `/name`, `\\name`, anything with `://`."""
    return path.startswith(("/", "\\")) or "://" in path


def resolve(path: str, prefix: str, boot_directory: str) -> str:
    """Return the name that mboot asks for.

    `prefix` is the value of prefix=, empty where it has none; `boot_directory` is that of boot.cfg itself, as
    `directory_of` gives it: a path, a URL, or empty for the root.
    """
    path = path.lstrip(BLANKS)
    if is_absolute(path):
        return tidy(path)
    root = (prefix or boot_directory).lstrip(BLANKS)
    return tidy(f"{root}/{path}" if root else path)


def tidy(path: str) -> str:
    """Return a path without blanks, with `/` for `\\`, and with one `/` for several, but for those up to `://`."""
    if not _UNTIDY.search(path):
        return path
    scheme = path.find("://")
    kept = scheme + 3 if scheme >= 0 else 0
    head, rest = path[:kept].replace("\\", "/"), path[kept:].replace("\\", "/")
    rest = re.sub("/+", "/", _BLANK.sub("", rest))
    return _BLANK.sub("", head) + (rest.lstrip("/") if kept else rest)


def directory_of(path: str) -> str:
    """Return the directory of a file, which is empty for one in the root: `/boot.cfg` as well as `boot.cfg`."""
    return path.rpartition("/")[0].rstrip("/")


def base_name(path: str) -> str:
    """Return the last part of a resolved path: what the kernel knows a module by."""
    return path.rpartition("/")[2]
