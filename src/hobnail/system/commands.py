"""The one door through which other programs run: no shell, no terminal, a clear error for each failure."""

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, environ

from hobnail.errors import SystemFailure

DEBIAN_PACKAGES: Mapping[str, str] = {
    "bzip2": "bzip2",
    "fsck.vfat": "dosfstools",
    "gcc": "gcc",
    "ip": "iproute2",
    "isoinfo": "genisoimage",
    "ld": "binutils",
    "objcopy": "binutils",
    "mcopy": "mtools",
    "mdir": "mtools",
    "mkfs.fat": "dosfstools",
    "mmd": "mtools",
    "nsenter": "util-linux",
    "qemu-img": "qemu-utils",
    "qemu-system-i386": "qemu-system-x86",
    "qemu-system-x86_64": "qemu-system-x86",
    "sfdisk": "fdisk",
    "tar": "tar",
    "unshare": "util-linux",
    "xorriso": "xorriso",
}
"""Which package of Debian and Ubuntu brings a program."""

ERROR_LINES = 5
"""How many of the last lines of standard error a failure repeats."""

SYSTEM_FOLDERS = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where sfdisk, mkfs.fat and ip stand; a plain user's PATH lacks these on Debian."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A program that ended with exit status 0."""

    argv: tuple[str, ...]
    stdout: bytes
    stderr: bytes


def run(
    argv: Sequence[str | PathLike[str]],
    *,
    stdin: bytes | None = None,
    cwd: str | PathLike[str] | None = None,
    env: Mapping[str, str] | None = None,
) -> Completed:
    """Run a program to its end and return what it printed; `stdin` is its whole input (default: none).

    `env` is laid over our own environment. The program sees LC_ALL=C.UTF-8, so that what it prints can be
    parsed and names are bytes of UTF-8.
    SystemFailure when the program is missing, cannot be started, or ends with another status than 0.
    """
    words = tuple(str(word) for word in argv)
    surroundings = {**environ, "LC_ALL": "C.UTF-8", **(env or {})}
    surroundings["PATH"] = f"{surroundings.get('PATH', '/usr/bin:/bin')}:{SYSTEM_FOLDERS}"
    try:
        done = subprocess.run(words, input=stdin or b"", cwd=cwd, env=surroundings, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise _not_started(words, error) from error
    except OSError as error:
        raise SystemFailure(f"cannot start `{shlex.join(words)}`: {error.strerror}") from error
    if done.returncode != 0:
        raise SystemFailure(_failed(words, done.returncode, done.stderr))
    return Completed(words, done.stdout, done.stderr)


def _not_started(words: tuple[str, ...], error: FileNotFoundError) -> SystemFailure:
    """Tell a missing program (name its package) from a missing working folder, which raises the same error."""
    program = words[0]
    if error.filename != program:
        return SystemFailure(f"cannot run {program} in {error.filename}: no such folder")
    package = DEBIAN_PACKAGES.get(program)
    hint = f"apt-get install {package}" if package else f"install {program}"
    return SystemFailure(f"the program {program} is not installed", next_step=hint)


def _failed(words: tuple[str, ...], status: int, stderr: bytes) -> str:
    """Say which command ended how, and what it said last."""
    ending = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
    said = stderr.decode("utf-8", "replace").strip().splitlines()[-ERROR_LINES:]
    return "\n  ".join([f"`{shlex.join(words)}` {ending}", *said])
