"""Each rule of the check of a ks.cfg, by a script that breaks it and nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hobnail.boot.finding import Finding, Severity
from hobnail.errors import UserError
from hobnail.profile.kickstart.commands import BY_NAME, COMMANDS
from hobnail.profile.kickstart.grammar import Takes
from hobnail.profile.kickstart.lint import lint, lint_location
from hobnail.profile.password import VENDOR_DEFAULT
from tests.profile.test_password import MD5, SHA512

ROOTPW = f"rootpw --iscrypted {SHA512}\n"
INSTALL = "install --disk=naa.5000 --overwritevmfs\n"
GOOD = f"vmaccepteula\n{ROOTPW}{INSTALL}network --bootproto=dhcp --device=vmnic0\nreboot\n"


def found(text: str | bytes, release: str | None = "7.0") -> tuple[Finding, ...]:
    return lint(text.encode() if isinstance(text, str) else text, release=release)


def seen(text: str | bytes, release: str | None = "7.0") -> list[tuple[str, int | None, str]]:
    return [(finding.severity.value, finding.line, finding.what) for finding in found(text, release)]


@pytest.mark.parametrize("release", [None, "5.0", "5.5", "6.0", "6.7", "7.0U3", "8.0.2", "9.0", "9.1"])
def test_nothing_to_complain_about(release: str | None) -> None:
    assert seen(GOOD, release) == []


def test_the_sample_of_4_1() -> None:
    text = f"install url http://192.0.2.1/\n{ROOTPW}accepteula\nreboot\nautopart --disk=naa.1 --overwritevmfs\n"
    text += "network --bootproto=dhcp\n%pre --unsupported --interpreter=busybox\nls\n"
    assert seen(text, "4.1") == []
    told = [(s, n, w.split(" ")[0]) for s, n, w in seen(text, "5.0") if w.split(" ")[0] != "the"]
    assert sorted(told) == [("error", 1, "install"), ("warning", 1, "url:")]
    assert [n for s, n, w in seen(text, "5.0") if "does nothing with" in w and s == "warning"] == [5, 7]


CASES = [
    # what is added to the good one, severity, line, what is said
    ("instal --disk=naa.1\n", "error", 6, "does not know instal: the line is skipped with a warning"),
    ("Network --bootproto=dhcp\n", "error", 6, "does not know Network"),
    ("%end\n", "error", 6, "ESXi knows no %end"),
    ("timezone UTC\n", "warning", 6, "does nothing with timezone"),
    ("lang en_US\n", "warning", 6, "does nothing with lang"),
    ("autopart --firstdisk\n", "warning", 6, "does nothing with autopart"),
    ("keyboard 'US Defalt'\n", "warning", 6, "'US Defalt' is no keyboard"),
    ("keyboard US Default\n", "error", 6, "Default after keyboard"),
    ("keyboard\n", "error", 6, "keyboard wants a keyboard's name"),
    ('keyboard "German\n', "error", 6, "a quotation is not closed"),
    ("paranoid\n", "note", 6, "each warning of the installer stops it"),
    ("paranoid now\n", "error", 6, "now after paranoid"),
    ("dryrun\n", "warning", 5, "may come back here for ever"),
    ("reboot\n", "warning", 6, "reboot stands in line 5 already: the last one counts"),
    ("accepteula\n", "warning", 6, "accepteula stands in line 1 already"),
    ("install --disk=naa.2\n", "error", 6, "install stands in line 3 already: the installer stops"),
    ("upgrade --disk=naa.1\n", "error", 6, "install, upgrade: there can be only one"),
    ("clearpart --alldrives\n", "warning", 6, "--alldrives clears every disk"),
    ("clearpart --overwritevmfs\n", "error", 6, "clearpart names no disk"),
    ("clearpart --drives=a --firstdisk=esx,x1\n", "error", 6, "--drives and --firstdisk contradict each other"),
    ("part store --ondisk=naa.2 --onfirstdisk=ST3\n", "error", 6, "--ondisk and --onfirstdisk contradict"),
    ("part --ondisk=naa.2\n", "error", 6, "part wants the name of a datastore"),
    ("part store --ondisk=naa.2 --size=5\n", "warning", 6, "does nothing with --size of part"),
    ("partition store\n", "error", 6, "partition names no disk"),
    ("serialnum --esx=12345\n", "error", 6, "not five groups of five characters"),
    ("serialnum\n", "error", 6, "serialnum without --esx="),
    ("serialnum --esx=\n", "error", 6, "--esx has no value"),
    ("include part.cfg\n", "note", 6, "part.cfg is taken from the root directory"),
    ("%include\n", "error", 6, "%include wants a file or URL"),
    ("%pre\nls\n", "note", 6, "busybox is taken"),
    ("%pre --interpreter=bash\nls\n", "error", 6, "--interpreter=bash is neither busybox nor python"),
    ("%pre --interpreter=busybox --timeout=5\nls\n", "error", 6, "does not know --timeout of %pre"),
    ("%post --interpreter=busybox --timeout=5s\nls\n", "error", 6, "--timeout=5s is no number"),
    ("%post --interpreter=busybox --ignorefailure=yes\nls\n", "error", 6, "--ignorefailure=yes is neither"),
    ("%post --interpreter=busybox\n# nothing\n", "warning", 6, "%post has no script"),
    ("%post --interpreter=busybox\nls\n%end\n", "error", 8, "it is a line of the script, and fails"),
    ("%post --interpreter=busybox\nls\nrootpw x\n", "error", 8, "rootpw stands in the script of %post (line 6)"),
    ("%post --interpreter=busybox\nls\ninclude /x\n", "warning", 8, "include ends the script of %post (line 6)"),
    ("%post --interpreter=busybox\r\nls\r\n", "error", 7, "line ends of Windows"),
    ("%firstboot --interpreter=busybox\nls\n", "warning", 6, "does not run under UEFI Secure Boot"),
    ("%packages\nfoo\n", "warning", 6, "does nothing with %packages"),
    ("# Grüße\n", "warning", 6, "1 line(s) with characters that are not ASCII"),
    ("# a\0b\n", "error", 6, "a NUL byte"),
]


@pytest.mark.parametrize(("added", "severity", "line", "what"), CASES, ids=[case[0][:30] for case in CASES])
def test_what_is_added(added: str, severity: str, line: int, what: str) -> None:
    told = seen(GOOD + added)
    assert [(s, n) for s, n, w in told if what in w] == [(severity, line)], told
    if severity != "error":
        assert all(s != "error" for s, _, _ in told), told


INSTALLS = [
    ("install --firstdisk", "warning", "--firstdisk alone takes the first disk"),
    ("install --firstdisk=", "warning", "--firstdisk alone takes the first disk"),
    ("install --firstdisk=local,usb", "note", "--firstdisk=local,usb takes the first disk of that kind"),
    ("install", "error", "install names no disk"),
    ("install --overwritevmfs", "error", "install names no disk"),
    ("install --disk=", "error", "--disk has no value"),
    ("install --disk= naa.1", "error", "--disk has no value"),
    ("install --disk naa.1", "error", "naa.1 after install"),
    ("install firstdisk", "error", "firstdisk after install"),
    ("install --disk=naa.1 --drive=naa.2 --firstdisk=x", "error", "--disk and --drive and --firstdisk contradict"),
    ("install --disk=naa.1 --ignoressd", "error", "--disk and --ignoressd contradict"),
    ("install --disk=naa.1 --overwritevmfs --preservevmfs", "error", "--overwritevmfs and --preservevmfs contradict"),
    ("install --disk=naa.1 --novmfsondisk --preservevmfs", "error", "--novmfsondisk and --preservevmfs contradict"),
    ("install --firstdisk=ST3 --ignoresd", "error", "does not know --ignoresd of install"),
    ("install --disk=naa.1 --overwritevmfs=yes", "error", "--overwritevmfs takes no value"),
    ("install --disk=naa.1 --disk=naa.2", "error", "--disk stands twice"),
    (
        "install --disk=naa.1 --dpupcislots=0000:01:00.0",
        "error",
        "not know --dpupcislots of install, only that",
    ),
    ("install --disk=naa.1 --ignoreprereqwarnings", "note", "in no guide of the vendor's"),
    ("install --disk=naa.1 cdrom", "warning", "cdrom: only 4.1 is told"),
    ("install --disk=naa.1 \\", "error", "a line does not go on in the next"),
]


@pytest.mark.parametrize(("line", "severity", "what"), INSTALLS, ids=[case[0] for case in INSTALLS])
def test_installs(line: str, severity: str, what: str) -> None:
    told = seen(f"vmaccepteula\n{ROOTPW}{line}\n")
    assert [(s, n) for s, n, w in told if what in w] == [(severity, 3)], told


@pytest.mark.parametrize(
    ("line", "clean"),
    [
        ("install --firstdisk=ST3120814A,mptsas,local", True),
        ("install --firstdisk=ST3120814A --ignoressd", True),
        ("install --drive=/vmfs/devices/disks/naa.1 --preservevmfs", True),
        ("install --disk=naa.1 --overwritevmfs --novmfsondisk --overwritevsan", True),
    ],
)
def test_installs_that_are_right(line: str, clean: bool) -> None:
    assert (seen(f"vmaccepteula\n{ROOTPW}{line}\n") == []) is clean


NETWORKS = [
    ("", None, ""),
    ("--bootproto=static --ip=192.0.2.7 --netmask=255.255.255.0 --gateway=192.0.2.1", None, ""),
    ("--bootproto=dhcp --device=52:54:00:4c:00:01 --vlanid=0", None, ""),
    ("--bootproto=static --ip=192.0.2.7 --netmask=255.255.255.0 --gateway=192.0.2.1 --nameserver=10.0.0.2,10.0.0.3",
     None, ""),
    ("--bootproto=static --ip=192.0.2.7 --netmask=255.255.255.0 --gateway=192.0.3.1", "error", "not in the network"),
    ("--bootproto=static --ip=192.0.2.7", "warning", "without --netmask= and --gateway= the installer makes one up"),
    ("--bootproto=static", "error", "--bootproto=static without --ip="),
    ("--bootproto=dhpc", "error", "--bootproto=dhpc is neither dhcp nor static"),
    ("--bootproto=dhcp --ip=192.0.2.7", "error", "--ip with DHCP: the installer stops"),
    ("--gateway=192.0.2.7", "error", "--gateway with DHCP"),
    ("--bootproto=dhcp --hostname=esx1", "warning", "not used with DHCP: --hostname"),
    ("--bootproto=static --ip=192.0.2.300 --netmask=255.255.255.0 --gateway=192.0.2.1", "error", "192.0.2.300 is no"),
    ("--bootproto=static --ip=192.0.2.3 --netmask=255.0.255.0 --gateway=192.0.2.1", "error", "255.0.255.0 is no"),
    ("--vlanid=4096", "error", "--vlanid=4096 is no VLAN"),
    ("--vlanid=ten", "error", "--vlanid=ten is no VLAN"),
    ("--addvmportgroup=no", "error", "--addvmportgroup=no is neither 0 nor 1"),
    ("--device=eth0", "error", "--device=eth0 is neither vmnicN"),
    ("--devise=vmnic0", "error", "does not know --devise of network"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "severity", "what"), NETWORKS, ids=[case[0] for case in NETWORKS])
def test_networks(options: str, severity: str | None, what: str) -> None:
    told = seen(f"vmaccepteula\n{ROOTPW}install --disk=naa.1\nnetwork {options}\n")
    if severity is None:
        assert told == []
    else:
        assert [(s, n) for s, n, w in told if what in w] == [(severity, 4)], told


PASSWORDS = [
    (f"--iscrypted {MD5}", None, ""),
    ("hunter2", "warning", "clear text"),
    (VENDOR_DEFAULT, "warning", "the vendor's sample script"),
    (SHA512, "error", "a hash without --iscrypted"),
    ("--iscrypted hunter2", "error", "no hash that hosts are known to read"),
    ("--iscrypted $6$rounds=9$abc$def", "error", "no hash"),
    ("--iscrypted *", "error", "no hash"),
    ("--iscrypted", "error", "rootpw wants a password hash"),
    ("hunter#2", "error", "# within a word starts a comment"),
    ("hunter2 hunter3", "error", "1 word(s) after rootpw"),
    ("--iscripted hunter2", "error", "does not know an option of rootpw"),
]


@pytest.mark.parametrize(("words", "severity", "what"), PASSWORDS, ids=[case[0] for case in PASSWORDS])
def test_passwords_are_judged_and_never_repeated(words: str, severity: str | None, what: str) -> None:
    findings = found(f"vmaccepteula\nrootpw {words}\ninstall --disk=naa.1\n")
    told = [(finding.severity.value, finding.line) for finding in findings if what and what in finding.what]
    assert told == ([] if severity is None else [(severity, 2)]), findings
    said = " ".join(str(finding) for finding in findings)
    assert "hunter" not in said
    assert VENDOR_DEFAULT not in said
    assert SHA512[:20] not in said


def test_a_hash_of_the_vendors_password_is_seen_through() -> None:
    from hobnail.profile.password import Scheme, _hash

    made = _hash(VENDOR_DEFAULT, Scheme.SHA512, "abc")
    assert "vendor's sample script" in seen(GOOD.replace(SHA512, made))[0][2]


MISSING = [
    (GOOD.replace("vmaccepteula\n", ""), "no vmaccepteula"),
    (GOOD.replace(ROOTPW, ""), "no rootpw"),
    (GOOD.replace(INSTALL, ""), "no install, upgrade or installorupgrade"),
]


@pytest.mark.parametrize(("text", "what"), MISSING)
def test_what_must_be_there(text: str, what: str) -> None:
    assert [(s, n, w.startswith(what)) for s, n, w in seen(text)] == [("error", None, True)]
    included = [(s, n) for s, n, w in seen("%include /tmp/disk\n" + text) if w.startswith(what)]
    assert included == [("note", 1)]


def test_commands_within_a_script_are_none() -> None:
    text = "%pre --interpreter=busybox\n" + GOOD
    assert {w.partition(":")[0] for s, _, w in seen(text) if s == "error"} >= {"no vmaccepteula", "no rootpw"}


def test_upgrades() -> None:
    assert seen("vmaccepteula\nupgrade --disk=naa.1 --forcemigrate\n") == []
    told = seen(f"vmaccepteula\nupgrade --disk=naa.1\n{ROOTPW}clearpart --drives=naa.1\n")
    assert [(s, n) for s, n, _ in told] == [("warning", 3), ("error", 4)]
    assert seen(f"vmaccepteula\n{ROOTPW}installorupgrade --firstdisk=x --overwritevmfs\n") == []


def test_no_secure_boot_no_warning() -> None:
    text = GOOD + "%firstboot --interpreter=python\nprint(1)\n"
    assert seen(text, "6.0") == []
    assert [s for s, _, _ in seen(text, "6.5")] == ["warning"]


def test_licences() -> None:
    key = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
    text = GOOD + f"serialnum --esx={key}\n"
    assert seen(text, "8.0") == []
    assert ["vCenter" in w for _, _, w in seen(text, "9.0")] == [True]
    assert key not in str(found(GOOD + f"serialnum {key}\n"))


def test_an_empty_file_and_odd_ones() -> None:
    for text in (b"", b"\n\n", b" "):
        assert [finding.what for finding in found(text)] == ["the file is empty"]
    assert seen(b"\xef\xbb\xbf" + GOOD.encode()) == []
    assert seen(GOOD.replace("\n", "\r\n")) == []


def test_our_list_of_4_1_is_not_whole_so_nothing_unknown_is_an_error() -> None:
    text = f"accepteula\n{ROOTPW}autopart --disk=naa.1 --extra\nfoo\ninstall cdrom\ninstallorupgrade --disk=naa.1\n"
    told = seen(text, "4.1")
    assert {s for s, _, _ in told} == {"warning"}
    assert [n for _, n, _ in told] == [3, 4, 6]


@pytest.mark.parametrize("release", ["4.0", "3.5", "four", ""])
def test_releases_without_scripts(release: str) -> None:
    if not release:
        assert lint(GOOD.encode(), release=release) == ()
        return
    with pytest.raises(UserError):
        lint(GOOD.encode(), release=release)


def test_near_misses() -> None:
    def next_steps(text: str) -> list[str]:
        return [finding.next_step for finding in found(text)]

    assert next_steps(GOOD + "keybord German\n") == ["is keyboard meant?"]
    assert next_steps(GOOD + "REBOOT\n") == ["is reboot meant?"]
    assert next_steps(GOOD.replace("--overwritevmfs", "--overwriteVMFS")) == ["is --overwritevmfs meant?"]
    assert next_steps(GOOD + "xyzzy\n") == ["remove it"]


@pytest.mark.parametrize(
    ("value", "severity"),
    [
        ("http://192.0.2.1/ks.cfg", None),
        ("ks=http://192.0.2.1/ks.cfg", None),
        ("file://etc/vmware/weasel/ks.cfg", None),
        ("nfs://192.0.2.1/x", None),
        ("ftp://192.0.2.1/x", None),
        ("usb", None),
        ("usb:/ks.cfg", None),
        ("cdrom:/KS.CFG", None),
        ("cdrom:/ks.cfg", "error"),
        ("cdrom:KS.CFG", "error"),
        ("cdrom:/", "error"),
        ("usb:ks.cfg", "error"),
        ("http:/x", "error"),
        ("http://", "error"),
        ("htp://192.0.2.1/", "error"),
        ("tftp://192.0.2.1/x", "error"),
        ("http://192.0.2.1/a b", "error"),
        ("", "error"),
        ("HTTP://192.0.2.1/x", "warning"),
        ("https://192.0.2.1/x", "note"),
    ],
)
def test_locations(value: str, severity: str | None) -> None:
    told = [finding.severity.value for finding in lint_location(value)]
    assert told == ([] if severity is None else [severity])


@given(st.binary(max_size=400), st.sampled_from([None, "4.1", "5.0", "8.0"]))
@settings(max_examples=200, deadline=None)
def test_any_bytes(data: bytes, release: str | None) -> None:
    for finding in lint(data, release=release):
        assert finding.line is None or 1 <= finding.line <= data.count(b"\n") + 1
        assert finding.what
        assert finding.source


WORDS = [
    *BY_NAME,
    *(option.name for command in COMMANDS for option in command.options),
    "=",
    "x",
    "'",
    "#",
    "\\",
    " ",
]


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=12).map("\n".join))
@settings(max_examples=200, deadline=None)
def test_any_commands(text: str) -> None:
    for finding in lint(text.encode(), release="8.0"):
        assert finding.severity in Severity
        assert finding.next_step or finding.severity is Severity.NOTE


def test_the_table_has_no_row_twice() -> None:
    names = [name for command in COMMANDS for name in command.names]
    assert len(names) == len(set(names)) == len(BY_NAME)
    for command in COMMANDS:
        options = [option.name for option in command.options]
        assert len(options) == len(set(options)), command.name
        known = set(options)
        assert all(one <= known and other <= known and not one & other for one, other in command.exclusive)
        assert all(option.takes is not Takes.PERHAPS or "firstdisk" in option.name for option in command.options)


def test_a_line_of_a_script_that_cuts_it_is_told_once() -> None:
    text = GOOD + "%pre --interpreter=busybox\nls\ninclude=/tmp/x\nfoo 'bar\nfor x in a\n"
    told = seen(text + "%post --interpreter=busybox\nls\n")
    assert [(s, n) for s, n, _ in told] == [("error", 8)]
    assert "begins with include: this ends the script before it" in told[0][2]
    assert [(s, n) for s, n, _ in seen(text + "%post --interpreter=busybox\nls\n%include /x\nfoo\n")] == [
        ("error", 8),
        ("warning", 13),
        ("error", 14),
    ]


def test_a_command_that_pre_writes_is_not_missed() -> None:
    script = "%pre --interpreter=busybox\necho install --disk=naa.1 >/tmp/disk\n"
    assert seen("%include /tmp/disk\n" + GOOD.replace(INSTALL, "") + script) == []
    assert [s for s, _, _ in seen("%include /tmp/other\n" + GOOD.replace(INSTALL, "") + script)] == ["note"]


def test_far_too_much_is_told_at_once() -> None:
    assert seen(GOOD + "rootpw " + "a" * 1_000_000 + "\n") == [
        ("error", 6, "a line of 1000007 bytes, which is no command")
    ]
    assert [w for _, _, w in seen(b"x\n" * 100_000)] == ["more than 256 commands: the installer stops"]
    assert "more than 256 commands" in seen(GOOD + "part a --ondisk=b\n" * 256)[0][2]
