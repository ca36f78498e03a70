"""The overlay: a host's own last module, made from its settings. Same settings, same bytes.

`build` puts it together from parts, a file for each concern; what differs by release is profile/generations.py.
"""

from hobnail.profile.overlay.build import Overlay, build
from hobnail.profile.overlay.member import Member

__all__ = ["NAME", "Member", "Overlay", "build"]

NAME = "hobnail.tgz"
"""The module's name: 8.3, and none that an image has."""
