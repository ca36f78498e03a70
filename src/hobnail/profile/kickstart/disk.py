"""Which disk is installed to: by its name, by the installer's own filters, or by rules that one disk has to fit.

Rules become a %pre script (host/choose-disk.sh), which writes the install command into a file that ks.cfg includes.
It reads `localcli storage core device list` and `path list`, sizes in MiB, as public scripts for %pre do. Without a
transport only local disks are candidates: a disk of the storage network is never taken because its size fits.
"""

from importlib.resources import files
from shlex import quote

from hobnail.errors import UserError
from hobnail.profile.kickstart.words import word
from hobnail.profile.settings import Install

INCLUDE = "/tmp/hobnail-install.cfg"
_MIB = 1 << 20


def has_rules(install: Install) -> bool:
    """Whether the disk is to be found by rules."""
    return bool(install.min_size or install.max_size or install.model or install.transport)


def install_line(install: Install) -> str:
    """Return the command that chooses the disk. UserError where no disk is named, or in two ways."""
    ways = {
        "install.disk": install.disk,
        "install.first_disk": install.first_disk,
        "install.model, .transport, .min_size, .max_size": has_rules(install),
    }
    said = [key for key, value in ways.items() if value]
    if not said:
        raise UserError(
            "no disk to install to is named, and none is taken by luck",
            where="install",
            next_step="set install.disk, or rules: install.model, install.transport, install.min_size",
        )
    if len(said) > 1:
        raise UserError(f"the disk is chosen in two ways: {' and '.join(said)}", next_step="keep one of them")
    if install.disk:
        return f"install --disk={word(install.disk, 'install.disk')}{_flags(install)}"
    if install.first_disk:
        return f"install --firstdisk={word(install.first_disk, 'install.first_disk')}{_flags(install)}"
    return f"%include {INCLUDE}"


def pre_script(install: Install) -> str:
    """Return the script of %pre that finds the disk by rules; empty where there are none."""
    if not has_rules(install):
        return ""
    smallest = -(-(install.min_size or 0) // _MIB)  # up: a disk may have more, never less
    largest = "" if install.max_size is None else str(install.max_size // _MIB)
    if largest and int(largest) < smallest:
        raise UserError("install.max_size is less than install.min_size", next_step="correct one of them")
    values = {
        "chosen": INCLUDE,
        "rule": _spoken(install),
        "min": str(smallest),
        "max": largest,
        "model": install.model,
        "transport": install.transport.lower(),
        "flags": _flags(install),
    }
    for key in ("model", "transport"):
        if not values[key].isascii() or not values[key].isprintable():
            raise UserError("has characters other than printable ASCII", where=f"install.{key}")
    lines = [f"{key}={quote(value)}" for key, value in values.items()]
    return "\n".join([*lines, script("choose-disk.sh")])


def script(name: str) -> str:
    """Return one of the scripts in host/."""
    return files("hobnail.profile.kickstart").joinpath("host", name).read_text(encoding="ascii")


def _flags(install: Install) -> str:
    if install.overwrite_vmfs is None:
        return ""
    return " --overwritevmfs" if install.overwrite_vmfs else " --preservevmfs"


def _spoken(install: Install) -> str:
    rules = []
    if install.model:
        rules.append(f"model {install.model}")
    if install.transport:
        rules.append(f"transport {install.transport}")
    if install.min_size:
        rules.append(f"at least {-(-install.min_size // _MIB)} MB")
    if install.max_size:
        rules.append(f"at most {install.max_size // _MIB} MB")
    return ", ".join(rules)
