"""Time servers, the log's target, the licence."""

from urllib.parse import urlsplit

from hobnail.errors import UserError
from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.overlay.values import Record

SYSLOG_PORT = 514
"""UDP and TCP (RFC 5426, 3.3)."""


def part(request: Request) -> Part:
    """Records of the three. UserError when the log's target is no URL."""
    settings = request.settings
    records: list[Record] = [("ntp_server", server) for server in settings.ntp_servers]
    if settings.syslog:
        records += _syslog(settings.syslog)
    if settings.license_key:
        records.append(("license", settings.license_key))
    return Part((), tuple(records))


def _syslog(target: str) -> list[Record]:
    try:
        url = urlsplit(target)
        host, port = url.hostname, url.port or SYSLOG_PORT
    except ValueError:
        host, port = None, 0
    if not host:
        raise UserError(f"{target!r} is no target of a log", where="syslog", next_step="write udp://HOST:514")
    return [("syslog", target), ("syslog_host", host), ("syslog_port", str(port))]
