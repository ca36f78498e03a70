"""From a merged tree to Settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hobnail.boot.plan import PlanOptions
from hobnail.profile.merge import Branch
from hobnail.profile.settings import (
    ExtraModule,
    HostFile,
    Install,
    Management,
    NfsDatastore,
    PortGroup,
    Root,
    Script,
    Settings,
    Source,
    Ssh,
    VirtualSwitch,
    VmkernelPort,
)


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a settings file names, as it was when it was applied. `keys` are those of an authorized_keys."""

    source: Source
    keys: tuple[str, ...] = ()


def described(source: Source) -> str:
    """Return what people are told of a file: which it is, not what is in it."""
    return f"{source.name} ({source.size} bytes, sha256 {source.sha256[:_SHORT]})"


_SHORT = 8  # digits of a hash


def build(tree: Branch, files: Mapping[str, NamedFile], name: str = "") -> Settings:
    """Return the settings of a tree. `name` is the host's in the file; "" for a host that is not in it.

    The tree has passed `checks`: whatever is required is there.
    """
    get: Any = tree.value  # each value has the type that its kind in keys.py made
    boot, ssh = _said(tree, "boot"), _said(tree, "ssh")
    return Settings(
        image=get("image") or "",
        boot=PlanOptions(
            mode=get("mode") or "stateless",
            no_bootif=boot.pop("bootif", True) is False,
            **boot,
        ),
        root=Root(**_said(tree, "root")),
        ssh=Ssh(
            enabled=ssh.get("enabled"),
            authorized_keys=_keys(ssh, files),
            keep_host_keys=ssh.get("keep_host_keys", True),
        ),
        shell=get("shell", "enabled"),
        keep_certificate=get("tls", "keep_certificate") is not False,
        host_name=host_name(tree, name),
        domain=get("identity", "domain") or "",
        name_servers=get("dns", "servers") or (),
        search_domains=get("dns", "search") or (),
        ntp_servers=get("ntp", "servers") or (),
        syslog=get("syslog", "target") or "",
        management=Management(**_said(tree, "network", "management")),
        **_network(tree),
        nfs=tuple(NfsDatastore(n, **_said(tree, "nfs", n)) for n in _names(tree, "nfs")),
        license_key=get("license", "key") or "",
        scratch=get("scratch", "path") or "",
        advanced=tuple((n, get("advanced", n)) for n in _names(tree, "advanced")),
        serial_console=get("console", "serial") or "",
        serial_log=get("console", "log") or "",
        serial_speed=get("console", "speed"),
        welcome=get("console", "welcome") or "",
        firewall=tuple((n, get("firewall", n)) for n in _names(tree, "firewall") if get("firewall", n) is not None),
        files=tuple(_file(tree, n, files) for n in _names(tree, "files")),
        scripts=tuple(
            Script(n, get("scripts", n, "when") or "late", _source(_said(tree, "scripts", n), files))
            for n in _names(tree, "scripts")
        ),
        modules=tuple(_module(tree, n, files) for n in _names(tree, "modules")),
        install=Install(**_said(tree, "install")),
    )


def _network(tree: Branch) -> dict[str, Any]:
    """Return the fields that tell of switches and of what is on them."""
    return {
        "switches": tuple(
            VirtualSwitch(n, **_said(tree, "network", "switch", n)) for n in _names(tree, "network", "switch")
        ),
        "port_groups": tuple(
            PortGroup(n, **{"switch": "vSwitch0"} | _said(tree, "network", "port_group", n))
            for n in _names(tree, "network", "port_group")
        ),
        "vmkernel_ports": tuple(
            VmkernelPort(n, **_said(tree, "network", "vmkernel", n)) for n in _vmkernel_names(tree)
        ),
    }


def host_name(tree: Branch, name: str) -> str:
    """Return the host's name: what was said, with {name} filled in, else its name in the file."""
    said = tree.value("identity", "host_name")
    if not isinstance(said, str):
        return name
    return said.replace("{name}", name) if name or "{name}" not in said else ""


def _said(tree: Branch, *path: str) -> dict[str, Any]:
    """Return the values of a table, without those that were taken back."""
    values = {key: tree.value(*path, key) for key, _ in tree.entries(*path)}
    return {key: value for key, value in values.items() if value is not None}


def _names(tree: Branch, *path: str) -> list[str]:
    return [name for name, _ in tree.entries(*path)]


def _vmkernel_names(tree: Branch) -> list[str]:
    return sorted(_names(tree, "network", "vmkernel"), key=lambda name: int(name.removeprefix("vmk")))


def _keys(ssh: Mapping[str, Any], files: Mapping[str, NamedFile]) -> tuple[str, ...]:
    named = files[ssh["authorized_keys_file"]].keys if "authorized_keys_file" in ssh else ()
    return tuple(dict.fromkeys((*ssh.get("authorized_keys", ()), *named)))


def _source(said: Mapping[str, Any], files: Mapping[str, NamedFile]) -> Source:
    content = said.get("content")
    return content if isinstance(content, Source) else files[said["source"]].source


def _file(tree: Branch, path: str, files: Mapping[str, NamedFile]) -> HostFile:
    said = _said(tree, "files", path)
    source = _source(said, files)
    return HostFile(path, source, said.get("mode", 0o644), said.get("owner", 0), said.get("group", 0))


def _module(tree: Branch, name: str, files: Mapping[str, NamedFile]) -> ExtraModule:
    said = _said(tree, "modules", name)
    return ExtraModule(name, files[said["source"]].source, said.get("before", ""), said.get("after", ""))
