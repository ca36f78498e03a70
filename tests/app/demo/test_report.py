"""The probe's report: read back what it says, whatever else is on the line, and refuse what contradicts itself."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.app.demo.report import ProbeReport, ReportedModule, parse_report
from hobnail.errors import ProtocolError

DIGEST = "0123456789abcdef" * 4
LINES = (
    "HOBNAIL-PROBE 1",
    "LOADER PXELINUX 6.04",
    "MEMORY 639 260992",
    "COMMAND esx/vmkboot.gz BOOTIF=01-52-54-00-4c-00-01",
    f"MODULE 0 7 {DIGEST} esx/vmk.gz",
    f"MODULE 1 0 {DIGEST} ",
    "END 2",
)
REPORT = ProbeReport(
    "PXELINUX 6.04",
    (639, 260992),
    "esx/vmkboot.gz BOOTIF=01-52-54-00-4c-00-01",
    (ReportedModule("esx/vmk.gz", 7, DIGEST), ReportedModule("", 0, DIGEST)),
)
PRINTABLE = [chr(code) for code in range(0x20, 0x7F) if chr(code) != "\\"]


def changed(number: int, line: str) -> list[str]:
    return [*LINES[:number], line, *LINES[number + 1 :]]


def test_a_report() -> None:
    assert parse_report(LINES) == REPORT


def test_noise_around_and_within_is_passed_over() -> None:
    noisy = ["\x1bc SeaBIOS", "MODULE 9 not ours", "END 7", "Loading x... okHOBNAIL-PROBE 1"]
    for line in LINES[1:]:
        noisy += [line, "kernel: something else", ""]
    assert parse_report(noisy) == REPORT


def test_the_last_report_counts() -> None:
    assert parse_report([*LINES[:5], *LINES]) == REPORT
    assert parse_report([*LINES, *LINES[:6]]) is None


@pytest.mark.parametrize("count", range(len(LINES)))
def test_a_report_that_does_not_end_is_none(count: int) -> None:
    assert parse_report(LINES[:count]) is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (changed(0, "HOBNAIL-PROBE 2"), "version 2, we read 1"),
        (changed(2, "MEMORY 1"), "lacks"),
        (changed(3, "COMMENT"), "lacks"),
        (changed(3, "COMMAND a\\b"), "lone backslash"),
        (changed(4, LINES[5]), "module 0"),
        (changed(5, LINES[4]), "module 1"),
        (changed(5, f"MODULE 1 0 {DIGEST[:-1]} a"), "module 1"),
        (changed(5, f"MODULE 1 -1 {DIGEST} a"), "module 1"),
        (changed(6, "END 3"), "has 2 modules"),
        (changed(6, "END"), "has 2 modules"),
        (changed(1, "ERROR not started by a Multiboot loader"), "the probe says: not started"),
    ],
)
def test_a_wrong_report_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(ProtocolError, match=said):
        parse_report(lines)


@given(st.text(st.characters(max_codepoint=255)))
def test_texts_come_back(text: str) -> None:
    written = "".join(c if c in PRINTABLE else f"\\x{ord(c):02x}" for c in text)
    report = parse_report(changed(3, f"COMMAND {written}"))
    assert report is not None
    assert report.command_line == text


@given(st.lists(st.one_of(st.sampled_from(LINES), st.text(string.printable + "\\é٣"))))
def test_any_lines_give_a_report_or_an_error_of_ours(lines: list[str]) -> None:
    try:
        report = parse_report(lines)
    except ProtocolError:
        return
    assert report is None or isinstance(report, ProbeReport)
