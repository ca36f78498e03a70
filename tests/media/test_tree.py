import pytest

from hobnail.errors import MediumError
from hobnail.formats.reader import BytesReader
from hobnail.media.tree import MAX_FILES, Entry, ListedTree, lookup_key


def entry(path: str, data: bytes = b"") -> Entry:
    return Entry(path, len(data), path, lambda: BytesReader(path, data))


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("IMAGE.TGZ;1", "image.tgz"),
        ("/Boot/README.;1", "boot/readme"),
        ("./a//b/./c", "a/b/c"),
        ("name...", "name"),
        ("imagedd.bz2;12", "imagedd.bz2"),
        ("odd;name", "odd;name"),
        (".discinfo", ".discinfo"),
        ("", ""),
    ],
)
def test_paths_have_one_form(asked: str, key: str) -> None:
    assert lookup_key(asked) == key


def test_of_two_names_that_differ_by_case_the_first_is_found_and_both_are_listed() -> None:
    tree = ListedTree("t", [entry("A.tgz", b"1"), entry("a.TGZ", b"22")])
    found = tree.find("a.tgz")
    assert found is not None
    assert found.size == 1
    assert [e.path for e in tree.files()] == ["A.tgz", "a.TGZ"]
    assert found.name == "A.tgz"


def test_a_tree_without_end_is_refused() -> None:
    def endless() -> object:
        number = 0
        while True:
            yield entry(str(number))
            number += 1

    with pytest.raises(MediumError, match=f"more than {MAX_FILES} files"):
        ListedTree("t", endless())  # type: ignore[arg-type]
