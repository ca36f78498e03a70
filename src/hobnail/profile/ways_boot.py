"""How each boot option is done on each release, with the source: rows as in ways.py, of what no overlay does.

`slim`, `timeout` and `loader_options` go by the release of the image. `error_timeout` and `tftp_block_size` are keys
of boot.cfg that go by the release of the mboot that reads it: on UEFI that is by default the newest mboot.efi of all
images, on BIOS the image's own mboot.c32. So they are refused only where no loader in the store knows them; where
UEFI's alone does, that is told. Source of the releases: formats/bootcfg_keys.py (esx-boot's history), facts 4.1.
"""

from collections.abc import Iterator, Mapping

from hobnail.boot.plan import PlanOptions
from hobnail.profile.release import Release
from hobnail.profile.ways import FIRST, Way

_ESXI5: Release = (5, 0, 0)
_ELSEWHERE = (
    'say it for images that can ([images."8.0.3"]); where it is inherited take it back for this one: {key} = ""'
)
_NO_CONFIG = "it has no boot.cfg, and syslinux's mboot.c32 has no such option"
_OLD_MBOOT = "its mboot does not know {word}=, and no image in the store has a mboot.efi for it that does"


def _rows(key: str, since: Release, how: str, *, word: str = "", refused: str = _NO_CONFIG) -> tuple[Way, ...]:
    step = _ELSEWHERE.format(key=key)
    rows = [Way(FIRST, refused=refused, next_step=step, source="facts 4.1, 5")]
    if since > _ESXI5:
        rows.append(Way(_ESXI5, refused=_OLD_MBOOT.format(word=word), next_step=step, source="facts 4.1"))
    return (*rows, Way(since, how, "facts 3, 4.1 and 4.2"))


BOOT_WAYS: Mapping[str, tuple[Way, ...]] = {
    "boot.slim": _rows(
        "slim",
        _ESXI5,
        "tools, imgdb and imgpayld are not loaded",
        refused="its image has neither tools nor a VIB database that could be left out",
    ),
    "boot.timeout": _rows("timeout", _ESXI5, "timeout= in boot.cfg"),
    "boot.loader_options": _rows("loader_options", _ESXI5, "before -c, for mboot.c32 and mboot.efi"),
    "boot.error_timeout": _rows("error_timeout", (8, 0, 1), "errtimeout= in boot.cfg", word="errtimeout"),
    "boot.tftp_block_size": _rows("tftp_block_size", (8, 0, 0), "tftpblksize= in boot.cfg", word="tftpblksize"),
}
"""Option -> its rows, the oldest release first."""

OF_THE_LOADER = frozenset({"boot.error_timeout", "boot.tftp_block_size"})
"""Options that go by the loader's release and not by the image's."""


def boot_options_used(options: PlanOptions) -> Iterator[str]:
    """Name the rows that the options ask for."""
    if options.slim:
        yield "boot.slim"
    if options.timeout is not None:
        yield "boot.timeout"
    if options.loader_options:
        yield "boot.loader_options"
    if options.error_timeout is not None:
        yield "boot.error_timeout"
    if options.tftp_block_size is not None:
        yield "boot.tftp_block_size"


def boot_way(option: str, release: Release) -> Way:
    """Return how a boot option is done on a release, of the image or of the loader (`OF_THE_LOADER`)."""
    return [way for way in BOOT_WAYS[option] if way.since <= release or way.since == FIRST][-1]


def only_by_mboot_efi(options: PlanOptions, release: Release, mboot: Release) -> tuple[str, ...]:
    """Name the options that the newest mboot.efi does for an image whose own mboot.c32, on BIOS, knows nothing of."""
    asked = (option for option in boot_options_used(options) if option in OF_THE_LOADER)
    return tuple(o for o in asked if boot_way(o, release).refused and not boot_way(o, max(release, mboot)).refused)
