import random
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.errors import MediumError
from hobnail.formats.reader import BytesReader
from hobnail.media.iso import MAX_TABLE, open_iso
from hobnail.media.tree import Tree
from tests.media.builders import FILES, NAMINGS, make_iso, unpack_to


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("iso")
    source = unpack_to(folder / "files", FILES)
    return {
        name: make_iso(folder / f"{name}.iso", source, *options).read_bytes() for name, options in NAMINGS.items()
    }


def opened(data: bytes) -> Tree:
    return open_iso(BytesReader("test.iso", data))


@pytest.mark.parametrize("naming", ["rock-ridge", "joliet", "both", "plain-level-3"])
def test_long_names_and_bytes_are_those_that_went_in(images: dict[str, bytes], naming: str) -> None:
    tree = opened(images[naming])
    expected = FILES if naming != "plain-level-3" else {_plain_31(name): data for name, data in FILES.items()}
    assert {e.path: e.reader().read_at(0, e.size + 1) for e in tree.files()} == expected


def _plain_31(name: str) -> str:
    """ECMA-119 level 3 without extensions: upper case letters, digits and _ only, shown in lower case."""
    return name.lower().replace("-", "_")


def test_plain_8_3_names_are_shown_in_lower_case(images: dict[str, bytes]) -> None:
    tree = opened(images["plain"])
    names = {entry.path for entry in tree.files()}
    assert {"image.tgz", "readme.txt", "isolinux.cfg", "docs/notes/deep.txt", "empty.bin"} <= names
    entry = tree.find("IMAGE.TGZ")
    assert entry is not None
    assert entry.reader().read_at(0, 1 << 20) == FILES["image.tgz"]


@pytest.mark.parametrize("asked", ["README.TXT", "readme.txt", "/README.txt", "ReadMe.txt;1", "./readme.txt."])
@pytest.mark.parametrize("naming", NAMINGS)
def test_files_are_found_whatever_their_case(images: dict[str, bytes], naming: str, asked: str) -> None:
    entry = opened(images[naming]).find(asked)
    assert entry is not None
    assert entry.reader().read_at(8, 5) == FILES["README.txt"][8:13]


def test_tables_and_directories_are_bounded_in_all(images: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnail.media.iso.MAX_METADATA", 4096)
    with pytest.raises(MediumError, match="too large for an installer"):
        opened(images["both"])


def test_a_missing_file_is_none(images: dict[str, bytes]) -> None:
    assert opened(images["both"]).find("imagedd.bz2") is None


@pytest.mark.parametrize("missing", [1, 2048, 150_000])
def test_a_truncated_image_says_how_many_bytes_are_missing(images: dict[str, bytes], missing: int) -> None:
    data = images["rock-ridge"]
    with pytest.raises(MediumError, match=rf"test.iso \(byte {len(data) - missing}\): truncated: {missing} bytes"):
        opened(data[:-missing])


def test_a_file_past_the_end_says_how_many_bytes_are_missing(images: dict[str, bytes]) -> None:
    data = bytearray(images["rock-ridge"])
    record = data.index(b"IMAGE.TGZ;1") - 33
    size = struct.unpack_from("<I", data, record + 10)[0]
    extent = struct.unpack_from("<I", data, record + 2)[0]
    grown = len(data) - extent * 2048 + 12_345
    assert size == len(FILES["image.tgz"])
    struct.pack_into("<I", data, record + 10, grown)
    struct.pack_into(">I", data, record + 14, grown)
    with pytest.raises(MediumError, match=r"truncated: 12345 bytes are missing, file image.tgz"):
        opened(bytes(data))


def test_a_directory_loop_ends(images: dict[str, bytes]) -> None:
    data = bytearray(images["plain"])
    root = struct.unpack_from("<I", data, 32768 + 156 + 2)[0]
    record = data.index(b"NOTES", root * 2048) - 33
    struct.pack_into("<I", data, record + 2, root)
    struct.pack_into(">I", data, record + 6, root)
    with pytest.raises(MediumError, match=r"^test[.]iso"):
        opened(bytes(data))


def test_a_directory_of_gigabytes_is_refused(images: dict[str, bytes]) -> None:
    data = bytearray(images["plain"])
    root = 32768 + 156
    struct.pack_into("<I", data, root + 10, 0xFFFF_F800)
    struct.pack_into(">I", data, root + 14, 0xFFFF_F800)
    with pytest.raises(MediumError, match=f"too large for an installer .over {MAX_TABLE}"):
        opened(bytes(data))


def _mutations(rng: random.Random, data: bytes) -> Iterator[bytes]:
    """Yield copies with a few bytes changed in what pycdlib reads: descriptors, path tables, directories."""
    end = min(len(data), data.index(FILES["README.txt"]) + 4096)
    while True:
        copy = bytearray(data)
        for _ in range(rng.randrange(1, 8)):
            copy[rng.randrange(32768, end)] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        yield bytes(copy)


@settings(max_examples=150, deadline=10_000)
@given(seed=st.integers(0, 1 << 30), naming=st.sampled_from(sorted(NAMINGS)))
def test_damage_is_a_medium_error_or_a_tree(images: dict[str, bytes], seed: int, naming: str) -> None:
    data = next(_mutations(random.Random(seed), images[naming]))
    with suppress(MediumError):
        for entry in opened(data).files():
            assert len(entry.reader().read_at(0, entry.size)) == entry.size


def test_reads_are_by_place_and_need_no_order(images: dict[str, bytes], tmp_path: Path) -> None:
    entry = opened(images["both"]).find("docs/notes/deep.txt")
    assert entry is not None
    reader = entry.reader()
    whole = FILES["docs/notes/deep.txt"]
    for offset in (3000, 0, 1234, len(whole) - 1, len(whole)):
        assert reader.read_at(offset, 100) == whole[offset : offset + 100]
