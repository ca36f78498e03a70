"""Writing back the settings in force: a file that changes nothing when it is applied again."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from hobnail.errors import SystemFailure, UserError
from hobnail.profile import keys
from hobnail.profile.grammar import Key, node_at
from hobnail.profile.quoting import toml
from hobnail.store import Store
from hobnail.store.configuration import Applied

NAME = "hobnail.toml"
"""What the settings file is called in an exported folder."""


def settings_text(store: Store, revision: int | None = None) -> str:
    """Return a revision, the one in force if not said, as TOML with the names of files as they were.

    UserError when there is none.
    """
    applied = _applied(store, revision)
    return _heading(applied) + toml(applied.tables)


def export_settings(store: Store, folder: Path, revision: int | None = None) -> list[Path]:
    """Write a revision, the one in force if not said, and the files that it names into a new folder; all it wrote.

    Written beside it first, so that there is either all of it or nothing. Names outside of the folder become names
    in it. UserError when something is in the folder already.
    """
    applied = _applied(store, revision)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError("there is something already", where=str(folder), next_step="name a new or empty folder")
    names = _names_inside(applied)
    staged = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(mode=0o700, parents=True)
        for name, inside in names.items():
            target = staged / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(store.blob_path(applied.files[name].source.sha256), target)
        text = _heading(applied) + toml(_renamed(applied.tables, names, ()))
        (staged / NAME).write_text(text, encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        staged.rename(folder)
    except OSError as error:
        shutil.rmtree(staged, ignore_errors=True)
        what = f"cannot write: {error.strerror}: {error.filename}"
        raise SystemFailure(what, where=str(folder), next_step="choose another folder or free space there") from error
    return [folder / NAME, *(folder / inside for inside in sorted(set(names.values())))]


def _applied(store: Store, revision: int | None) -> Applied:
    applied = store.configurations.load(revision)
    if applied is not None:
        return applied
    kept = ", ".join(str(one.number) for one in store.configurations.history())
    if kept:
        raise UserError(f"revision {revision} is not kept", next_step=f"there are: {kept}")
    raise UserError("no settings were applied yet", next_step="`hobnail apply -f FILE` does")


def _heading(applied: Applied) -> str:
    when = datetime.fromtimestamp(applied.revision.applied, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"# hobnail settings, revision {applied.revision.number}, applied {when}\n\n"


def _names_inside(applied: Applied) -> dict[str, str]:
    """Return for each file a name below the folder: its own, unless that is absolute, odd or taken."""
    names: dict[str, str] = {}
    taken = {NAME}
    for name, file in sorted(applied.files.items()):
        path = PurePosixPath(name)
        inside = str(path)
        parents = {str(parent) for parent in path.parents} - {"."}
        if (
            path.is_absolute()
            or inside in taken
            or parents & taken
            or any(one.startswith(f"{inside}/") for one in taken)
        ):
            inside = f"files-{file.source.sha256[:12]}/{path.name}"
        taken.add(inside)
        names[name] = inside
    return names


def _renamed(table: Mapping[str, Any], names: Mapping[str, str], path: tuple[str, ...]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in table.items():
        node = node_at(keys.DOCUMENT, (*path, name))
        if isinstance(value, Mapping):
            result[name] = _renamed(value, names, (*path, name))
        elif isinstance(node, Key) and node.kind.names_file:
            result[name] = names.get(value, value)
        else:
            result[name] = value
    return result
