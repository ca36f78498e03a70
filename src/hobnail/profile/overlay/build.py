"""An overlay, put together: files, records and steps of every part, in one sorted archive."""

from collections.abc import Iterable
from dataclasses import dataclass

from hobnail.errors import UserError
from hobnail.image.model import Generation
from hobnail.profile.generations import refused_of, used
from hobnail.profile.overlay import files, keys, login, names, network, options, root, services, storage
from hobnail.profile.overlay.archive import archive
from hobnail.profile.overlay.member import Member, arranged, folders_of
from hobnail.profile.overlay.request import Content, Request
from hobnail.profile.overlay.runner import FOLDER, runner
from hobnail.profile.overlay.values import Record, render
from hobnail.profile.release import release_of
from hobnail.profile.settings import HostSecrets, Settings

PARTS = (
    root.part,
    login.part,
    keys.part,
    names.part,
    services.part,
    options.part,
    network.part,
    storage.part,
    files.part,
)
"""A function for each concern; a new one is a file and a line here."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A host's own module. `members` are sorted, each folder before what is in it; empty when nothing was asked.

    `kernel_options` are words that the settings need on the kernel's command line.
    """

    members: tuple[Member, ...]
    kernel_options: tuple[str, ...]

    def archive(self) -> bytes:
        """Return the module: gzip'd ustar, the same bytes for the same members."""
        return archive(self.members)


def build(
    settings: Settings,
    secrets: HostSecrets,
    generation: Generation,
    version: str,
    content: Content,
    extra: Iterable[Member] = (),
) -> Overlay:
    """Make a host's overlay. `extra` are members of others: a kickstart, the host's state.

    For an installation only `extra` is laid over the installer: the kickstart does what the settings say. UserError
    for what the release cannot do, for a value that cannot be handed to a host, and for a path with two owners.
    """
    asked, release = used(settings), release_of(generation, version)
    if refused := refused_of(asked, release):
        first = refused[0]
        raise UserError(f"{first.key} is refused: {first.reason}", next_step=first.next_step)
    words = options.serial_options(settings)
    if settings.boot.mode == "install":
        return Overlay(arranged(_distinct([*extra])), words)
    request = Request(settings, secrets, release, content)
    members: list[Member] = []
    records: list[Record] = []
    for make in PARTS:
        part = make(request)
        members += part.members
        records += part.records
    times = {script.when for script in settings.scripts}
    scripts = runner(asked, release, ("early" in times, "late" in times))
    if scripts:
        records.append(("era", "legacy" if request.legacy else "modern"))
        members.append(Member(f"{FOLDER}/settings", render(records), 0o600, own=True))
    return Overlay(arranged(_distinct([*members, *scripts, *extra])), words)


def _distinct(members: list[Member]) -> list[Member]:
    """Return the members; UserError when two have one path, or one is a folder to another."""
    paths = [member.path for member in members]
    folders = {member.path for member in folders_of(tuple(paths))}
    if len(set(paths)) != len(paths) or not folders.isdisjoint(paths):
        twice = next(path for path in paths if paths.count(path) > 1 or path in folders)
        raise UserError(
            f"/{twice} is written twice: by a setting and by `files`, or by two of `files`",
            where=f"files /{twice}",
            next_step="leave one of them out",
        )
    return members
