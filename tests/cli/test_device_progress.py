"""What is not counted has no total: not in lines, not in JSON, not in the bar."""

import json

import pytest

from hobnail.cli.device_progress import DeviceProgress
from hobnail.write.device_writer import Step

STEPS = (Step("wiping", 0, None), Step("writing", 0, 1000), Step("writing", 1000, 1000))


def test_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with DeviceProgress(json_=False) as progress:
        for step in STEPS:
            progress.report(step)
    assert capsys.readouterr().err.splitlines()[:2] == ["wiping", "writing: 0 bytes of 1.0 kB"]


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with DeviceProgress(json_=True) as progress:
        for step in STEPS:
            progress.report(step)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["total"] for line in lines] == [None, 1000, 1000]


def test_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with DeviceProgress(json_=False) as progress:
        progress.report(STEPS[0])
        assert progress._bar is not None
        assert [task.total for task in progress._bar.tasks] == [None]
        progress.report(STEPS[1])
        assert [task.total for task in progress._bar.tasks] == [0, 1000]
        assert progress._bar.tasks[0].finished
