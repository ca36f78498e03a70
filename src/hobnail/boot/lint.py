"""Tells what mboot would do with a boot.cfg and what will fail, before a host stands still over it.

mboot itself says "Fatal error: 15 (Not found)" and names no file, and it skips what it does not know without a word.
"""

from itertools import islice

from hobnail.boot import lint_lines, lint_names, lint_values
from hobnail.boot.finding import FileFacts, Finding, Severity, Subject, Transport, Tree
from hobnail.formats.bootcfg import BootConfigText
from hobnail.formats.bootcfg_keys import parse_release

__all__ = ["FileFacts", "Finding", "Severity", "Transport", "Tree", "lint"]

RULES = (
    lint_lines.whole_file,
    lint_lines.keys,
    lint_lines.continuations,
    lint_lines.duplicates,
    lint_lines.numbers,
    lint_values.separators,
    lint_values.same_names,
    lint_values.room,
    lint_values.switches,
    lint_values.stateless,
    lint_values.boot_bank,
    lint_names.spelling,
    lint_names.prefix,
    lint_names.transport,
    lint_names.in_tree,
)
"""Each is a pure function of its subject; a rule is added as a function and a row."""

MOST = 200
"""Findings of one rule, after which it says no more: no boot.cfg has as many lines."""


def lint(
    text: bytes,
    *,
    tree: Tree | None = None,
    transport: Transport | None = None,
    release: str | None = None,
    stateless: bool = False,
    boot_directory: str = "",
) -> tuple[Finding, ...]:
    """Check the bytes of a boot.cfg; findings in the order of its lines, those about the whole file first.

    `tree` holds the server's files by their paths from its root; `transport` is how the host fetches them, None for
    any; `release` is that of mboot ("7.0.2"), None for any; `stateless` that nothing may start the installer;
    `boot_directory` where boot.cfg lies, a path from the server's root or a URL. UserError for an unknown release.
    """
    subject = Subject(
        config=BootConfigText.parse(text),
        tree=tree,
        transport=transport,
        release=parse_release(release) if release else None,
        stateless=stateless,
        boot_directory=boot_directory,
    )
    if not text:
        return tuple(lint_lines.whole_file(subject))
    findings = (finding for rule in RULES for finding in islice(rule(subject), MOST))
    return tuple(sorted(findings, key=lambda finding: finding.line or 0))
