"""iPXE's scripts, as far as ours go: set, kernel, chain, imgargs, boot. Other commands are reported, not run.

Source: ipxe.org/cmd, ipxe.org/scripting (`||` and `&&`), ipxe.org/cfg (settings); boot-traces, sections 4 and 5.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hobnail.boot.check.urls import join_url

IGNORED = frozenset({"echo", "dhcp", "ifopen", "imgfree", "sleep", "prompt", "imgstat", "#", ""})
"""Commands that change nothing about what is fetched."""
_SETTING = re.compile(r"\$\{([^}${]*)\}")


@dataclass(slots=True)
class Script:
    """What a script comes to: the program that it starts, its words, the settings, and what was not understood."""

    program: str = ""  # a URL
    words: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    alternatives: list[str] = field(default_factory=list)  # URLs tried in turn when `program` does not come
    not_understood: list[tuple[int, str]] = field(default_factory=list)


def read_script(text: str, url: str, known: Mapping[str, str]) -> Script:
    """Run a script in the mind. `url` is where it came from, `known` settings such as `mac:hexhyp`. Never raises."""
    script = Script(settings=dict(known))
    may_fail = False
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line.startswith("#") or not line:
            continue
        words = line.split()
        if words[-1] in ("||", "&&"):
            alternative, words = words[-1] == "||", words[:-1]
        else:
            alternative = False
        if words:
            _run(script, [_expand(word, script.settings) for word in words], number, url, further=may_fail)
        may_fail = alternative
    return script


def _run(script: Script, words: list[str], number: int, url: str, *, further: bool) -> None:
    command, rest = words[0], words[1:]
    match command:
        case "set" if rest:
            script.settings[_plain(rest[0])] = " ".join(rest[1:])
        case "kernel" | "chain" | "imgexec" if _operands(rest):
            name, *arguments = _operands(rest)
            address = join_url(url, name)
            if script.program and further:
                script.alternatives.append(address)
            elif not script.program:
                script.program, script.words = address, arguments
        case "imgargs" if len(rest) > 1:
            script.words = rest[1:]
        case "boot":
            pass
        case _ if command not in IGNORED:
            script.not_understood.append((number, " ".join(words)))


def _operands(words: list[str]) -> list[str]:
    """Return the words after the command's own options, of which --name and --timeout take a value."""
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("--name", "-n", "--timeout", "-t") and rest:
            rest.pop(0)
    return rest


def _plain(name: str) -> str:
    """Return a setting's name without its network device and its type: `net0.dhcp/210:string` is `210`."""
    return name.rpartition("/")[2].partition(":")[0] if ":" in name else name.rpartition("/")[2]


def _expand(word: str, settings: Mapping[str, str]) -> str:
    """Put the values of settings in; one that is not known is empty, as in iPXE."""

    def value(match: re.Match[str]) -> str:
        name = match[1].rpartition("/")[2]
        return settings.get(name, settings.get(name.partition(":")[0], ""))

    return _SETTING.sub(value, word)
