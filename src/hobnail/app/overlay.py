"""Overlays for people: what a host's holds, one written to a file, two compared."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hobnail.app.configuration import load_configuration
from hobnail.app.host_plans import HostPlans, default_image, plan_of
from hobnail.errors import MediumError, SystemFailure, UserError
from hobnail.formats.archive import ArchiveMember, tar_members
from hobnail.formats.gzip import MAGIC, GzipReader
from hobnail.formats.reader import BytesReader
from hobnail.media.file import FileReader
from hobnail.profile.generations import SecureBootWarning, secure_boot_warnings
from hobnail.profile.overlay import NAME
from hobnail.profile.overlay.runner import FOLDER
from hobnail.profile.overlay.values import END, SEPARATOR
from hobnail.store import Store

LARGEST = 1 << 30
"""Bytes of an unpacked overlay that are read; ours hold files of 64 MB at most."""
RECORDS = f"{FOLDER}/settings"
SECRET_RECORDS = frozenset({"root_hash", "license"})
"""Records of the data file that no screen shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One member of an overlay. `kind` is "file", "folder" or "link"."""

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    size: int  # bytes
    sha256: str  # of a file's bytes; else empty


@dataclass(frozen=True, slots=True)
class HostOverlay:
    """What is made for a host. `data` is empty when its settings need no overlay."""

    host: str
    image: str
    data: bytes
    kernel_options: str  # the person's, and those that the settings need
    warnings: tuple[SecureBootWarning, ...]  # for hosts with Secure Boot


@dataclass(frozen=True, slots=True)
class Difference:
    """A path that two overlays do not have in common, and what differs."""

    path: str
    words: tuple[str, ...]


def overlay_of(store: Store, name: str) -> HostOverlay:
    """Make a host's overlay as it would be handed out. UserError when there is no such host, or its image cannot."""
    plans = HostPlans(store, load_configuration(store), default=default_image(store))
    prepared = plans.prepare(plans.host(name))
    made = plan_of(prepared, None).made.get(NAME)
    image = prepared.image
    return HostOverlay(
        name,
        image.title,
        made.data if made else b"",
        prepared.options.kernel_options,
        secure_boot_warnings(prepared.settings, image.generation, image.version),
    )


def write_overlay(overlay: HostOverlay, target: Path) -> None:
    """Write the archive to a file that only its owner may read: staged beside it, then renamed.

    UserError when there is nothing to write, SystemFailure when it cannot be written.
    """
    if not overlay.data:
        raise UserError(f"the settings of {overlay.host} need no overlay", next_step="`hobnail host show` lists them")
    staged = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(overlay.data)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(target)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise SystemFailure(f"cannot be written: {error.strerror}", where=str(target)) from error


def read_overlay(path: Path) -> bytes:
    """Return the bytes of an overlay in a file. UserError or MediumError when it cannot be read."""
    with FileReader(path) as file:
        return file.read_at(0, LARGEST)


def entries(name: str, data: bytes) -> list[Entry]:
    """List what an overlay holds, in its order. MediumError when it is damaged."""
    unpacked = _unpacked(name, data)
    return [_entry(member, unpacked) for member in tar_members(BytesReader(name, unpacked))]


def differences(names: tuple[str, str], overlays: tuple[bytes, bytes]) -> list[Difference]:
    """Compare two overlays: what only one has, and what differs; secrets are not shown."""
    left, right = ({one.path: one for one in entries(*pair)} for pair in zip(names, overlays, strict=True))
    found = []
    for path in sorted({*left, *right}):
        words = tuple(_differing(left.get(path), right.get(path), names))
        if words and path == RECORDS and path in left and path in right:
            words = (*words, *_records(names, overlays))
        if words:
            found.append(Difference(path, words))
    return found


def _differing(left: Entry | None, right: Entry | None, names: tuple[str, str]) -> Iterator[str]:
    if left is None or right is None:
        yield f"only in {names[left is None]}"
        return
    if left.kind != right.kind:
        yield f"{left.kind} / {right.kind}"
    if left.mode != right.mode:
        yield f"mode {left.mode:04o} / {right.mode:04o}"
    if (left.uid, left.gid) != (right.uid, right.gid):
        yield f"owner {left.uid}:{left.gid} / {right.uid}:{right.gid}"
    if left.sha256 != right.sha256:
        yield f"content {left.sha256[:12]} / {right.sha256[:12]}"


def _records(names: tuple[str, str], overlays: tuple[bytes, bytes]) -> Iterator[str]:
    """Tell the records of the data file that only one has, by key; values that are secret are left out."""
    left, right = (_lines(*pair) for pair in zip(names, overlays, strict=True))
    for sign, lines, others in (("-", left, right), ("+", right, left)):
        for line in lines:
            if line not in others:
                key, _, fields = line.removesuffix(SEPARATOR + END).partition(SEPARATOR)
                shown = "(secret)" if key in SECRET_RECORDS else fields.replace(SEPARATOR, " ")
                yield f"{sign} {key} {shown}".rstrip()


def _lines(name: str, data: bytes) -> Sequence[str]:
    unpacked = _unpacked(name, data)
    member = next(one for one in tar_members(BytesReader(name, unpacked)) if one.name == RECORDS)
    return unpacked[member.offset : member.offset + member.size].decode("utf-8", "replace").splitlines()[1:]


def _unpacked(name: str, data: bytes) -> bytes:
    if not data:
        return bytes(1024)
    if not data.startswith(MAGIC):
        raise MediumError("no overlay: it is not compressed by gzip", where=name, offset=0)
    return GzipReader(name, BytesReader(name, data), limit=LARGEST, single=True).read_at(0, LARGEST)


def _entry(member: ArchiveMember, unpacked: bytes) -> Entry:
    kind = {"5": "folder", "1": "link", "2": "link"}.get(member.type, "file")
    header = unpacked[member.offset - 512 : member.offset]  # the one before its bytes, whatever stands before that
    uid, gid = (_number(header[at : at + 8]) for at in (108, 116))
    content = unpacked[member.offset : member.offset + member.size] if kind == "file" else None
    digest = "" if content is None else hashlib.sha256(content).hexdigest()
    return Entry(member.name.rstrip("/"), kind, member.mode, uid, gid, member.size, digest)


def _number(field: bytes) -> int:
    try:
        return int(field.rstrip(b"\0 ") or b"0", 8)
    except ValueError:
        return 0
