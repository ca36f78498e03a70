"""Each rule of the check on the smallest boot.cfg that breaks it, and one that does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.boot.lint import FileFacts, Finding, Severity, Transport, lint
from hobnail.errors import UserError

GOOD = b"bootstate=0\nkernel=b.b00\nkernelopt=\nmodules=k.b00 --- s.v00\nbuild=8.0.3-0\nupdated=1\n"
LETTER = {Severity.ERROR: "E", Severity.WARNING: "W", Severity.NOTE: "N"}


def short(findings: tuple[Finding, ...], hide: str = "") -> list[str]:
    """Return findings as `E3 kernel`."""
    return [
        f"{LETTER[finding.severity]}{finding.line or 0} {finding.key}".strip()
        for finding in findings
        if not hide or hide not in finding.what
    ]


def test_there_is_nothing_to_say_about_a_good_one() -> None:
    assert lint(GOOD) == ()
    assert lint(GOOD.replace(b"\n", b" \t\r\n"), transport="http", release="8.0", stateless=True) == ()
    assert lint(b"# mine\n\n" + GOOD, transport="tftp", release="6.7") == ()


LINES = [
    (b"future=1", ["W7"], "mboot does not know 'future'"),
    (b"kernelopts=x", ["W7"], "kernelopt= is the nearest"),
    (b"title =x", ["E7 title"], "a blank before = makes 'title' a key"),
    (b"tit=x", ["W7 title"], "mboot takes it for title"),
    (b"TITLE=x", [], ""),
    (b"b=x", ["W5 build", "W7 build"], "mboot takes it for build"),
    (b"just words", ["W7"], "'just words' sets nothing"),
    (b"#just words", [], ""),
    (b"timeout=", [], ""),
    (b"timeout=5s", ["E7 timeout"], "timeout=5s is no number: mboot stops here with Fatal error: 32"),
    (b"timeout=5s\ntimeout=5", ["W7 timeout", "E7 timeout"], "timeout=5s is no number"),
    (b"timeout=-5", ["W7 timeout"], "a minus sign is allowed since 8.0.1"),
    (b"errtimeout=-1", ["N7 errtimeout"], "8.0.1 and later only"),
    (b"nativehttp=1", ["N7 nativehttp"], "7.0.2 up to, not with, 9.0"),
    (b"quickboot=x", ["N7 quickboot", "W7 quickboot"], "safeboot skips this boot bank"),
    (b"kernel=other.b00", ["W2 kernel"], "line 7 sets it again"),
    (b"kernel=", ["E7 kernel", "W2 kernel"], "half of the pointer"),
    (b"skip=1", ["N7 skip", "W7 skip"], "give up at once"),
    (b"tftpblksize=100", ["N7 tftpblksize", "W7 tftpblksize"], "is not 512 to 65464"),
    (b"tftpblksize=1468", ["N7 tftpblksize"], "8.0 and later"),
    (b"title=" + b"x" * 127, [], ""),
    (b"title=" + b"x" * 128, ["N7 title"], "127 are shown"),
    (b"title=a\0b", ["E7"], "a NUL byte in column 8"),
    (b"title=x \\", [], ""),
    (b"title=x \\\n y", ["E7 title", "W8"], "no continuation lines"),
    (b"kernelopt=x \\", ["W3 kernelopt", "E7 kernelopt"], "no continuation lines"),
    (b"prefix=\\esxi\\\ntitle=x", [], ""),
]


@pytest.mark.parametrize(
    ("line", "expected", "words"), LINES, ids=[line.decode("latin-1")[:30] for line, *_ in LINES]
)
def test_lines(line: bytes, expected: list[str], words: str) -> None:
    findings = lint(GOOD + line + b"\n")
    assert sorted(short(findings)) == sorted(expected)
    assert not words or any(words in str(finding) for finding in findings)


@pytest.mark.parametrize(
    ("line", "release", "expected"),
    [
        (b"errtimeout=-1", "7.0", ["W7 errtimeout"]),
        (b"errtimeout=-1", "8.0", ["W7 errtimeout"]),
        (b"errtimeout=-1", "8.0U1", []),
        (b"timeout=-1", "8.0", ["E7 timeout"]),
        (b"timeout=-1", "8.0.1", []),
        (b"nativehttp=1", "7.0", ["W7 nativehttp"]),
        (b"nativehttp=1", "8.0.2", []),
        (b"nativehttp=1", "9.0", ["W7 nativehttp"]),
        (b"quickboot=0", "6.7", ["W7 quickboot"]),
        (b"errtimeout=never", "7.0", ["W7 errtimeout"]),
    ],
)
def test_what_depends_on_the_release(line: bytes, release: str, expected: list[str]) -> None:
    assert short(lint(GOOD + line, release=release)) == expected


def test_an_empty_file_reads_as_not_found() -> None:
    (finding,) = lint(b"")
    assert finding.severity is Severity.ERROR
    assert "reads as not found" in finding.what


def test_without_a_kernel_mboot_stops() -> None:
    assert short(lint(GOOD.replace(b"kernel=b.b00", b"")), hide="safeboot") == ["E0 kernel"]
    assert "no kernel=" in lint(b"\n")[0].what


def test_a_byte_order_mark_hides_the_first_key() -> None:
    findings = lint(b"\xef\xbb\xbf" + GOOD)
    assert short(findings) == ["E1", "W1"]
    assert "byte order mark" in findings[0].what


MODULES = [
    (b"a---b", ["N4 modules"], "without blanks around it"),
    (b"a --- --- b", ["E4 modules"], "steps over the character"),
    (b"--- a", ["E4 modules"], "steps over the character"),
    (b"a --- b ---", [], ""),
    (
        b"a --- sub/a --- c",
        ["W4 modules"],
        "loaded more than once, and the kernel knows modules by their last name: a",
    ),
    (b"a --- A", [], ""),
    (b"sub/b.b00", ["W4 modules"], "last name: b.b00"),
    (b"sub\\a", ["N4 modules"], "makes / of each backslash"),
    (b"../a", ["E4 modules"], ".. is passed on as it is"),
    (b"a..b", [], ""),
    (b"a \\", ["E4 modules"], "no continuation lines"),
    (b" --- ".join(b"m%d" % n for n in range(250)), [], ""),
    (b" --- ".join(b"m%d" % n for n in range(251)), ["W4 modules"], "251 modules"),
    (b" --- ".join(b"m%d" % n for n in range(255)), ["E4 modules"], "Fatal error: 10"),
    (b"m " + b"x" * 253, [], ""),
    (b"m " + b"x" * 254, ["E4 modules"], "under 256 bytes: m xxx"),
]


@pytest.mark.parametrize(("value", "expected", "words"), MODULES, ids=[v.decode()[:20] for v, *_ in MODULES])
def test_modules(value: bytes, expected: list[str], words: str) -> None:
    findings = lint(GOOD.replace(b"k.b00 --- s.v00", value))
    assert short(findings) == expected
    assert not words or any(words in str(finding) for finding in findings)


@pytest.mark.parametrize(
    ("options", "transport", "over"),
    [
        (4095 - 5 - 1, "disk", False),
        (4096 - 5 - 1, "disk", True),
        (4095 - 5 - 1 - 28, "tftp", False),
        (4096 - 5 - 1 - 28, "tftp", True),
        (4096 - 5 - 1 - 28, None, True),
    ],
)
def test_the_command_line_has_a_limit_with_bootif(options: int, transport: Transport | None, over: bool) -> None:
    findings = lint(GOOD.replace(b"kernelopt=", b"kernelopt=" + b"x" * options), transport=transport)
    assert short(findings) == (["E3 kernelopt"] if over else [])


@pytest.mark.parametrize("line", [b"nobootif=1", b""])
def test_bootif_is_added_unless_it_is_there_or_switched_off(line: bytes) -> None:
    own = b"" if line else b"BOOTIF=01-00-00-00-00-00-01 "
    config = GOOD.replace(b"kernelopt=", b"kernelopt=" + own + b"x" * (4080 - len(own))) + line
    assert short(lint(config, transport="tftp")) == []


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (b"runweasel", ["E3 kernelopt"]),
        (b"x ks=http://h/ks.cfg", ["E3 kernelopt"]),
        (b"cdromBoot", ["N3 kernelopt"]),
        (b"norunweasel tasks=3", []),
    ],
)
def test_a_stateless_host_must_not_install(options: bytes, expected: list[str]) -> None:
    config = GOOD.replace(b"kernelopt=", b"kernelopt=" + options)
    assert short(lint(config, stateless=True)) == expected
    assert short(lint(config)) == []


def test_the_installers_plug_in_and_its_options_on_a_module_are_seen() -> None:
    for name in (b"weaselin.i00", b"/WEASELIN.T00", b"weaselin.v00"):
        assert "W4 modules" in short(lint(GOOD.replace(b"s.v00", name), stateless=True))
    assert "E4 modules" in short(lint(GOOD.replace(b"k.b00", b"b.b00 ks=usb"), stateless=True))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"updated=1", b"updated=0", "updated= is not above 0"),
        (b"build=8.0.3-0", b"build=", "build= is empty"),
        (b"bootstate=0", b"bootstate=3", "bootstate=3 is not"),
        (b"bootstate=0", b"#" + b"x" * 600 + b"\nbootstate=0", "first 512 bytes"),
        (b"updated=1", b"updated=1\nquickboot=1", "quickboot= is set"),
    ],
)
def test_what_safeboot_needs_is_a_note_and_only_for_disks(old: bytes, new: bytes, words: str) -> None:
    config = GOOD.replace(old, new)
    (finding,) = lint(config, transport="disk", release="8.0")
    assert finding.severity is Severity.NOTE
    assert words in finding.what
    assert lint(config, transport="tftp", release="8.0") == ()


def test_an_unknown_release_is_the_users_error() -> None:
    with pytest.raises(UserError):
        lint(GOOD, release="latest")


def test_a_rule_ends_after_many_findings() -> None:
    findings = lint(b"kernel=b.b00\n" + b"future=1\n" * 5000, transport="tftp")
    assert len(findings) == 200


PIECES = rb"kernel modules= = --- \ / .. :// timeout= - 99999999999999999999 prefix= # runweasel a acpitables= skip=-"
PIECE = st.sampled_from([*PIECES.split(), b" ", b"\n", b"\r", b"\0", b"\xff"])


@given(
    text=st.binary(max_size=60) | st.lists(PIECE, max_size=24).map(b"".join),
    transport=st.sampled_from([None, "tftp", "http", "disk"]),
    release=st.sampled_from([None, "6.7", "8.0.2", "9.0"]),
    stateless=st.booleans(),
    looked_up=st.booleans(),
    directory=st.sampled_from(["", "efi/boot", "http://h/d"]),
)
def test_any_bytes_are_checked(
    text: bytes, transport: Transport | None, release: str | None, stateless: bool, looked_up: bool, directory: str
) -> None:
    tree = {"a": FileFacts(0), "K": FileFacts(1)} if looked_up else None
    findings = lint(
        text, tree=tree, transport=transport, release=release, stateless=stateless, boot_directory=directory
    )
    assert [finding.line or 0 for finding in findings] == sorted(finding.line or 0 for finding in findings)
    assert all(finding.line is None or 1 <= finding.line <= text.count(b"\n") + 1 for finding in findings)
    assert all(finding.what and finding.source for finding in findings)
