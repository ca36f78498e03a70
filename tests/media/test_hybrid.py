"""What a stick boots by that an ISO was written to: told from bytes that xorriso and sfdisk made."""

import subprocess
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.formats.el_torito import Firmware
from hobnail.formats.reader import BytesReader
from hobnail.media.file import FileReader
from hobnail.media.hybrid import hybrid_words, on_a_stick, stick_firmware
from hobnail.media.open import open_medium
from tests.media.builders import FILES, make_iso, unpack_to
from tests.tools import need_file, need_tool

ISOLINUX, CODE = Path("/usr/lib/ISOLINUX/isolinux.bin"), Path("/usr/lib/ISOLINUX/isohdpfx.bin")
BIOS_ENTRY = ("-b", "isolinux.bin", "-c", "boot.cat", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table")
UEFI_ENTRY = ("-eltorito-alt-boot", "-e", "efi.img", "-no-emul-boot")
BOTH = frozenset(Firmware)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    need_tool("xorriso", "mkfs.fat")
    need_file(str(ISOLINUX), "isolinux")
    folder = unpack_to(tmp_path / "files", FILES | {"isolinux.bin": ISOLINUX.read_bytes(), "efi.img": bytes(1 << 20)})
    subprocess.run(["mkfs.fat", "-F", "12", folder / "efi.img"], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(
    ("options", "firmware", "kind"),
    [
        pytest.param((*BIOS_ENTRY, *UEFI_ENTRY), frozenset(), "ISO 9660 image", id="plain"),
        pytest.param(
            ("-isohybrid-mbr", str(CODE), *BIOS_ENTRY), {Firmware.BIOS}, "ISO 9660 image, hybrid for BIOS", id="BIOS"
        ),
        pytest.param(
            ("-isohybrid-mbr", str(CODE), *BIOS_ENTRY, *UEFI_ENTRY, "-isohybrid-gpt-basdat"),
            BOTH,
            "ISO 9660 image, hybrid for BIOS and UEFI",
            id="MBR and GPT",
        ),
        pytest.param(
            ("-append_partition", "2", "0xef", "efi.img"),
            {Firmware.UEFI},
            "ISO 9660 image, hybrid for UEFI",
            id="ESP",
        ),
        pytest.param(
            ("-append_partition", "2", "0xef", "efi.img", "-appended_part_as_gpt"),
            {Firmware.UEFI},
            "ISO 9660 image, hybrid for UEFI",
            id="ESP of a GPT",
        ),
    ],
)
def test_isos_of_xorriso(
    options: tuple[str, ...], firmware: set[Firmware], kind: str, source: Path, tmp_path: Path
) -> None:
    options = tuple(str(source / one) if one == "efi.img" and "0xef" in options else one for one in options)
    path = make_iso(tmp_path / "a.iso", source, *options)
    with FileReader(path) as reader:
        assert stick_firmware(reader) == firmware
    with open_medium(path) as medium:
        assert medium.kind == kind


def sector(*, code: bytes = b"", kind: int = 0xEF, start: int = 1, signature: bytes = b"\x55\xaa") -> bytes:
    entry = bytes([0x80, 0, 0, 0, kind, 0, 0, 0]) + start.to_bytes(4, "little") + (1).to_bytes(4, "little")
    return code.ljust(446, b"\0") + entry.ljust(64, b"\0") + signature


FAT = b"\xeb\x3c\x90".ljust(510, b"\0") + b"\x55\xaa"


@pytest.mark.parametrize(
    ("data", "firmware"),
    [
        (sector() + FAT, {Firmware.UEFI}),
        (sector(code=b"\xfa") + FAT, BOTH),
        (sector(code=bytes.fromhex("cd18f4ebfd")) + FAT, {Firmware.UEFI}),
        (sector(code=b"\xfa", kind=0x17) + FAT, {Firmware.BIOS}),
        (sector(code=b"\xfa", signature=b"\0\0") + FAT, set()),
        (sector(start=9) + FAT, set()),
        (sector() + bytes(512), set()),
        (sector()[:511], set()),
        (b"", set()),
        (sector(kind=0xEE) + b"EFI PART".ljust(72, b"\0") + b"\xff" * 20 + bytes(420), set()),
    ],
)
def test_first_sectors(data: bytes, firmware: set[Firmware]) -> None:
    assert stick_firmware(BytesReader("a", data)) == firmware


@given(st.binary(min_size=128, max_size=128), st.binary(min_size=92, max_size=92))
@settings(max_examples=300, deadline=None)
def test_tables_that_lead_anywhere(table: bytes, header: bytes) -> None:
    """A file has an end, and its reader takes no offset that no file can have."""
    head = b"\xfa".ljust(446, b"\0") + table[:64] + b"\x55\xaa"
    data = head + (b"EFI PART" + header[8:]).ljust(512, b"\0") + table + FAT
    with NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with FileReader(Path(file.name)) as reader:
            assert stick_firmware(reader) <= BOTH


@pytest.mark.parametrize("first", [1 << 55, (1 << 64) - 1])
def test_a_gpt_beyond_all_files(first: int, tmp_path: Path) -> None:
    header = b"EFI PART".ljust(72, b"\0") + first.to_bytes(8, "little") + b"\xff" * 8
    (tmp_path / "a").write_bytes(sector(code=b"\xfa", kind=0xEE) + header.ljust(512, b"\0"))
    with FileReader(tmp_path / "a") as reader:
        assert stick_firmware(reader) == {Firmware.BIOS}


def test_words_for_people() -> None:
    assert on_a_stick("directory") is None
    assert on_a_stick("disk image with an MBR partition table") is None
    assert on_a_stick("ISO 9660 image, hybrid for BIOS and UEFI") == (
        "written to a stick as it is, the ISO boots by BIOS and UEFI"
    )
    assert (on_a_stick("ISO 9660 image, hybrid for UEFI") or "").startswith(
        "written to a stick as it is, the ISO boots by UEFI, not by BIOS; `hobnail write usb`"
    )
    assert "by UEFI only (it is not hybrid)" in (on_a_stick("ISO 9660 image") or "")
    assert "by UEFI only (its partition table" in (on_a_stick("ISO 9660 image, hybrid") or "")
    assert hybrid_words(BytesReader("a", bytes(1024))) == ""


def test_what_cannot_be_read_is_said() -> None:
    class Broken(BytesReader):
        def read_at(self, offset: int, length: int) -> bytes:
            raise MediumError("broken")

    with pytest.raises(MediumError):
        stick_firmware(Broken("a", b""))
