"""What a ks.cfg has no command for, done by %firstboot with the very steps that an overlay runs at each boot.

An installed host keeps these settings itself, so they are made once: the section unpacks the steps and their data
into a folder of /tmp and runs them. UEFI Secure Boot skips %firstboot, and refuses any file of ours in the boot bank,
since nobody but the vendor can sign it: there the settings have to be made through the API after the boot, and
`left_for_first_boot` names them for the plan's warning. Nothing that the installation itself needs is among them.
"""

from collections.abc import Iterator
from dataclasses import replace

from hobnail.boot.plan import PlanOptions
from hobnail.errors import UserError
from hobnail.image.model import Generation
from hobnail.profile.generations import refusals, used
from hobnail.profile.kickstart.commands import LICENSED_BY_VCENTER_SINCE
from hobnail.profile.overlay.build import build
from hobnail.profile.overlay.member import Member
from hobnail.profile.overlay.request import Content
from hobnail.profile.overlay.runner import FOLDER
from hobnail.profile.release import Release
from hobnail.profile.settings import HostSecrets, Install, Management, Root, Settings

PLACE = "/tmp/hobnail"
"""Where the steps lie on the host; gone with the next boot."""
IN_COMMAND = 2
"""Name servers that the command network takes (Broadcom, ESX 9.1 guide)."""
LARGEST = 1 << 20
"""Bytes of all that is unpacked: the installer holds the script in memory several times."""

_HOOKS = ("etc/init.d/", "etc/rc.local.d/")


def generation_of(release: Release) -> Generation:
    """Return the generation of a release from 5.0 on; of 9, where a later one is not known yet."""
    return Generation(str(min(release[0], 9)))


def remaining(settings: Settings, release: Release) -> Settings:
    """Return what the commands of a ks.cfg do not do."""
    static = settings.management.address is not None
    named = static and bool(settings.host_name)
    served = static and len(settings.name_servers) <= IN_COMMAND and not settings.search_domains
    return replace(
        settings,
        boot=PlanOptions(),
        root=Root(),
        management=Management(),
        install=Install(),
        host_name="" if named else settings.host_name,
        domain="" if named else settings.domain,
        name_servers=() if served else settings.name_servers,
        license_key=settings.license_key if release >= LICENSED_BY_VCENTER_SINCE else "",
        serial_console="",
        serial_log="",
        serial_speed=None,
    )


def left_for_first_boot(settings: Settings, release: Release) -> tuple[str, ...]:
    """Name the settings that %firstboot makes, and that UEFI Secure Boot therefore leaves undone."""
    return used(remaining(settings, release))


def first_boot_script(settings: Settings, release: Release, version: str, content: Content) -> str:
    """Return the script of %firstboot; empty when the commands do all that was asked.

    UserError for what a release, or an installed host, cannot do.
    """
    _check(settings)
    generation = generation_of(release)
    rest = remaining(settings, release)
    if refused := refusals(rest, generation, version):
        first = refused[0]
        raise UserError(f"{first.key} is refused: {first.reason}", next_step=first.next_step)
    members = [
        member
        for member in build(rest, HostSecrets(), generation, version, content).members
        if member.type == "file" and not member.path.startswith(_HOOKS)
    ]
    if not members:
        return ""
    lines = ["umask 077", f"rm -rf {PLACE}"]
    folders = dict.fromkeys(_place(member.path).rpartition("/")[0] for member in members)
    lines += [f"mkdir -p {folder}" for folder in folders]
    for member in members:
        lines += _file(member)
    if any(member.path == f"{FOLDER}/run.sh" for member in members):
        lines.append(f"/bin/sh {PLACE}/run.sh late </dev/null >/dev/null 2>&1 &")
    script = "\n".join([*lines, "exit 0", ""])
    if len(script) > LARGEST:
        raise UserError(
            f"the scripts have {len(script)} bytes, {LARGEST} is the limit of a ks.cfg",
            where="scripts",
            next_step="let a script fetch what it needs",
        )
    return script


def _check(settings: Settings) -> None:
    """What an installed host would not keep, or not take, is refused rather than dropped."""
    if settings.files:
        raise UserError(
            f"{settings.files[0].path}: an installed host keeps no files of ours over a boot",
            where="files",
            next_step="leave files out of an installation, or write them with a late script to a datastore",
        )
    if early := [script.name for script in settings.scripts if script.when == "early"]:
        raise UserError(
            f"{early[0]}: nothing of ours runs early on an installed host",
            where="scripts",
            next_step='write when = "late": it runs once, at the first boot',
        )


def _place(path: str) -> str:
    """Return where a member goes: our own folder into /tmp, all others where they belong."""
    if path == FOLDER or path.startswith(f"{FOLDER}/"):
        return PLACE + path.removeprefix(FOLDER)
    return f"/{path}"


def _file(member: Member) -> Iterator[str]:
    """Yield the lines that write a file. Each of its own has a mark before it: no line can end the section."""
    text = _text(member).replace(f"/{FOLDER}", PLACE)
    place = _place(member.path)
    yield f"sed 's/^|//' >{place} <<'HOBNAIL'"
    for line in text.removesuffix("\n").split("\n"):
        yield f"|{line}"
    yield "HOBNAIL"
    yield f"chmod {member.mode & 0o1777:o} {place}"


def _text(member: Member) -> str:
    try:
        text = member.data.decode("ascii")
    except UnicodeDecodeError as error:
        raise UserError(
            "a setting or script has characters that are not ASCII, which the installer may spoil",
            where=member.path.removeprefix(f"{FOLDER}/"),
            offset=error.start,
            next_step="write it in ASCII",
        ) from error
    if "\0" in text or "\r" in text:
        raise UserError("has a NUL or CR in it", where=member.path, next_step="save it as plain text with LF alone")
    return text
