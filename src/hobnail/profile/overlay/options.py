"""Advanced options, firewall rulesets, and the console: its text, and the serial ports."""

from functools import lru_cache

from hobnail.errors import UserError
from hobnail.profile.overlay.member import STICKY, Member
from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.overlay.values import CONTROL, Record
from hobnail.profile.settings import Settings

WELCOME_BY_COMMAND = (6, 0, 0)
"""The first release with `esxcli system welcomemsg`; before, the text is a file of the image's."""
PORTS = ("com1", "com2")


def part(request: Request) -> Part:
    """Records of options and rulesets; the console's text as a file."""
    settings = request.settings
    records: list[Record] = []
    for path, value in settings.advanced:
        kind = "string" if isinstance(value, str) else "int"
        records.append(("advanced", path, kind, str(value)))
    records += [("firewall", name, "true" if is_open else "false") for name, is_open in settings.firewall]
    members = (_welcome(settings.welcome, request.release >= WELCOME_BY_COMMAND),) if settings.welcome else ()
    return Part(members, tuple(records))


@lru_cache(256)
def _welcome(text: str, by_command: bool) -> Member:
    text = text.rstrip("\n")
    if CONTROL.search(text.replace("\n", "").replace("\t", "")):
        raise UserError("the text has control characters", where="welcome", next_step="use printable characters")
    if by_command:
        return Member("usr/lib/hobnail/welcome", f"{text}\n".encode())
    return Member("etc/vmware/welcome", f"{text}\n".encode(), STICKY | 0o644)


def serial_options(settings: Settings) -> tuple[str, ...]:
    """Return the kernel options for the console and the log on serial ports (VMware: "Redirect the direct console").

    The debugger and the log otherwise take the port that is found first, so both are said. UserError when console
    and log are to share a port.
    """
    console, log, speed = settings.serial_console, settings.serial_log, settings.serial_speed
    for key, port in (("serial_console", console), ("serial_log", log)):
        if port and port not in PORTS:
            raise UserError(f"{port!r} is no serial port", where=key, next_step="write com1 or com2")
    if console and console == log:
        raise UserError(
            f"the console and the kernel's log are both to use {log}", where="serial_log", next_step="give one com2"
        )
    words = []
    if console or log:
        words += ["gdbPort=none", f"logPort={log or 'none'}"]
    if console:
        words.append(f"tty2Port={console}")
    if speed:
        words += [f"{port}_baud={speed}" for port in sorted({console, log} - {""}) or ["com1"]]
    return tuple(words)
