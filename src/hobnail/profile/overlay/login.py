"""The SSH server and the shell on the console: on or off."""

from hobnail.profile.overlay.member import Member
from hobnail.profile.overlay.request import Part, Request

_WORD = {True: "on", False: "off"}
_CONSOLE_LOGIN = Member("var/run/vmware/show-tech-support-login")
"""An empty file by which 4.x offers the login on its console (xCAT)."""


def part(request: Request) -> Part:
    """Two records at most: the steps do the rest, and on 4.x a file."""
    ssh, shell = request.settings.ssh.enabled, request.settings.shell
    records = []
    if ssh is not None:
        records.append(("ssh", _WORD[ssh]))
    if shell is not None:
        records.append(("shell", _WORD[shell]))
    offered = shell and request.legacy and request.release >= (4, 0, 0)
    return Part((_CONSOLE_LOGIN,) if offered else (), tuple(records))
