"""What each option puts into the overlay of each release. `HOBNAIL_GOLDENS=1 pytest` writes the files anew.

Scripts of ours are named by their file under host/; all other bytes are shown.
"""

import os
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from hobnail.image.model import Generation
from hobnail.profile.generations import refusals
from hobnail.profile.overlay import Member, Overlay, build
from hobnail.profile.overlay.member import arranged
from hobnail.profile.settings import HostSecrets, Settings
from tests.profile.overlay.samples import NO_SECRETS, OPTIONS, RELEASES, SECRETS, content

GOLDENS = Path(__file__).parent.parent / "goldens"
HOST = Path(str(files("hobnail.profile.overlay"))) / "host"
SCRIPTS = {path.read_bytes(): path.relative_to(HOST).as_posix() for path in HOST.rglob("*.sh")}


def told(member: Member) -> Iterator[str]:
    kind = "d" if member.type == "folder" else "-"
    line = f"  {kind} {member.mode:04o} {member.uid}:{member.gid} {member.path}"
    script = SCRIPTS.get(member.data)
    yield f"{line} = host/{script}" if script else line
    if member.type == "file" and not script:
        text = member.data.decode().replace("\x1f", "|").replace("\0", "\\0")
        yield from (f"      {row}" for row in text.splitlines())


def section(
    title: str, settings: Settings, secrets: HostSecrets, generation: Generation, version: str
) -> Iterator[str]:
    yield f"## {title}"
    refused = refusals(settings, generation, version)
    for one in refused:
        yield f"  refused: {one.key}: {one.reason.partition(': ')[2]}; {one.next_step}"
    if not refused:
        overlay: Overlay = build(settings, secrets, generation, version, content)
        if overlay.kernel_options:
            yield f"  kernel: {' '.join(overlay.kernel_options)}"
        runner = runner_of(generation, version)
        if runner <= {*overlay.members}:
            yield "  + runner"
        for member in overlay.members:
            if member not in runner:
                yield from told(member)
    yield ""


@cache
def runner_of(generation: Generation, version: str) -> frozenset[Member]:
    """What every overlay with scripts has."""
    early = build(Settings(scripts=OPTIONS["scripts"].scripts[:1]), NO_SECRETS, generation, version, content)
    late = build(OPTIONS["syslog udp"], NO_SECRETS, generation, version, content)
    return frozenset({*early.members} & {*late.members})


def golden(version: str) -> str:
    """What stands in the file: the sections, or the name of the release before, when all is as there."""
    before = list(RELEASES)[: list(RELEASES).index(version)]
    if before and sections(before[-1]) == sections(version):
        return f"as {before[-1]}\n"
    return sections(version)


@cache
def sections(version: str) -> str:
    generation = RELEASES[version]
    lines = ["## runner", *(line for member in arranged(runner_of(generation, version)) for line in told(member)), ""]
    for title, settings in OPTIONS.items():
        lines += section(title, settings, NO_SECRETS, generation, version)
    lines += section("the host's own keys", Settings(), SECRETS, generation, version)
    return "\n".join(lines)


@pytest.mark.parametrize("version", RELEASES)
def test_as_the_golden_has_it(version: str) -> None:
    file = GOLDENS / f"overlay-{version}.txt"
    if os.environ.get("HOBNAIL_GOLDENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(golden(version))
    assert golden(version) == file.read_text()
