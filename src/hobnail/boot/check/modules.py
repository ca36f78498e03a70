"""Judge a kernel or module that has come: is it whole, can the loader unpack it, can the kernel start?

Sources: esx-boot, gzip.c, load.c, mboot.c (what mboot refuses); facts, sections 4.3 (an empty file reads as "not
found" under PXELINUX), 4.4 (limits) and 5 (syslinux's mboot takes ELF64 kernels only since October 2015).
"""

from hobnail.boot.check import screens
from hobnail.boot.check.body import Body
from hobnail.boot.check.journal import Answer, Failed, Fetched, Journal, Severity, Trouble
from hobnail.boot.check.kernel import Kernel, examine_kernel
from hobnail.boot.check.screens import UNKNOWN, Screen
from hobnail.errors import MediumError

LARGEST_MARKER = 256
"""Compressed bytes of a module that unpacks to nothing; a larger one is taken for corrupt (gzip.c)."""
COPY_AGAIN = "copy the file from the medium again, in binary, and compare its SHA-256"


def not_come(journal: Journal, name: str, failed: Failed, screen: Screen, hint: str) -> None:
    """Write down that a file which is needed did not come."""
    match failed.trouble:
        case Trouble.NOT_FOUND:
            fix = hint or "put it there, under exactly this name (upper and lower case differ)"
        case Trouble.REFUSED:
            fix = (  # whatever `hint` says: the file is there
                "go by the server's words; without any, make it readable for the server, and keep names inside the "
                "served folder"
            )
        case Trouble.SILENT:
            fix = (
                "look whether the server runs, and whether a firewall stops UDP port 69 and the ports it answers from"
            )
        case Trouble.NO_SIZE:
            fix = "use a server that tells the size: TFTP option tsize, HTTP Content-Length also for HEAD"
        case Trouble.CHUNKED:
            fix = "send Content-Length: serve plain files, without compression or a script in between"
        case Trouble.UNTRUSTED:
            fix = (
                "name the authority that signed it with --ca, and enrol it in the firmware; or give the server a "
                "certificate for this name, with its issuers"
            )
        case Trouble.BROKEN:
            fix = "look into the server's log; " + COPY_AGAIN
    journal.fails(name, failed.text, fix, screen)


def judge_module(journal: Journal, name: str, body: Body, *, mboot: bool, pxelinux: bool) -> None:
    """Judge a module. `mboot`: VMware's loader reads it, else syslinux's; `pxelinux`: through PXELINUX's files."""
    if body.size == 0:
        screen = UNKNOWN
        if pxelinux:
            screen = screens.MBOOT_NOT_FOUND if mboot else screens.NO_FILES
        fix = "copy it again; a module without content is gzip of nothing, 20 bytes"
        journal.fails(name, "is empty, and an empty file reads as one that is not there", fix, screen)
    elif body.is_web_page:
        fix = "the server sends an error page with status 200: make it answer 404, and put the file there"
        journal.fails(name, "is a web page, no module", fix)
    elif not body.gzip.is_gzip:
        journal.warns(name, "is not compressed (gzip): mboot warns and takes it", "compare it with the medium's")
    elif body.gzip.problem:
        screen = screens.MBOOT_INCONSISTENT if body.gzip.damaged else screens.MBOOT_LENGTH
        journal.fails(name, body.gzip.problem, COPY_AGAIN, screen if mboot else UNKNOWN)
    elif mboot and body.gzip.size == 0 and body.size > LARGEST_MARKER:
        journal.fails(name, f"unpacks to nothing and has {body.size} bytes", COPY_AGAIN, screens.MBOOT_INCONSISTENT)


def judge_kernel(journal: Journal, name: str, body: Body, *, mboot: bool, pxelinux: bool) -> None:
    """Judge the kernel: all that holds for a module, and its headers."""
    before = len(journal.findings)
    judge_module(journal, name, body, mboot=mboot, pxelinux=pxelinux)
    if any(one.where == name and one.severity is Severity.FAILS for one in journal.findings[before:]):
        return
    screen = screens.MBOOT_BAD_TYPE if mboot else UNKNOWN
    try:
        kernel = examine_kernel(body.gzip.head, name)
    except MediumError as error:
        fix = "name the release's kernel (3.5 vmkernel.gz, 4.0 vmkboot.gz, 4.1 b.z, 5 to 6.5 tboot.b00, later b.b00)"
        journal.fails(name, f"unpacked: {error.what}", fix, screen)
        return
    _judge_start(journal, name, kernel, mboot=mboot)


def _judge_start(journal: Journal, name: str, kernel: Kernel, *, mboot: bool) -> None:
    journal.says(f"{name}: {kernel.protocol} kernel, {kernel.bits}-bit ELF, {kernel.machine}")
    if mboot:
        return
    if kernel.protocol == "ESXBootInfo":
        fix = "use VMware's own mboot.c32 from the medium, with PXELINUX 3.86 and `APPEND -c boot.cfg`"
        journal.fails(name, "wants ESXBootInfo, which syslinux's mboot.c32 does not speak", fix)
    elif kernel.bits == 64:
        fix = "use mboot.c32 of syslinux 6.04 (with its pxelinux.0), which takes 64-bit ELF"
        journal.warns(name, "is 64-bit ELF: mboot.c32 of syslinux before October 2015 refuses it", fix)


def body_of_answer(answer: Answer) -> Body | None:
    """Return the body of an answer that brought one."""
    return answer.body if isinstance(answer, Fetched) else None
