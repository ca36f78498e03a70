"""Reading settings files and the files that they name, with what the machine may say against it."""

import hashlib
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hobnail.errors import UserError
from hobnail.profile.build import NamedFile
from hobnail.profile.checks import check_all
from hobnail.profile.configuration import Configuration
from hobnail.profile.document import Document, read_document
from hobnail.profile.kickstart.first_boot import LARGEST
from hobnail.profile.kinds import WrongError, shown
from hobnail.profile.kinds_login import MAX_FILE, key_lines_of
from hobnail.profile.merge import Leaf
from hobnail.profile.problems import InvalidSettingsError, Problem
from hobnail.profile.settings import Source

Keep = Callable[[bytes], None]
"""Takes the bytes of each file, to stage them or to forget them."""


@dataclass(frozen=True, slots=True)
class SettingsFiles:
    """A document that is right by itself, and all it names."""

    document: Document
    configuration: Configuration
    inline: frozenset[Source]
    scripts: Mapping[str, bytes]  # by their SHA-256: an installer takes only some

    def content(self, source: Source) -> bytes:
        """Return the bytes of a script; a stand-in for all else, and for what is too large for an installer."""
        return self.scripts.get(source.sha256) or b"#!".ljust(min(source.size, 2 * LARGEST), b" ")


def read_settings(path: Path, keep: Keep = lambda _: None) -> SettingsFiles:
    """Read a settings file or a folder of *.toml, and check it. InvalidSettingsError tells all that is wrong."""
    document = read_document([(str(file), _read(file)) for file in _settings_files(path)])
    configuration = Configuration(document.tables, document.places, {})
    problems = configuration.problems()
    if problems:
        raise _invalid(problems, document)
    files = {}
    scripts = {
        leaf.typed.sha256: str(leaf.written).encode()
        for leaf in configuration.contents()
        if _is_script(leaf) and isinstance(leaf.typed, Source)
    }
    folder = path if path.is_dir() else path.parent
    for name, leaves in _by_name(configuration).items():
        try:
            data = _bytes_of(folder / name)
        except WrongError as error:
            problems += [_problem(leaf, error) for leaf in leaves]
            continue
        keep(data)
        files[name], found = _named_file(name, data, leaves)
        problems += found
        if any(map(_is_script, leaves)) and len(data) <= LARGEST:
            scripts[files[name].source.sha256] = data
    inline = frozenset(_inline(configuration, keep))
    whole = configuration.with_files(files)
    problems = problems or check_all(whole)
    if problems:
        raise _invalid(problems, document)
    return SettingsFiles(document, whole, inline, scripts)


def _is_script(leaf: Leaf) -> bool:
    return leaf.origin.path[-3:-2] == ("scripts",)


def _invalid(problems: list[Problem], document: Document) -> InvalidSettingsError:
    return InvalidSettingsError([problem.error(document.places) for problem in problems])


def _settings_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.glob("*.toml") if not file.name.startswith("."))
    if not files:
        raise UserError("no settings in that folder", where=str(path), next_step="settings files are called *.toml")
    return files


def _read(file: Path) -> bytes:
    try:
        return _bytes_of(file)
    except WrongError as error:
        raise UserError(error.what, where=str(file), next_step=error.next_step or None) from None


def _bytes_of(file: Path) -> bytes:
    """Return what is in a file; WrongError says why that cannot be."""
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            raise WrongError("is a folder", "name a file")
        if not stat.S_ISREG(status.st_mode):
            raise WrongError("is no file but a device, pipe or socket", "name a file")
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WrongError(f"cannot be read: {reason}: {file}", "check the name and who may read it") from None
    if len(data) > MAX_FILE:
        raise WrongError(f"is larger than {MAX_FILE >> 20} MiB", "make it smaller")
    return data


def _by_name(configuration: Configuration) -> dict[str, list[Leaf]]:
    names: dict[str, list[Leaf]] = {}
    for name, leaf in configuration.files_named():
        names.setdefault(name, []).append(leaf)
    return names


def _named_file(name: str, data: bytes, leaves: list[Leaf]) -> tuple[NamedFile, list[Problem]]:
    """Return a file, and what is wrong with it for those that name it."""
    problems = []
    keys: tuple[str, ...] = ()
    for leaf in leaves:
        try:
            if leaf.key.kind.check_bytes is not None:
                leaf.key.kind.check_bytes(data)
            if leaf.origin.path[-1] == "authorized_keys_file":
                keys = key_lines_of(data)
        except WrongError as error:
            problems.append(_problem(leaf, error))
    return NamedFile(Source(name, hashlib.sha256(data).hexdigest(), len(data)), keys), problems


def _problem(leaf: Leaf, error: WrongError) -> Problem:
    return Problem(leaf.origin.path, error.what, error.next_step, shown(leaf.written))


def _inline(configuration: Configuration, keep: Keep) -> Iterator[Source]:
    """Give what stands in the settings and is to be a file, each once."""
    seen = set()
    for leaf in configuration.contents():
        if isinstance(leaf.typed, Source) and isinstance(leaf.written, str) and leaf.typed not in seen:
            seen.add(leaf.typed)
            keep(leaf.written.encode())
            yield leaf.typed
