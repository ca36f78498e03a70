"""What modules are, told by content: every layer, every kind, and damage."""

import gzip
import io
import lzma
import random
import struct
import tarfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.app.demo.later_bodies import body_of, elf
from hobnail.app.demo.vmtar import pack_vmtar
from hobnail.errors import MediumError
from hobnail.formats.boot_header import BootHeader
from hobnail.formats.module_content import ModuleContent, ModuleKind, describe_module
from hobnail.formats.reader import BytesReader

FILES = {"etc/vmware/release": b"VMware ESXi 7.0.3\n", "bin/sh": b"#!" * 3000}
VMTAR = pack_vmtar(FILES)
XZ = lzma.compress(VMTAR, check=lzma.CHECK_CRC32)
SIGNATURE = b"\0" * 20 + b"key" * 5 + struct.pack("<II", 256, 0x1ABE11ED)


def describe(data: bytes) -> ModuleContent:
    return describe_module(BytesReader("s.v00", data))


def tar(*infos: tarfile.TarInfo, form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info in infos:
            archive.addfile(info, io.BytesIO(bytes(info.size)))
    return out.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, size: int = 0, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.size, made.linkname, made.mode = kind, size, link, 0o1755
    return made


LONG = "usr/lib/" + "n" * 150
TAR = tar(info("etc", tarfile.DIRTYPE), info("etc/a", size=700), info("b", tarfile.SYMTYPE, link="etc/a"))


@pytest.mark.parametrize(
    ("data", "kind", "layers", "size", "signed"),
    [
        (gzip.compress(VMTAR), ModuleKind.VMTAR, ("gzip",), len(VMTAR), False),
        (gzip.compress(XZ), ModuleKind.VMTAR, ("gzip", "xz"), len(VMTAR), False),
        (gzip.compress(XZ + SIGNATURE), ModuleKind.VMTAR, ("gzip", "xz"), len(VMTAR), True),
        (
            gzip.compress(lzma.compress(VMTAR, lzma.FORMAT_ALONE)),
            ModuleKind.VMTAR,
            ("gzip", "lzma"),
            len(VMTAR),
            False,
        ),
        (gzip.compress(TAR), ModuleKind.TAR, ("gzip",), len(TAR), False),
        (gzip.compress(elf(b"x" * 99)), ModuleKind.ELF, ("gzip",), 219, False),
        (gzip.compress(elf(b"x") + SIGNATURE), ModuleKind.ELF, ("gzip",), 121 + len(SIGNATURE), True),
        (body_of("jumpstrt.gz"), ModuleKind.EMPTY, ("gzip",), 0, False),
        (gzip.compress(b"\n"), ModuleKind.TEXT, ("gzip",), 1, False),
        (gzip.compress(b"\0"), ModuleKind.TEXT, ("gzip",), 1, False),
        (gzip.compress(b"gdbPort=com1 logPort=com2\n"), ModuleKind.TEXT, ("gzip",), 26, False),
        (gzip.compress(b"\x28\xb5\x2f\xfd\x00\x01"), ModuleKind.ZSTD, ("gzip",), 6, False),
        (gzip.compress(b"\x00\x01\x02"), ModuleKind.UNKNOWN, ("gzip",), 3, False),
        (VMTAR, ModuleKind.VMTAR, (), len(VMTAR), False),
        (b"", ModuleKind.EMPTY, (), 0, False),
    ],
)
def test_a_module_is_told_by_its_content(
    data: bytes, kind: ModuleKind, layers: tuple[str, ...], size: int, signed: bool
) -> None:
    found = describe(data)
    assert (found.kind, found.layers, found.size, found.signed) == (kind, layers, size, signed)
    assert bool(found.notes) is (not layers)  # mboot warns about what is not gzip'd


def test_the_marker_with_a_name_is_empty_too() -> None:
    named = b"\x1f\x8b\x08\x08" + bytes(4) + b"\0\x03" + b"uc_hygon\0" + b"\x03\0" + bytes(8)
    assert len(named) == 29
    assert describe(named).kind is ModuleKind.EMPTY


def test_a_second_gzip_member_is_not_read_and_noted() -> None:
    first = gzip.compress(VMTAR)
    found = describe(first + gzip.compress(b"more"))
    assert found.size == len(VMTAR)
    assert found.notes == (
        f"something follows the gzip member at byte {len(first)}: a boot loader refuses a second one",
    )


@pytest.mark.parametrize("data", [gzip.compress(VMTAR), gzip.compress(XZ)], ids=["gzip", "xz"])
def test_the_files_in_a_tardisk(data: bytes) -> None:
    found = describe(data)
    files = {m.name: m.reader(found.payload).read_at(0, m.size) for m in found.members() if m.type == "0"}
    assert files == FILES
    assert [m.name for m in found.members() if m.type == "5"] == ["etc/", "etc/vmware/", "bin/"]


def test_the_files_in_a_tar_archive() -> None:
    found = describe(gzip.compress(TAR))
    listed = [(m.name, m.type, m.mode, m.size, m.link) for m in found.members()]
    assert listed == [("etc", "5", 0o1755, 0, ""), ("etc/a", "0", 0o1755, 700, ""), ("b", "2", 0o1755, 0, "etc/a")]


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_in_a_tar_archive(form: int) -> None:
    assert [m.name for m in describe(gzip.compress(tar(info(LONG), form=form))).members()] == [LONG]


def kernel(magic: int, flags: int, at: int, *, total: int = 0) -> bytes:
    """Return a 64-bit program of one segment (which begins at byte 0) with a boot header at byte `at`."""
    payload = bytearray(9000)
    struct.pack_into("<III", payload, at - 120, magic, flags, (total - magic - flags) % (1 << 32))
    return elf(bytes(payload), "aarch64")


@pytest.mark.parametrize(
    ("data", "multiboot", "esxbootinfo"),
    [
        (kernel(0x1BADB002, 0x10003, 124), BootHeader(0x10003, 124), None),
        (kernel(0x1BADB005, 1 << 19, 8176), None, BootHeader(1 << 19, 8176)),
        (kernel(0x1BADB005, 0, 124), None, None),  # aligned to 4 and not to 8
        (kernel(0x1BADB002, 0, 8192), None, None),  # too far
        (kernel(0x1BADB002, 0, 128, total=1), None, None),  # the sum is not 0
    ],
)
def test_boot_headers(data: bytes, multiboot: BootHeader | None, esxbootinfo: BootHeader | None) -> None:
    found = describe(gzip.compress(data))
    assert (found.multiboot, found.esxbootinfo) == (multiboot, esxbootinfo)
    assert found.elf is not None
    assert (found.elf.bits, found.elf.machine) == (64, "arm64")


def test_an_esxbootinfo_header_is_searched_in_the_first_loaded_segment() -> None:
    identity = b"\x7fELF\x01\x01\x01".ljust(16, b"\0")
    head = identity + struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, 0, 52, 0, 0, 52, 32, 3, 0, 0, 0)
    for kind, offset in ((1, 20000), (1, 12288), (4, 64)):  # a note is not loaded
        head += struct.pack("<8I", kind, offset, 0, 0, 99, 99, 0, 0)
    data = head.ljust(12288 + 64, b"\0") + struct.pack("<III", 0x1BADB005, 0, -0x1BADB005 % (1 << 32))
    found = describe(gzip.compress(data))
    assert found.elf is not None
    assert (found.elf.bits, found.elf.machine, found.elf.first_load) == (32, "i386", 12288)
    assert found.esxbootinfo == BootHeader(0, 64)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(VMTAR)[:-9], "gzip stream is truncated"),
        (flipped(gzip.compress(VMTAR), -6), "incorrect data check"),
        (gzip.compress(XZ[: len(XZ) // 2]), "xz stream is truncated"),
        (gzip.compress(flipped(XZ, len(XZ) // 2)), "damaged xz stream"),
        (gzip.compress(b"\x7fELF\x03\x01" + bytes(60)), "an ELF file of class 3"),
        (gzip.compress(b"\x7fELF\x02\x02" + bytes(60)), "byte order 2"),
        (gzip.compress(elf(b"")[:100]), "120 are needed"),
    ],
)
def test_damage_is_a_medium_error_that_names_the_module(data: bytes, words: str) -> None:
    with pytest.raises(MediumError, match=words) as caught:
        describe(data)
    assert "s.v00" in str(caught.value)


def test_a_damaged_tar_archive() -> None:
    found = describe(gzip.compress(TAR[:512] + flipped(TAR[512:], 150)))
    with pytest.raises(MediumError, match="damaged tar archive"):
        list(found.members())


def test_a_name_larger_than_any_is_not_read_into_memory() -> None:
    huge = info("././@LongLink", tarfile.GNUTYPE_LONGNAME, 1 << 20)
    found = describe(gzip.compress(huge.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))
    with pytest.raises(MediumError, match="a header that is too large"):
        list(found.members())


def test_a_bomb_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnail.formats.module_content.MAX_UNPACKED", 1 << 20)
    for data in (gzip.compress(bytes(2 << 20)), gzip.compress(lzma.compress(bytes(2 << 20)))):
        with pytest.raises(MediumError, match="more than the 1048576 bytes"):
            describe(data)


def test_a_dictionary_of_gigabytes_is_refused() -> None:
    alone = b"\x5d" + struct.pack("<Iq", 0xFFFFFFFF, -1) + bytes(100)
    with pytest.raises(MediumError, match="damaged xz stream"):
        describe(gzip.compress(alone[:1] + b"\0\0" + alone[3:]))


@given(st.sampled_from([VMTAR, XZ, TAR, elf(b"x" * 300), XZ + SIGNATURE]), st.integers(0, 1 << 30))
def test_any_bytes_are_described_or_a_medium_error(data: bytes, seed: int) -> None:
    rng = random.Random(seed)
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        changed[rng.randrange(min(len(changed), 2048))] = rng.randrange(256)
    packed = zlib.compress(bytes(changed), 1, wbits=31)
    with suppress(MediumError):
        list(describe(packed).members())
    with suppress(MediumError):
        describe(bytes(changed))
