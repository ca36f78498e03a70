"""The vmtar writer: bytes against a header written by hand, names against tar, which lists what it cannot unpack."""

from hobnail.app.demo.vmtar import pack_vmtar
from hobnail.system.commands import run
from tests.tools import need_tool

# One header, field by field: name, mode 0644, uid 0, gid 0, size 5, mtime 0, checksum, type, link name, magic,
# user, group, device numbers and prefix, data at 4096 (00 10 00 00), no text, no fix-ups. The checksum is the sum of
# the other bytes with its own eight counted as blanks: 4466 = 0o10562.
HEADER = (
    b"hello".ljust(100, b"\0")
    + b"0000644\x000000000\x000000000\x0000000000005\x0000000000000\x00"
    + b"010562\0 "
    + b"0".ljust(101, b"\0")
    + b"visor  \0"
    + b"root".ljust(32, b"\0")
    + b"root".ljust(32, b"\0")
    + bytes(16 + 151)
    + bytes.fromhex("00100000 00000000 00000000 00000000")
)


def test_one_file_byte_for_byte() -> None:
    assert len(HEADER) == 512
    assert sum(HEADER[:148] + b" " * 8 + HEADER[156:]) == 0o10562
    assert pack_vmtar({"hello": b"world"}) == HEADER + bytes(4096 - 512) + b"world".ljust(4096, b"\0")


def test_folders_come_first() -> None:
    need_tool("tar")
    listed = run(["tar", "-tf", "-"], stdin=pack_vmtar({"etc/a/one": b"", "etc/two": b""})).stdout.decode()
    assert listed.split() == ["etc/", "etc/a/", "etc/a/one", "etc/two"]


def test_what_is_empty_has_no_place() -> None:
    archive = pack_vmtar({"etc/a/empty": b"", "etc/a/full": b"x" * 4097, "etc/b": b"y"})
    offsets = [int.from_bytes(archive[at + 496 : at + 500], "little") for at in range(0, 5 * 512, 512)]
    assert offsets == [0, 0, 0, 4096, 4096 + 8192]
    assert archive[5 * 512 : 4096] == bytes(4096 - 5 * 512)
    assert len(archive) == 4096 + 8192 + 4096
    assert archive[4096:8193] == b"x" * 4097


def test_nothing_is_one_page_of_nothing() -> None:
    assert pack_vmtar({}) == bytes(4096)
