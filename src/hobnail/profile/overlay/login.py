"""The SSH server and the shell on the console: on or off."""

from hobnail.profile.overlay.request import Part, Request

_WORD = {True: "on", False: "off"}


def part(request: Request) -> Part:
    """Two records at most: the steps do the rest."""
    ssh, shell = request.settings.ssh.enabled, request.settings.shell
    records = []
    if ssh is not None:
        records.append(("ssh", _WORD[ssh]))
    if shell is not None:
        records.append(("shell", _WORD[shell]))
    return Part((), tuple(records))
