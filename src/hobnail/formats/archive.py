"""What an archive inside a module holds, without unpacking it: the common form, and tar by the standard library."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, cast

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader, SliceReader

MAX_MEMBERS = 50_000
"""An end to hostile archives; the largest of VMware's (s.v00) have some thousands."""
MAX_READ = 64 << 10
"""Bytes of one header or long name."""


@dataclass(frozen=True, slots=True)
class ArchiveMember:
    """One member. `type` is tar's letter: `0` file, `1` hard link, `2` symbolic link, `5` folder, `7` shared file."""

    name: str
    type: str
    mode: int  # permission bits, with sticky, set-uid and set-gid
    mtime: int  # seconds since the epoch
    size: int  # bytes
    link: str  # where a link leads; else empty
    offset: int  # of its bytes in the archive

    def reader(self, archive: Reader) -> Reader:
        """Return the member's bytes in the archive that it came from."""
        return SliceReader(f"{archive.name}!{self.name}", archive, self.offset, self.size)


def tar_members(archive: Reader) -> Iterator[ArchiveMember]:
    """Yield the members of a tar archive (ustar, pax, GNU) in their order, reading headers only.

    MediumError for damage and for more than MAX_MEMBERS.
    """
    file = _HeaderFile(archive)
    try:
        with tarfile.open(fileobj=cast("IO[bytes]", file), mode="r:", errors="replace") as tar:
            for number, info in enumerate(tar):
                if number == MAX_MEMBERS:
                    raise MediumError(f"more than {MAX_MEMBERS} members in a tar archive", where=archive.name)
                yield _member(info)
        if any(file.last):  # tarfile ends without a word at a damaged header that is not the first
            raise MediumError("damaged tar archive", where=archive.name, offset=file.tell() - len(file.last))
    except MediumError:
        raise
    except (tarfile.TarError, ValueError, OverflowError, RecursionError, EOFError) as error:
        raise MediumError(f"damaged tar archive ({error})", where=archive.name, offset=file.tell()) from None


def _member(info: tarfile.TarInfo) -> ArchiveMember:
    kind = "0" if info.type in (tarfile.AREGTYPE, tarfile.REGTYPE) else info.type.decode("latin-1")
    mode, mtime = info.mode & 0o7777, int(info.mtime)
    return ArchiveMember(info.name, kind, mode, mtime, max(info.size, 0), info.linkname, info.offset_data)


class _HeaderFile:
    """The archive as a file for tarfile, which goes forward only and reads nothing but headers."""

    def __init__(self, archive: Reader) -> None:
        self._archive = archive
        self.last = b""  # what was read last
        self._position = 0
        self._reads = 0

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = 0) -> int:
        assert whence == 0, "tarfile knows where it is"
        self._position = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        self._reads += 1
        if not 0 <= size <= MAX_READ or self._position < 0 or self._reads > 4 * MAX_MEMBERS:
            what = "damaged tar archive: a header that is too large, or one that leads back"
            raise MediumError(what, where=self._archive.name, offset=max(self._position, 0))
        self.last = self._archive.read_at(self._position, size)
        self._position += len(self.last)
        return self.last
