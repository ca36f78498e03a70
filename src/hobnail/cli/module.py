"""`hobnail image show IMAGE MODULE`: what is inside a module."""

import json
import stat
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hobnail.app.look_into_module import ModuleLook, look_into
from hobnail.formats.archive import ArchiveMember
from hobnail.formats.module_content import ModuleContent, ModuleKind
from hobnail.formats.printable import printable

if TYPE_CHECKING:
    from hobnail.store import Store, StoredImage

_TEXT_SHOWN = 4096
"""Bytes of a text module."""
_TYPES = {
    "1": stat.S_IFREG,
    "2": stat.S_IFLNK,
    "3": stat.S_IFCHR,
    "4": stat.S_IFBLK,
    "5": stat.S_IFDIR,
    "6": stat.S_IFIFO,
}


def show_module(store: "Store", stored: "StoredImage", name: str, json_: bool) -> None:
    """Print what a file of an image is; of an archive also what it holds."""
    with look_into(store, stored, name) as look:
        if json_:
            click.echo(json.dumps(as_json(look)))
            return
        click.echo(printable(f"{look.module.name} of {stored.image.title}"))
        for line in _facts(look):
            click.echo(printable(line))
        for number, member in enumerate(look.content.members()):
            if number == 0:
                click.echo("\nFiles:")
            click.echo(_line(member))


def as_json(look: ModuleLook) -> dict[str, Any]:
    """Return a module as programs read it; sizes in bytes, modes as numbers, times in seconds since the epoch."""
    content = look.content
    return {
        **asdict(look.module),
        "kind": content.kind.name.lower(),
        "layers": content.layers,
        "unpacked_size": content.size,
        "signed": content.signed,
        "notes": content.notes,
        "elf": asdict(content.elf) if content.elf else None,
        "multiboot": asdict(content.multiboot) if content.multiboot else None,
        "esxbootinfo": asdict(content.esxbootinfo) if content.esxbootinfo else None,
        "program": content.program,
        "text": _text(content),
        "files": [asdict(member) for member in content.members()],
    }


def _facts(look: ModuleLook) -> Iterator[str]:
    """Yield the lines before the list of files."""
    content = look.content
    kind = content.program or content.kind
    yield f"kind      {' in '.join((kind, *reversed(content.layers)))}{', signed' if content.signed else ''}"
    yield f"size      {look.module.size} bytes, {content.size} unpacked"
    yield f"role      {look.module.role}"
    if content.elf is not None:
        yield f"program   {content.elf.bits}-bit, for {content.elf.machine}"
        for name, header in (("Multiboot", content.multiboot), ("ESXBootInfo", content.esxbootinfo)):
            if header is not None:
                yield f"          {name} header, flags {header.flags:#x}"
    yield from (f"note      {note}" for note in content.notes)
    if (text := _text(content)) is not None:
        yield f"text      {text.strip()}"


def _text(content: ModuleContent) -> str | None:
    if content.kind is not ModuleKind.TEXT:
        return None
    return content.payload.read_at(0, _TEXT_SHOWN).rstrip(b"\0").decode("ascii", "replace")


def _line(member: ArchiveMember) -> str:
    """Return a line like that of `ls -l`."""
    mode = stat.filemode(_TYPES.get(member.type, stat.S_IFREG) | member.mode)
    arrow = {"1": " link to ", "2": " -> "}.get(member.type, "") + member.link
    return f"{mode} {member.size:11}  {printable(member.name + arrow)}"
