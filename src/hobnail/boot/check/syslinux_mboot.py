"""syslinux's own mboot.c32: `kernel arguments --- module arguments --- ...`.

Sources: syslinux com32/mboot/mboot.c (parted by a lone `---`; unpacks gzip; every file must come); boot-traces,
section 6.
"""

from collections.abc import Callable, Iterator

from hobnail.boot.check import screens
from hobnail.boot.check.journal import Failed, Fetch, Journal, Ladder
from hobnail.boot.check.modules import body_of_answer, judge_kernel, judge_module, not_come
from hobnail.boot.check.search import look_around
from hobnail.boot.plan import COMMAND_LINE_LIMIT


def run_syslinux_mboot(journal: Journal, words: list[str], fetch: Callable[[str, str], Fetch]) -> Ladder:
    """Play it with the words of APPEND; `fetch` makes the request for a name."""
    if words[:1] == ["-c"]:
        fix = "serve the medium's own mboot.c32 (with PXELINUX 3.86), or list the modules in APPEND"
        cause = "is given to syslinux's mboot.c32, which takes `kernel --- module --- ...`; only VMware's takes -c"
        journal.fails("APPEND -c", cause, fix, screens.DASH_C)
        return
    files = list(_parts(words))
    if not files:
        fix = "write APPEND vmkboot.gz --- vmk.gz --- ..., all in one line"
        journal.fails("APPEND", "names no kernel", fix, screens.NO_FILES)
        return
    _check_list(journal, files)
    for number, part in enumerate(files):
        what = "kernel" if number == 0 else f"module {number} of {len(files) - 1}"
        request = fetch(part[0], what)
        answer = yield from journal.ask(request)
        if isinstance(answer, Failed):
            if number and answer.for_its_host:
                journal.keeps_for_its_host(request.name, answer)
                continue
            sizing = Fetch(request.name, what, request.options, request.agent, size_only=True)
            hint = yield from look_around(journal, sizing, answer)
            not_come(journal, request.name, answer, screens.NO_FILES, hint)
            continue
        body = body_of_answer(answer)
        if body is not None:
            judge = judge_module if number else judge_kernel
            judge(journal, request.name, body, mboot=False, pxelinux=True)


def _parts(words: list[str]) -> Iterator[list[str]]:
    """Yield the words of each file; an empty part is dropped."""
    part: list[str] = []
    for word in [*words, "---"]:
        if word != "---":
            part.append(word)
        elif part:
            yield part
            part = []


def _check_list(journal: Journal, files: list[list[str]]) -> None:
    if len(files) == 1:
        journal.fails("APPEND", "names a kernel and no module", "list every module after it, parted by ` --- `")
    length = len(" ".join(files[0])) + 1
    if length > COMMAND_LINE_LIMIT:
        cause = f"the kernel's command line is {length} bytes long, {COMMAND_LINE_LIMIT} is the limit"
        journal.fails("APPEND", cause, "shorten the kernel options")
