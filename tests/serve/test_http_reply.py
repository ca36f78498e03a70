"""Conditions and ranges, as a table: RFC 9110, 13 and 14."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.serve.http_reply import Reply, decide, requested_path

TAG = '"abc"'
WHOLE = Reply(200, 0, 10)


@pytest.mark.parametrize(
    ("wanted", "reply"),
    [
        ("bytes=0-", Reply(206, 0, 10)),
        ("bytes=2-5", Reply(206, 2, 4)),
        ("Bytes=9-99", Reply(206, 9, 1)),
        ("bytes=-3", Reply(206, 7, 3)),
        ("bytes=-30", Reply(206, 0, 10)),
        ("bytes=10-", Reply(416)),
        ("bytes=99999999999999999999-", Reply(416)),
        ("bytes=-0", Reply(416)),
        ("bytes=5-2", WHOLE),
        ("bytes=0-1,5-6", WHOLE),
        ("bytes=-", WHOLE),
        ("lines=1-2", WHOLE),
        ("bytes=\u0661-", WHOLE),
        ("bytes=" + "9" * 5000 + "-", WHOLE),
    ],
)
def test_ranges(wanted: str, reply: Reply) -> None:
    assert decide("GET", {"Range": wanted}, TAG, 10) == reply
    assert decide("HEAD", {"Range": wanted}, TAG, 10) == WHOLE


@pytest.mark.parametrize(
    ("headers", "reply"),
    [
        ({}, WHOLE),
        ({"If-None-Match": TAG}, Reply(304)),
        ({"If-None-Match": f'"x", W/{TAG}'}, Reply(304)),
        ({"If-None-Match": "*"}, Reply(304)),
        ({"If-None-Match": '"xabc"'}, WHOLE),
        ({"If-Match": TAG}, WHOLE),
        ({"If-Match": f"W/{TAG}"}, Reply(412)),
        ({"If-Range": TAG, "Range": "bytes=1-2"}, Reply(206, 1, 2)),
        ({"If-Range": '"old"', "Range": "bytes=1-2"}, WHOLE),
        ({"If-Range": "Fri, 20 Nov 2026 20:00:00 GMT", "Range": "bytes=1-2"}, WHOLE),
    ],
)
def test_conditions(headers: dict[str, str], reply: Reply) -> None:
    assert decide("GET", headers, TAG, 10) == reply


@given(st.text(), st.integers(0, 100))
def test_no_range_leads_outside(text: str, size: int) -> None:
    for wanted in (text, f"bytes={text}", f"bytes={len(text)}-{size // 2}"):
        reply = decide("GET", {"Range": wanted}, TAG, size)
        assert 0 <= reply.start <= reply.start + reply.count <= size


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a?b", "/a"),
        ("//a//b", "//a//b"),
        ("http://10.0.0.1:80/a%20b?c", "/a%20b"),
        ("HTTP://host", ""),
        ("/http://x/y", "/http://x/y"),
    ],
)
def test_the_path_of_a_target(target: str, path: str) -> None:
    assert requested_path(target) == path
