"""What no single value shows: things that must be there, things that must suit each other, things there is one of."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Interface

from hobnail.host.hosts import uuid_orders
from hobnail.profile import keys
from hobnail.profile.build import host_name
from hobnail.profile.configuration import Configuration
from hobnail.profile.grammar import Named, Node, Table
from hobnail.profile.kinds import WrongError, shown
from hobnail.profile.kinds_network import host_name as host_name_kind
from hobnail.profile.merge import Branch, Leaf, Removed, Tree
from hobnail.profile.problems import Problem

_SETTINGS = Table(keys.SETTINGS)

FOLDERS = frozenset(
    (
        *("/bin", "/dev", "/lib", "/lib64", "/opt", "/proc", "/sbin", "/tardisks", "/tmp", "/vmfs", "/vmfs/volumes"),
        *("/etc", "/etc/init.d", "/etc/rc.local.d", "/etc/ssh", "/etc/vmware", "/etc/vmware/ssl"),
        *("/usr", "/usr/bin", "/usr/lib", "/usr/lib/vmware", "/usr/sbin", "/var", "/var/run", "/var/tmp"),
    )
)
"""What a file in its place would take all that is below it away from (facts 2, 3 and 8 name files in them)."""


def check_all(configuration: Configuration) -> list[Problem]:
    """Check every host, the defaults by themselves, and each profile that nothing else uses, as what they come to.

    A profile that hosts or other profiles build on may be a part of a whole: it is checked through them.
    """
    found: dict[tuple[object, ...], Problem] = {}
    used = {base for bases in configuration.bases.values() for base in bases}
    used |= {name for host in configuration.hosts for name in host.profiles}
    todo: list[tuple[str, tuple[str, ...], str]] = [("", (), "")]
    todo += [(f"profile {name}", (name,), "") for name in configuration.profiles if name not in used]
    todo += [(f"host {host.name}", host.profiles, host.name) for host in configuration.hosts]
    trees = {}
    for whom, profiles, host in todo:
        tree = configuration.tree(profiles, host, ())
        for problem in check(tree, host):
            found.setdefault((problem.path, problem.what), replace(problem, whom=whom))
        if host:
            trees[host] = tree
    return [*found.values(), *one_of_each(configuration, trees)]


def check(tree: Branch, host: str) -> Iterator[Problem]:
    """Give what is wrong with all the settings of one host; `host` is "" for a profile or the defaults."""
    yield from _missing(_SETTINGS, tree)
    yield from _gateway(tree, host)
    yield from _switches(tree)
    yield from _own_addresses(tree)
    yield from _exports(tree)
    yield from _paths(tree)
    if host:
        yield from _name(tree, host)


def _missing(node: Node, tree: Tree | None) -> Iterator[Problem]:
    if not isinstance(tree, Branch):
        return
    if isinstance(node, Table):
        for either in node.required:
            if all(tree.value(name) is None for name in either):
                wanted = " or ".join(sorted(either))
                yield Problem(tree.origin.path, f"lacks {wanted}", f"add {' = … or '.join(sorted(either))} = …")
    for name, inner in tree.children.items():
        below = node.each if isinstance(node, Named) else node.keys.get(name) if isinstance(node, Table) else None
        if below is not None and not isinstance(inner, Removed):
            yield from _missing(below, inner)


def _gateway(tree: Branch, host: str) -> Iterator[Problem]:
    leaf = tree.at("network", "management", "gateway")
    address = tree.value("network", "management", "address")
    if not isinstance(leaf, Leaf) or not isinstance(leaf.typed, IPv4Address):
        return
    if isinstance(address, IPv4Interface):
        if leaf.typed not in address.network:
            step = f"choose one in it, or correct the address {address}"
            yield _about(leaf, f"is outside the host's network {address.network}", step)
        elif leaf.typed == address.ip:
            yield _about(leaf, "is the host's own address", "write the router's")
    elif host:
        step = 'write the address beside it; where DHCP gives one it gives the gateway too: gateway = ""'
        yield _about(leaf, "stands without an address", step)


def _switches(tree: Branch) -> Iterator[Problem]:
    switches = {"vSwitch0", *(name for name, _ in tree.entries("network", "switch"))}
    groups = {name for name, _ in tree.entries("network", "port_group")}
    for name, _ in tree.entries("network", "port_group"):
        leaf = tree.at("network", "port_group", name, "switch")
        if isinstance(leaf, Leaf) and leaf.typed is not None and leaf.typed not in switches:
            yield _about(leaf, "there is no such vSwitch", f"there are: {', '.join(sorted(switches))}")
    for name, _ in tree.entries("network", "vmkernel"):
        leaf = tree.at("network", "vmkernel", name, "port_group")
        if isinstance(leaf, Leaf) and leaf.typed is not None and leaf.typed not in groups:
            step = f"there are: {', '.join(sorted(groups))}" if groups else f'add [network.port_group."{leaf.typed}"]'
            yield _about(leaf, "there is no such port group", step)
    owner: dict[str, str] = {}
    for name, _ in tree.entries("network", "switch"):
        leaf = tree.at("network", "switch", name, "uplinks")
        for card in leaf.typed if isinstance(leaf, Leaf) and isinstance(leaf.typed, tuple) else ():
            if owner.setdefault(card, name) != name:
                assert isinstance(leaf, Leaf)
                yield _about(leaf, f"{card} is an uplink of {owner[card]} already", "take it out of one of them")


def addresses(tree: Branch) -> Iterator[tuple[Leaf, IPv4Address]]:
    """Give each fixed address of a host's own ports."""
    places: list[tuple[str, ...]] = [("network", "management", "address")]
    places += [("network", "vmkernel", name, "address") for name, _ in tree.entries("network", "vmkernel")]
    for place in places:
        leaf = tree.at(*place)
        if isinstance(leaf, Leaf) and isinstance(leaf.typed, IPv4Interface):
            yield leaf, leaf.typed.ip


