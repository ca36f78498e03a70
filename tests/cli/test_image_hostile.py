"""`hobnail image show` of a medium whose names and options are not for a terminal."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.cli import main
from hobnail.image.model import LeftOut
from hobnail.store import Store
from tests.app.settings import publish
from tests.images import image_67

HOSTILE = "x\x1b]0;title\x07\n\u202ey"
SHOWN = "x\\x1b]0;title\\x07\\x0a\\u202ey"


def test_nothing_that_stands_on_a_medium_moves_the_cursor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = image_67()
    first, *others = image.modules
    hostile = replace(
        image,
        build="",
        version=image.version + HOSTILE,
        kernel_options=HOSTILE,
        modules=(replace(first, options=HOSTILE, origin=f"test.iso!{HOSTILE}"), *others),
        left_out=(LeftOut(HOSTILE, "no use", "facts"),),
    )
    with Store.open(tmp_path, now=time.time) as store:
        publish(store, hostile)
    shown = [["image", "show", hostile.id[:12]], ["image", "show", hostile.id[:12], first.name], ["image", "list"]]
    for arguments in shown:
        assert main._status(["--store", str(tmp_path), *arguments]) == 0
        said = capsys.readouterr().out
        assert SHOWN in said
        assert not set(said) & {"\x1b", "\x07", "\u202e"}
