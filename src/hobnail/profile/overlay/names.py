"""The host's name, and who resolves names for it."""

from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.overlay.values import Record


def part(request: Request) -> Part:
    """Records of the host's name, its domain, name servers and search domains."""
    settings = request.settings
    records: list[Record] = []
    host, domain = settings.host_name, settings.domain
    if host and (domain or "." in host or request.legacy):
        records.append(("fqdn", f"{host}.{domain}" if domain else host))
    elif host:
        records.append(("host", host))
    if domain:
        records.append(("domain", domain))
    records += [("name_server", str(server)) for server in settings.name_servers]
    records += [("search_domain", name) for name in settings.search_domains]
    if search := " ".join(settings.search_domains or ((domain,) if domain else ())):
        records.append(("search", search))
    return Part((), tuple(records))