def _own_addresses(tree: Branch) -> Iterator[Problem]:
    seen: dict[IPv4Address, Leaf] = {}
    for leaf, address in addresses(tree):
        if seen.setdefault(address, leaf) is not leaf:
            yield _about(leaf, "another port of the host has this address too", "change one of them")


def _exports(tree: Branch) -> Iterator[Problem]:
    """ESXi mounts an export under one label only (facts, host state 4: "is already exported by a volume")."""
    seen: dict[tuple[object, object], str] = {}
    for name, one in tree.entries("nfs"):
        export = tree.value("nfs", name, "server"), tree.value("nfs", name, "share")
        if None not in export and seen.setdefault(export, name) != name and isinstance(one, Branch):
            what = f"is the export that {seen[export]} is too"
            yield Problem(one.origin.path, what, f"take one of them out: nfs.{name} = false")


def _paths(tree: Branch) -> Iterator[Problem]:
    names = {name for name, _ in tree.entries("files")}
    for name, one in tree.entries("files"):
        if name in FOLDERS and isinstance(one, Branch):
            yield Problem(one.origin.path, f"{name} is a folder on every host", "write the path of a file in it")
        above = next((other for other in names if name.startswith(other + "/")), None)
        if above and isinstance(one, Branch):
            yield Problem(one.origin.path, f"stands below {above}, which is a file", "change one of the paths")


def _name(tree: Branch, host: str) -> Iterator[Problem]:
    name = host_name(tree, host)
    try:
        host_name_kind().convert(name)
    except WrongError:
        leaf = tree.at("identity", "host_name")
        step = 'say it: [identity] host_name = "…", letters, digits and hyphens, the rest as domain'
        path = leaf.origin.path if isinstance(leaf, Leaf) else ("hosts", host)
        yield Problem(path, f'"{name}" cannot be the name of a host', step)


def _about(leaf: Leaf, what: str, next_step: str) -> Problem:
    return Problem(leaf.origin.path, what, next_step, shown(leaf.written))


def one_of_each(configuration: Configuration, trees: Mapping[str, Branch]) -> Iterator[Problem]:
    """Give each mark, address and name that two hosts share."""
    owners: dict[tuple[str, object], tuple[str, tuple[str, ...]]] = {}

    def claim(kind: str, value: object, host: str, path: tuple[str, ...]) -> Iterator[Problem]:
        # firmware and loaders mix up a UUID's byte order, so either is the one machine's
        mark = min(uuid_orders(str(value))) if kind == "UUID" else value
        owner, place = owners.setdefault((kind, mark), (host, path))
        if owner != host:
            at = configuration.places(place)
            order = " (in one byte order or the other)" if kind == "UUID" else ""
            what = f"host {host} has the {kind} {value}, and so has host {owner}{f' ({at})' if at else ''}{order}"
            yield Problem(path, what, "each host needs its own")

    for host in configuration.hosts:
        here = ("hosts", host.name)
        for kind, value in host.marks:
            yield from claim(_CALLED[kind], value, host.name, (*here, kind))
        if host.address is not None:
            yield from claim("address", host.address, host.name, (*here, "address"))
        tree = trees[host.name]
        for leaf, address in addresses(tree):
            yield from claim("address", address, host.name, leaf.origin.path)
        name, domain = host_name(tree, host.name).lower(), tree.value("identity", "domain") or ""
        yield from claim("host name", f"{name}.{domain}".rstrip("."), host.name, (*here, "identity", "host_name"))


_CALLED: Mapping[str, str] = {"mac": "MAC address", "uuid": "UUID", "serial": "serial number", "asset": "asset tag"}
