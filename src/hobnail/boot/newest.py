"""The newest mboot.efi serves every release: it reads old boot.cfg files and knows more firmware's oddities.

Source: esx-boot's history (facts 4.1 to 4.3: requests and keys only grew from 6.7 to 9.0), boot-traces, section 1
(9.0's mboot booted trees in the shape of 5 and 7). Never across architectures; crypto64.efi comes with its own mboot.
"""

import re
from collections.abc import Iterable

from hobnail.image.model import Image, Module

MBOOT = "mboot.efi"
_WITH_MBOOT = frozenset({MBOOT, "crypto64.efi", "cryptoaa64.efi", "safeboot.efi"})


def newest_loaders(image: Image, others: Iterable[Image]) -> tuple[tuple[Module, ...], Image]:
    """Return the loaders for an image's hosts, UEFI's from the newest image that has them; and which that is."""
    own = {module.name for module in image.loaders}
    if MBOOT not in own:
        return image.loaders, image
    fitting = [
        other
        for other in others
        if other.architecture == image.architecture and any(module.name == MBOOT for module in other.loaders)
    ]
    newest = max([image, *fitting], key=_age)
    if newest.id == image.id:
        return image.loaders, image
    kept = [module for module in image.loaders if module.name not in _WITH_MBOOT]
    taken = [module for module in newest.loaders if module.name in _WITH_MBOOT]
    return (*kept, *taken), newest


def _age(image: Image) -> tuple[tuple[int, ...], int]:
    version = tuple(int(number) for number in re.findall(r"\d+", image.version))
    return version, int(image.build) if image.build.isdecimal() else 0
