import pytest

from hobnail.errors import UserError
from hobnail.store.references import Entry, choose

A = Entry("abcd" + "0" * 60, "4.0.0", "208167")
B = Entry("abce" + "0" * 60, "4.0.0", "164009")
C = Entry("1234" + "0" * 60, "3.5.0", "")
ALL = (A, B, C)


@pytest.mark.parametrize(
    ("reference", "entry"),
    [
        (A.id, A),
        ("abcd", A),
        ("ABCE", B),
        (C.id[:12], C),
        ("4.0.0-208167", A),
        ("3.5.0", C),
    ],
)
def test_names(reference: str, entry: Entry) -> None:
    assert choose(reference, ALL) is entry


@pytest.mark.parametrize("reference", ["", "abc", "abcf", "4.0", "4.0.0-1", "-", "3.5.0-", "g" * 64, A.id + "0"])
def test_no_such_image(reference: str) -> None:
    with pytest.raises(UserError, match="no image is called") as caught:
        choose(reference, ALL)
    assert all(str(entry) in str(caught.value) for entry in ALL)
    assert "abcd00000000 (4.0.0-208167)" in str(caught.value)


def test_several_images() -> None:
    with pytest.raises(UserError, match=r"'4\.0\.0' is the name of 2 images") as caught:
        choose("4.0.0", ALL)
    assert str(A) in str(caught.value)
    assert str(B) in str(caught.value)
    assert str(C) not in str(caught.value)


def test_an_empty_store_says_how_to_fill_it() -> None:
    with pytest.raises(UserError, match="hobnail image import FILE"):
        choose("4.0.0", ())
