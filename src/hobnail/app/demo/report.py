"""What a machine was handed, as the probe kernel tells it on the serial port (format: probe/probe.c)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hobnail.errors import ProtocolError

VERSION = 1
"""Of the report's format."""

_BEGIN = re.compile(r"HOBNAIL-PROBE (\d{1,9})$")
_MODULE = re.compile(r"(\d{1,10}) (\d{1,10}) ([0-9a-f]{64}) (.*)")
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2}))?")


@dataclass(frozen=True, slots=True)
class ReportedModule:
    """A module as it lay in the machine's memory: unpacked, when the loader unpacks."""

    text: str  # the module's string, most often its name
    size: int
    sha256: str  # 64 hex digits


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """All that the loader handed over. Bytes of texts above 0x7e are kept as the characters of that number."""

    loader: str
    memory_kib: tuple[int, int]  # below and above 1 MiB
    command_line: str
    modules: tuple[ReportedModule, ...]


def parse_report(lines: Iterable[str]) -> ProbeReport | None:
    """Read the last report among the lines of a serial port; None when there is none, or it does not end.

    Lines of others (firmware, loaders) before, after and within the report are passed over. ProtocolError when the
    report is of another version, contradicts itself, or is the probe's word that it cannot report.
    """
    facts: dict[str, str] = {}
    modules: list[ReportedModule] = []
    report = None
    for line in lines:
        begin = _BEGIN.search(line)
        if begin:
            if int(begin[1]) != VERSION:
                raise ProtocolError(f"the probe's report has version {begin[1]}, we read {VERSION}")
            facts, modules, report = {"HOBNAIL-PROBE": begin[1]}, [], None
            continue
        word, _, rest = line.partition(" ")
        if not facts:
            continue
        match word:
            case "MODULE":
                modules.append(_module(rest, len(modules)))
            case "LOADER" | "COMMAND" | "MEMORY":
                facts[word] = rest
            case "ERROR":
                raise ProtocolError(f"the probe says: {rest}")
            case "END":
                report = _whole(facts, modules, rest)
                facts = {}
    return report


def _module(text: str, expected: int) -> ReportedModule:
    match = _MODULE.fullmatch(text)
    if not match or int(match[1]) != expected:
        raise ProtocolError(f"module {expected} of the probe's report is wrong: {text[:100]!r}")
    return ReportedModule(_unescape(match[4]), int(match[2]), match[3])


def _whole(facts: dict[str, str], modules: list[ReportedModule], count: str) -> ProbeReport:
    if count != str(len(modules)):
        raise ProtocolError(f"the probe's report has {len(modules)} modules and ends with count {count[:20]!r}")
    memory = re.fullmatch(r"(\d{1,10}) (\d{1,10})", facts.get("MEMORY", ""))
    if not memory or "LOADER" not in facts or "COMMAND" not in facts:
        raise ProtocolError("the probe's report lacks its loader, memory or command line")
    sizes = int(memory[1]), int(memory[2])
    return ProbeReport(_unescape(facts["LOADER"]), sizes, _unescape(facts["COMMAND"]), tuple(modules))


def _unescape(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        if match[1] is None:
            raise ProtocolError(f"a lone backslash in the probe's text: {text[:100]!r}")
        return chr(int(match[1], 16))

    return _ESCAPE.sub(character, text)
