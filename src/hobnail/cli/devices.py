"""`hobnail devices`: what there is to write to, what is on it, and why something is not to be written to."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hobnail.cli.text import size_text

if TYPE_CHECKING:
    from hobnail.app.devices import DeviceReport, Listing
    from hobnail.system.block_devices import BlockDevice
    from hobnail.system.pmem_namespaces import Namespace


@click.command()
@click.option("--json", "json_", is_flag=True, help="Print JSON.")
@click.pass_obj
def devices(_: Path | None, /, json_: bool) -> None:
    """List the block devices: what they are, what is on them, and whether they may be written to.

    Says also whether the installer of ESXi would list them, and what to do where it would not. What is on a device is
    seen by root only.
    """
    from hobnail.app.devices import list_devices

    listing = list_devices()
    if json_:
        click.echo(json.dumps(_as_json(listing), indent=2))
        return
    blocks = [list(_report(one, listing.with_signatures)) for one in listing.devices]
    blocks += [list(_namespace(one)) for one in listing.namespaces]
    click.echo("\n\n".join("\n".join(block) for block in blocks) or "no block devices here")
    if not listing.with_signatures:
        click.echo("\nwhat is on the devices is seen by root only: sudo hobnail devices", err=True)


def describe(device: "BlockDevice") -> str:
    """Return a device in one line."""
    tags = [device.identity.transport or device.kind.value]
    tags += ["removable"] if device.removable else []
    tags += ["read-only"] if device.read_only else []
    tags += [f"sectors of {device.sector_size} bytes"] if device.sector_size != 512 else []
    words = [str(device.path), device.title or device.label, size_text(device.size), ", ".join(tags)]
    words.append(f"serial {device.identity.serial}" if device.identity.serial else "no serial number")
    return "  ".join(word for word in words if word)


def _report(report: "DeviceReport", root: bool) -> Iterator[str]:
    yield describe(report.device)
    if report.namespace is not None:
        yield f"  namespace  {report.namespace.name}, mode {report.namespace.mode}"
    for part in report.partitions:
        yield f"  partition  {part.name}  {size_text(part.size)} at byte {part.start}"
    if report.signatures is not None:
        found = dict.fromkeys(f"{what} on {name}" for name, what in report.signatures)
        yield f"  holds      {', '.join(found) or 'nothing that is known'}"
    elif root:
        yield "  holds      not known: it cannot be read"
    for use in report.uses:
        yield f"  in use     {use}"
    yield f"  writing    {_writing(report)}"
    yield f"  installer  {_installer(report.installer.listed, report.installer.why)}"
    if report.installer.instead:
        yield f"  instead    {report.installer.instead}"


def _namespace(namespace: "Namespace") -> Iterator[str]:
    """Show a namespace that is no block device: devdax, or not enabled."""
    from hobnail.app.devices import namespace_view

    view = namespace_view(namespace)
    yield f"{namespace.name}  {size_text(namespace.size)}  persistent memory, mode {namespace.mode}"
    yield f"  writing    no: {'it is no block device' if namespace.node else 'it is not enabled'}"
    yield f"  installer  {_installer(view.listed, view.why)}"
    if view.instead:
        yield f"  instead    {view.instead}"


def _writing(report: "DeviceReport") -> str:
    from hobnail.write.safety import RAW_SECTORS, Danger

    hard = [reason for reason in report.refusals if reason.danger is not Danger.FIXED]
    if hard:
        return "no: " + "; also: ".join(f"{reason.why} ({reason.next_step})" for reason in hard)
    only = report.is_stick and report.device.sector_size not in RAW_SECTORS
    yes = "yes (UEFI only; not --raw)" if only else "yes"
    command = f"{report.command} {report.device.path}"
    return f"{yes}, when its serial number is typed: {command}" if report.refusals else f"{yes}: {command}"


def _installer(listed: bool | None, why: str) -> str:
    return f"{'not known' if listed is None else 'lists it' if listed else 'does not list it'}: {why}"


def _as_json(listing: "Listing") -> dict[str, Any]:
    return {
        "devices": [_device_json(one) for one in listing.devices],
        "namespaces": [_namespace_json(one) for one in listing.namespaces],
    }


def _device_json(report: "DeviceReport") -> dict[str, Any]:
    from hobnail.write.safety import Danger

    device, view = report.device, report.installer
    return {
        "path": str(device.path),
        "kind": device.kind.value,
        "vendor": device.identity.vendor,
        "model": device.identity.model,
        "serial": device.identity.serial,
        "size": device.size,
        "sector_size": device.sector_size,
        "transport": device.identity.transport,
        "removable": device.removable,
        "read_only": device.read_only,
        "label": device.label,
        "mounts": list(device.mounts),
        "swap": device.swap,
        "holders": list(device.holders),
        "pool": device.pool,
        "partitions": [
            {
                "path": str(part.path),
                "start": part.start,
                "size": part.size,
                "mounts": list(part.mounts),
                "swap": part.swap,
                "holders": list(part.holders),
                "pool": part.pool,
            }
            for part in report.partitions
        ],
        "uses": list(report.uses),
        "signatures": None
        if report.signatures is None
        else [
            {"on": name, "usage": one.usage.value, "type": one.type, "offset": one.offset, "label": one.label}
            for name, one in report.signatures
        ],
        "namespace": None if report.namespace is None else _namespace_json(report.namespace),
        "writable": not any(one.danger is not Danger.FIXED for one in report.refusals),
        "needs_serial": any(one.danger is Danger.FIXED for one in report.refusals),
        "refusals": [
            {"danger": one.danger.value, "why": one.why, "next_step": one.next_step} for one in report.refusals
        ],
        "installer": {"lists": view.listed, "why": view.why, "instead": view.instead},
    }


def _namespace_json(namespace: "Namespace") -> dict[str, Any]:
    return {
        "name": namespace.name,
        "mode": namespace.mode,
        "size": namespace.size,
        "sector_size": namespace.sector_size,
        "node": namespace.node,
        "uuid": namespace.uuid,
        "region": namespace.region,
    }
