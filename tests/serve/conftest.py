"""What the servers' tests share."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture
def silent(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test in which a library logged an error: on a terminal that is a traceback on the person's screen."""
    yield
    told = [
        record.getMessage()
        for when in ("setup", "call", "teardown")
        for record in caplog.get_records(when)
        if record.name in ("asyncio", "aiohttp.server") and record.levelno >= logging.WARNING
    ]
    assert not told, told
