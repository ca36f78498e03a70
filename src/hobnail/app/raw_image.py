"""`--raw`: a medium's own bytes for a stick: a (hybrid) ISO as it is, or the disk image that older media hide.

Up to 4.1 the installer carries the image of a whole disk, which a stick takes byte for byte (facts 1.2, 8b); of an
ISO from 5.0 on the file itself is written, which only boots where the ISO is hybrid.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hobnail.app.device_target import DeviceTarget
from hobnail.errors import MediumError, UserError
from hobnail.formats.el_torito import Firmware
from hobnail.formats.reader import Reader, SliceReader
from hobnail.image.disk import MAX_DISK, disk_images
from hobnail.image.generations import CARRIERS
from hobnail.media.disk_stick import disk_firmware, sector_size, what_is_missing
from hobnail.media.file import FileReader
from hobnail.media.hybrid import stick_firmware
from hobnail.media.kind import Kind
from hobnail.media.open import Opened, open_medium
from hobnail.write.device_writer import HEAD, Job, Step, Written
from hobnail.write.pieces import ReaderSource

SECTOR = 512
RIGHT_STICK = "import it and write the right stick: hobnail image import FILE, then hobnail write usb DEVICE --image"
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class RawImage:
    """What is to be written. `firmware` boots it; `note`: what the person must know; `doubt`: why not to write it."""

    job: Job
    size: int  # bytes of the device that it takes
    title: str
    firmware: frozenset[Firmware]
    note: str = ""
    doubt: str = ""  # then only `force` writes it
    instead: str = RIGHT_STICK


@contextmanager
def raw_image(path: Path, measuring: Callable[[int], None]) -> Iterator[RawImage]:
    """Open a medium and find what a stick is to hold. `measuring` is told the bytes decoded so far.

    A compressed disk image is decoded once to know its size and that it is whole: before anything is erased.
    UserError when there is nothing to write, MediumError when the medium is damaged.
    """
    with open_medium(path) as opened:
        is_iso = opened.kind.startswith(Kind.ISO)
        if is_iso and not any(opened.find(name) for name in CARRIERS):
            with FileReader(path) as reader:
                yield _iso(path, reader, opened)
        elif opened.kind.startswith(Kind.DISK):
            with FileReader(path) as reader:
                yield _disk(reader, reader.size, f"disk image {path.name}")
        elif not is_iso and opened.kind == "directory" and not any(opened.find(name) for name in CARRIERS):
            raise UserError("is a directory, and no disk image is in it", where=str(path), next_step=RIGHT_STICK)
        else:
            with _hidden(path, opened, measuring) as found:
                yield found


def write_raw(
    image: RawImage, target: DeviceTarget, report: Callable[[Step], None], *, force: bool = False
) -> Written:
    """Write a medium's own bytes to a stick and read them back; one that is damaged or boots nowhere needs `force`.

    UserError when that is not given, or the device is too small or not agreed to; SystemFailure at a bad end.
    """
    if image.doubt and not force:
        next_step = f"{image.instead}; --force writes it all the same"
        raise UserError(f"{image.title}: {image.doubt}", next_step=next_step)
    return target.write(image.job, image.size, report)


@contextmanager
def _hidden(path: Path, opened: Opened, measuring: Callable[[int], None]) -> Iterator[RawImage]:
    """Find the disk image inside of archives, decode it once, and once more to write it."""
    size = _measured(path, opened, measuring)
    image = next(disk_images(opened, lambda _: None))
    with closing(image):
        names = "!".join((path.name, *image.origin))
        yield _disk(image.reader, size, f"disk image {names}")


def _measured(path: Path, opened: Opened, measuring: Callable[[int], None]) -> int:
    """Return the size of the first disk image; MediumError when there is none, or it is damaged somewhere."""
    image = next(disk_images(opened, lambda _: None), None)
    if image is None:
        raise MediumError("no disk image is in it", where=str(path), next_step=RIGHT_STICK)
    with closing(image):
        at = 0
        while data := image.reader.read_at(at, min(_CHUNK, MAX_DISK - at)):
            at += len(data)
            measuring(at)
    return at


def _disk(reader: Reader, size: int, title: str) -> RawImage:
    """Return a disk image: doubtful where it is cut off, or made for a disk that no stick is."""
    disk = SliceReader(reader.name, reader, 0, size)  # whose size is known
    firmware = disk_firmware(disk, size)
    plain = RawImage(_job(disk, size), _whole(size), title, firmware)
    if missing := what_is_missing(disk, size):
        return replace(plain, doubt=f"it is cut off: {missing}", instead="fetch it again")
    if (sector := sector_size(disk)) != SECTOR:
        doubt = f"it is made for sectors of {sector} bytes: no machine boots it from a stick of {SECTOR}"
        return replace(plain, doubt=doubt)
    if not firmware:
        return replace(plain, note="it has neither boot code nor EFI/BOOT: no machine boots from it")
    return plain


def _iso(path: Path, reader: Reader, opened: Opened) -> RawImage:
    firmware = stick_firmware(reader)
    size = reader.size or 0
    plain = RawImage(_job(reader, size), _whole(size), f"{opened.kind} {path.name}", firmware)
    if firmware:
        missing = sorted(set(Firmware) - firmware)
        note = f"it is hybrid, and boots by {' and '.join(sorted(firmware))}"
        note += f", not by {missing[0]}; for both {RIGHT_STICK}" if missing else ""
        return replace(plain, note=note)
    if opened.firmware and Firmware.UEFI in opened.firmware:
        note = (
            "it is not hybrid: BIOS does not boot it from a stick, and UEFI only where the firmware reads a CD's "
            f"boot catalogue on sticks; {RIGHT_STICK}"
        )
        return replace(plain, firmware=frozenset({Firmware.UEFI}), note=note)
    return replace(plain, doubt="it is not hybrid and has no boot entry for UEFI: no machine boots it from a stick")


def _job(reader: Reader, size: int) -> Job:
    """Return all bytes of a reader as they are, with zeros up to a whole sector."""
    head = ReaderSource(reader, 0, min(HEAD, size))
    return Job(head, ReaderSource(reader, HEAD, size), _whole(size))


def _whole(size: int) -> int:
    """Return a size in whole sectors."""
    return -(-size // SECTOR) * SECTOR
