"""What the check says of the vendor's own boot.cfg files, whose heads are published (facts, section 1.6)."""

import pytest

from hobnail.boot.lint import Transport, lint

SAMPLES = {
    "5.0": b"""bootstate=0
title=Loading ESXi installer
kernel=/tboot.b00
kernelopt=runweasel
modules=/b.b00 --- /useropts.gz --- /k.b00 --- /a.b00 --- /weaselin.i00 --- /tools.t00 --- /imgdb.tgz
build=
updated=0
""",
    "6.7U1": b"""bootstate=0
title=Loading ESXi installer
timeout=5
prefix=
kernel=/b.b00
kernelopt=cdromBoot runweasel
modules=/jumpstrt.gz --- /useropts.gz --- /features.gz --- /k.b00 --- /weaselin.t00 --- /tools.t00 --- /imgdb.tgz
build=
updated=0
""",
    "7.0U3a": b"""bootstate=0
title=Loading ESXi installer
timeout=5
prefix=
kernel=/b.b00
kernelopt=runweasel cdromBoot
modules=/jumpstrt.gz --- /useropts.gz --- /features.gz --- /k.b00 --- /weaselin.v00 --- /tools.t00 --- /imgdb.tgz
build=7.0.3-0.5.18825058
updated=0
""",
    "8.0U3": b"""bootstate=0
title=Loading ESXi installer
timeout=5
prefix=
kernel=/b.b00
kernelopt=runweasel cdromBoot
modules=/jumpstrt.gz --- /k.b00 --- /rshim.v00 --- /weaselin.v00 --- /tools.t00 --- /imgdb.tgz --- /basemisc.tgz
build=8.0.3-0.35.24280767
updated=0
""",
}

SAFEBOOT = "note: safeboot would not take it for an installed boot bank: updated= is not above 0"
AS_IT_IS = {
    "5.0": (3, 5, "/tboot.b00", "7 of 7 names start with a slash (/b.b00, /useropts.gz and 5 more)"),
    "6.7U1": (5, 7, "/b.b00", "7 of 7 names start with a slash (/jumpstrt.gz, /useropts.gz and 5 more)"),
    "7.0U3a": (5, 7, "/b.b00", "7 of 7 names start with a slash (/jumpstrt.gz, /useropts.gz and 5 more)"),
    "8.0U3": (5, 7, "/b.b00", "7 of 7 names start with a slash (/jumpstrt.gz, /k.b00 and 5 more)"),
}


def said(release: str, transport: Transport | None = None, *, stateless: bool = False) -> list[str]:
    findings = lint(SAMPLES[release], transport=transport, release=release, stateless=stateless)
    return [f"{finding.line or 0}: {finding}" for finding in findings]


SLASHES: dict[Transport, str] = {
    "tftp": "warning: {}: found only if the files lie in the root of the TFTP server; strip the slash",
    "http": "error: {}: under UEFI HTTP Boot that is no URL, and mboot fails without a request; strip the slash",
}


@pytest.mark.parametrize("release", SAMPLES)
@pytest.mark.parametrize("transport", SLASHES)
def test_over_tftp_the_slashes_need_the_root_and_over_http_they_fail(release: str, transport: Transport) -> None:
    kernel_line, modules_line, kernel, modules = AS_IT_IS[release]
    assert said(release, transport) == [
        f"{kernel_line}: " + SLASHES[transport].format(f"{kernel} starts with a slash"),
        f"{modules_line}: " + SLASHES[transport].format(modules),
    ]


@pytest.mark.parametrize("release", SAMPLES)
def test_on_a_disk_only_safeboot_would_mind(release: str) -> None:
    empty_build = ", build= is empty" if release in ("5.0", "6.7U1") else ""
    assert said(release, "disk") == [f"0: {SAFEBOOT}{empty_build}"]


STATELESS = {
    "5.0": ["4: error: runweasel starts the installer", "5: warning: /weaselin.i00 is the installer"],
    "6.7U1": [
        "6: error: runweasel starts the installer",
        "6: note: cdromBoot is for a boot from CD",
        "7: warning: /weaselin.t00 is the installer",
    ],
    "7.0U3a": [
        "6: error: runweasel starts the installer",
        "6: note: cdromBoot is for a boot from CD",
        "7: warning: /weaselin.v00 is the installer",
    ],
    "8.0U3": [
        "6: error: runweasel starts the installer",
        "6: note: cdromBoot is for a boot from CD",
        "7: warning: /weaselin.v00 is the installer",
    ],
}


@pytest.mark.parametrize("release", SAMPLES)
def test_a_stateless_host_would_install(release: str) -> None:
    new = [text for text in said(release, "tftp", stateless=True) if text not in said(release, "tftp")]
    assert len(new) == len(STATELESS[release])
    assert all(text.startswith(start) for text, start in zip(new, STATELESS[release], strict=True))


@pytest.mark.parametrize("release", SAMPLES)
def test_what_the_howtos_do_by_hand_leaves_nothing_to_say_on_any_network(release: str) -> None:
    bare = SAMPLES[release].replace(b"=/", b"=").replace(b" /", b" ")
    assert lint(bare, transport="tftp", release=release) == ()
    assert lint(bare, transport="http", release=release) == ()
