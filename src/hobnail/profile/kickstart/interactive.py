"""The plain installer: a host in mode install of which nobody has said that the licence agreement is accepted.

It gets no script, so somebody answers the installer at the host. That is allowed where the settings say nothing that
a script alone could do; otherwise they would be passed over without a word.
"""

from dataclasses import replace

from hobnail.profile.generations import used
from hobnail.profile.settings import Install, Management, Settings


def lost_without_script(settings: Settings, *, host_name_said: bool) -> tuple[str, ...]:
    """Name the settings that the plain installer would not hear of; a host's name in the file is no setting.

    It does hear of what stands on its kernel's line: the VLAN, a fixed address with a gateway and one name server,
    serial ports, kernel options; and modules are loaded for it.
    """
    static = settings.management.address is not None
    rest = replace(
        settings,
        management=Management(uplink=settings.management.uplink),
        name_servers=settings.name_servers[1:] if static else settings.name_servers,
        host_name=settings.host_name if host_name_said else "",
        serial_console="",
        serial_log="",
        serial_speed=None,
    )
    names = used(rest)
    return (*names, "install") if settings.install != Install() else names
