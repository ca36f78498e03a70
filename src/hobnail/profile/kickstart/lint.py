"""Tells what the installer would do with a ks.cfg, before a host stands still over it or takes the wrong disk.

The installer warns of a command or option that it does not know, in its log, and goes on without: a misspelt
--ignoressd takes the SSD. Such a line is an error here, because it does something else than it means.
"""

from itertools import islice

from hobnail.boot.finding import Finding, Severity
from hobnail.errors import UserError
from hobnail.formats.bootcfg_keys import parse_release
from hobnail.profile.kickstart import lint_lines, lint_sections, lint_values, lint_whole
from hobnail.profile.kickstart.finding import Subject, error
from hobnail.profile.kickstart.grammar import FIRST, Release
from hobnail.profile.kickstart.location import lint_location
from hobnail.profile.kickstart.text import KickstartText

__all__ = ["Finding", "Severity", "lint", "lint_location", "script_release"]

RULES = (
    lint_lines.readable,
    lint_lines.commands,
    lint_lines.options,
    lint_lines.duplicates,
    lint_whole.mandatory,
    lint_whole.disks,
    lint_whole.together,
    lint_values.root_password,
    lint_values.network,
    lint_values.keyboard,
    lint_values.licence,
    lint_values.includes,
    lint_sections.sections,
    lint_sections.ended_by_include,
)
"""Each is a pure function of its subject; a rule is added as a function and a row."""

FAR_TOO_MANY = 2000
"""Commands from which on nothing more is said than that."""

MOST = 200
"""Findings of one rule, after which it says no more."""


def script_release(text: str) -> Release:
    """Return a release whose installer takes a script. UserError for one before, or what is no release."""
    release = parse_release(text)
    if release < FIRST:
        raise UserError(f"the installer of ESXi {text} takes no script", next_step="scripts work from 4.1 on")
    return release


def lint(text: bytes, *, release: str | None = None) -> tuple[Finding, ...]:
    """Check the bytes of a ks.cfg; findings in the order of its lines, those about the whole file first.

    `release` is the installer's ("7.0.2"); None for any from 5.0 on. UserError for a release without scripts.
    """
    subject = Subject(KickstartText.parse(text), script_release(release) if release else None)
    if not text.strip():
        return (error(None, "", "the file is empty", "write vmaccepteula, rootpw and install"),)
    if lint_lines.too_many(subject, FAR_TOO_MANY):
        return (lint_lines.TOO_MANY,)
    findings = (finding for rule in RULES for finding in islice(rule(subject), MOST))
    return tuple(sorted(findings, key=lambda finding: finding.line or 0))
