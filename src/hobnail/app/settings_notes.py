"""What to know of settings that are right: what a host's firmware, loader or installer will not do with them.

Ten thousand hosts with one profile make one line: each note stands once, with those that it is about.
"""

from collections.abc import Iterator

from hobnail.boot.newest import MBOOT
from hobnail.image.model import Image
from hobnail.profile.generations import SECURE_BOOT_SINCE, secure_boot_warnings
from hobnail.profile.release import Release, release_of, spoken
from hobnail.profile.resolve import Effective
from hobnail.profile.settings import Settings
from hobnail.profile.ways_boot import only_by_mboot_efi

_NAMED = 3
_KEPT = {("ssh", "keep_host_keys"): "ssh.keep_host_keys", ("tls", "keep_certificate"): "tls.keep_certificate"}


class Notes:
    """Notes, each with whom it is about."""

    def __init__(self) -> None:
        self._about: dict[str, list[str]] = {}

    def add(self, note: str, whom: str) -> None:
        """Take a note of a host, a profile, or the hosts that are not named."""
        self._about.setdefault(note, []).append(whom)

    def lines(self) -> list[str]:
        """Return a line for each note."""
        return [f"{note} ({_some(whom)})" for note, whom in self._about.items()]


def _some(whom: list[str]) -> str:
    more = len(whom) - _NAMED
    return ", ".join(whom[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def notes_of(settings: Settings, image: Image, mboot: Release) -> Iterator[str]:
    """Give what is to be known of settings with an image; `mboot` is the release of the newest mboot.efi for it."""
    release = release_of(image.generation, image.version)
    agreed = settings.install.accept_eula
    if release >= SECURE_BOOT_SINCE:
        for warning in secure_boot_warnings(settings, image.generation, image.version, script=agreed):
            yield f"where UEFI Secure Boot is on, {warning.what.split(':')[0]}; {warning.next_step}"
    for option in only_by_mboot_efi(settings.boot, release, mboot):
        yield (
            f"{option} is done under UEFI alone, by the {MBOOT} of ESXi {spoken(mboot)}: "
            f"the mboot.c32 of ESXi {spoken(release)} does not know it"
        )
    if settings.boot.mode == "install" and not agreed:
        yield "the plain installer, which asks somebody at the host: nothing says install.accept_eula = true"


def kept_in_vain(found: Effective) -> Iterator[str]:
    """Give a note when keys are said to be kept of a host that is installed; the default says nothing."""
    if found.settings.boot.mode == "install":
        said = [name for path, name in _KEPT.items() if found.tree.value(*path) is True]
        if said:
            yield f"{' and '.join(said)}: an installed host makes its own at its first boot, and keeps them itself"
