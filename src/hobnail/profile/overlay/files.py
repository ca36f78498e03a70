"""Files and scripts of the person's own."""

import re
from collections.abc import Iterator

from hobnail.errors import UserError
from hobnail.profile.overlay.member import Member, file_path
from hobnail.profile.overlay.request import Part, Request
from hobnail.profile.settings import HostFile, Script

FILE_LIMIT = 64 << 20
"""Bytes; the overlay stays in the host's memory."""
_OCTAL_LIMIT = 0o7777777
_SCRIPT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def part(request: Request) -> Part:
    """The files with owner and mode as asked, the scripts where the runner finds them, in their order."""
    members = [_file(file, request) for file in request.settings.files]
    return Part((*members, *_scripts(request)))


def _file(file: HostFile, request: Request) -> Member:
    key = f"files {file.path}"
    path = file_path(file.path, "files")
    if path.startswith("usr/lib/hobnail/"):
        raise UserError("the folder is hobnail's own", where=key, next_step="put the file elsewhere")
    if not 0 <= file.mode <= 0o7777:
        raise UserError(f"mode {file.mode:o} is no mode of a file", where=key, next_step="write 0o644 or the like")
    if not (0 <= file.owner <= _OCTAL_LIMIT and 0 <= file.group <= _OCTAL_LIMIT):
        raise UserError(f"owner {file.owner}:{file.group} is out of range", where=key)
    if file.source.size > FILE_LIMIT:
        raise UserError(
            f"{file.source.name} has {file.source.size >> 20} MB, {FILE_LIMIT >> 20} MB is the limit",
            where=key,
            next_step="keep it on a datastore",
        )
    return Member(path, request.content(file.source), file.mode, file.owner, file.group)


def _scripts(request: Request) -> Iterator[Member]:
    for number, script in enumerate(request.settings.scripts):
        yield Member(
            f"usr/lib/hobnail/{script.when}.user/{number:02d}-{_name(script)}", _text(script, request), 0o755
        )


def _name(script: Script) -> str:
    if not _SCRIPT_NAME.fullmatch(script.name):
        raise UserError(
            f"{script.name!r} is no name for a script", where="scripts", next_step="use letters, digits and . _ -"
        )
    return script.name


def _text(script: Script, request: Request) -> bytes:
    data = request.content(script.source)
    if not data.startswith(b"#!"):
        raise UserError(
            f"{script.source.name} does not start with #!",
            where=f"scripts {script.name}",
            next_step="make its first line #!/bin/sh",
        )
    return data
