"""Boot catalogues by hand; those of xorriso are in tests/image/test_later_find.py."""

import pytest

from hobnail.formats.el_torito import Firmware, boot_firmware
from hobnail.formats.reader import BytesReader


def catalogue(*entries: bytes, platform: int = 0, lba: int = 20) -> bytes:
    """Return an image with a boot record and a catalogue of these 32-byte entries."""
    record = b"\0CD001\x01EL TORITO SPECIFICATION".ljust(71, b"\0") + lba.to_bytes(4, "little")
    image = bytearray(24 * 2048)
    image[16 * 2048 : 16 * 2048 + 6] = b"\x01CD001"
    image[17 * 2048 : 17 * 2048 + len(record)] = record
    head = bytes([1, platform]).ljust(30, b"\0") + b"\x55\xaa"
    table = b"".join(entry.ljust(32, b"\0") for entry in (head, *entries))
    image[20 * 2048 : 20 * 2048 + len(table)] = table
    return bytes(image)


BIOS, UEFI = Firmware.BIOS, Firmware.UEFI


@pytest.mark.parametrize(
    ("image", "firmware"),
    [
        (catalogue(b"\x88"), {BIOS}),
        (catalogue(b"\x88", platform=0xEF), {UEFI}),
        (catalogue(b"\x88", b"\x91\xef\x01\0", b"\x88"), {BIOS, UEFI}),
        (catalogue(b"\x88", b"\x90\x01\x01\0", b"\x88", b"\x91\xef\x01\0", b"\x88"), {BIOS, UEFI}),  # PowerPC between
        (catalogue(b"\0", b"\x91\xef\x02\0", b"\0", b"\x44", b"\x88"), {UEFI}),
        (catalogue(b"\x88", lba=21), set()),
        (catalogue(b"\x88", lba=1 << 31), set()),
        (catalogue(b"\x88", b"\x91\xef\xff\xff"), {BIOS}),
        (b"", set()),
        (bytes(40000), set()),
    ],
)
def test_boot_catalogues(image: bytes, firmware: set[Firmware]) -> None:
    assert boot_firmware(BytesReader("iso", image)) == firmware
