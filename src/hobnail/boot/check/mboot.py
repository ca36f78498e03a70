"""VMware's mboot, request by request: boot.cfg, size pass, crypto module, then the kernel and every module.

Source: vmware/esx-boot, mboot.c and config.c (facts, section 4.3); boot-traces, sections 4 and 5 (measured).
"""

from collections.abc import Generator, Sequence

from hobnail.boot.check import screens
from hobnail.boot.check.boot_config import CheckedConfig, LoadedFile, check_config
from hobnail.boot.check.journal import Answer, Failed, Fetch, Fetched, Journal, Ladder, Trouble
from hobnail.boot.check.mboot_arguments import Arguments, parse_arguments
from hobnail.boot.check.mboot_ways import Way
from hobnail.boot.check.modules import body_of_answer, judge_kernel, judge_module, not_come
from hobnail.boot.check.search import look_around
from hobnail.formats.bootcfg_limits import COMMAND_LINE, MODULE_STRING, SAFE_MODULES
from hobnail.formats.bootcfg_paths import base_name, directory_of, is_absolute, resolve

CRYPTO = "crypto64.efi"


def run_mboot(journal: Journal, way: Way, words: list[str], mac: str) -> Ladder:
    """Play mboot with these arguments, loaded by `way`. `mac` is lower case with colons."""
    arguments = parse_arguments(words)
    if arguments.refused:
        fix = "write options first, then kernel options: `-c boot.cfg ks=...`"
        journal.fails(way.loader, arguments.refused, fix, screens.MBOOT_SYNTAX)
        return
    config = yield from _find_config(journal, way, arguments, mac)
    if config is None:
        return
    if config.refused:
        journal.fails("boot.cfg", config.refused, "mend that line", screens.MBOOT_SYNTAX)
    _check_limits(journal, config, arguments, mac)
    if way.size_pass:
        yield from _size_pass(journal, way, config.files)
    journal.waits += max(config.timeout, 0)
    if way.crypto:
        yield from _crypto(journal, way, config)
    yield from _load(journal, way, config.files)


def _find_config(
    journal: Journal, way: Way, arguments: Arguments, mac: str
) -> Generator[Fetch, Answer, CheckedConfig | None]:
    """Probe the names in order and read the one that is there; None when no name has it."""
    given = arguments.config
    if not given:
        names = [f"01-{mac.replace(':', '-')}/boot.cfg", "boot.cfg"]
    elif is_absolute(given):
        names = [given]
    else:
        names = [given, f"/{given}"]
    last: tuple[str, Failed] | None = None
    for number, name in enumerate(names):
        path = resolve(name, "", way.directory)
        wire = way.wire_name(path)
        if isinstance(wire, Failed):
            last = (path, wire)
            continue
        answer = yield from way.read(journal, wire, "boot.cfg", optional=number + 1 < len(names))
        if isinstance(answer, Fetched) and answer.body is not None and (answer.body.size or not way.pxelinux):
            if number == 0 < len(names) - 1:  # the probe read it and threw it away
                yield from way.read(journal, wire, "boot.cfg again")
            return _read_config(journal, wire, path, answer.body.head)
        last = (wire, answer if isinstance(answer, Failed) else Failed(Trouble.NOT_FOUND, "is empty", 0))
    if last is not None:
        hint = f"put boot.cfg into {way.directory or 'the root'}, beside the loader, or name it: -c FILE"
        not_come(journal, *last, way.screen(last[1]), hint)
    return None


def _read_config(journal: Journal, wire: str, path: str, data: bytes) -> CheckedConfig:
    config = check_config(data, directory_of(path))
    kernel = config.files[0].written if config.files and not config.refused else "?"
    journal.says(f"{wire}: kernel {kernel}, {max(len(config.files) - 1, 0)} modules")
    return config


def _check_limits(journal: Journal, config: CheckedConfig, arguments: Arguments, mac: str) -> None:
    """Compare the strings that the kernel is handed with what mboot has room for."""
    if not config.files:
        return
    kernel, *modules = config.files
    words = [kernel.path, kernel.options, *arguments.kernel_words]
    if config.adds_bootif and "BOOTIF=" not in " ".join(words):
        words.append("BOOTIF=01-" + mac.replace(":", "-"))
    length = len(" ".join(word for word in words if word))
    if length >= COMMAND_LINE:
        cause = f"the kernel's command line has {length} bytes; it must be shorter than {COMMAND_LINE}"
        journal.fails("boot.cfg", cause, "shorten kernelopt=", screens.MBOOT_UNSUPPORTED)
    for one in modules:
        length = len(f"{one.path} {one.options}".rstrip())
        if length >= MODULE_STRING:
            cause = f"its path and options have {length} bytes; they must be shorter than {MODULE_STRING}"
            journal.fails(one.path, cause, "shorten prefix= or the options", screens.MBOOT_UNSUPPORTED)
    if len(modules) > SAFE_MODULES:
        cause = f"lists {len(modules)} modules; mboot has room for about {SAFE_MODULES}"
        journal.fails("boot.cfg", cause, "merge small modules into one", screens.MBOOT_RESOURCES)
    names = [base_name(one.path) for one in config.files]
    for name in sorted({name for name in names if names.count(name) > 1}):
        cause = f"lists {name} {names.count(name)} times; the kernel knows modules by their last name"
        journal.warns("boot.cfg", cause, "give each file a name of its own")


def _size_pass(journal: Journal, way: Way, files: Sequence[LoadedFile]) -> Ladder:
    """Ask every size; the first failure ends it silently (mboot then goes on and loads)."""
    for one in files:
        wire = way.wire_name(one.path)
        if isinstance(wire, Failed):
            return
        answer = yield from journal.ask(way.sizing(wire, "size"))
        if isinstance(answer, Failed) and not answer.for_its_host:
            return


def _crypto(journal: Journal, way: Way, config: CheckedConfig) -> Ladder:
    """Look for the crypto module where mboot does; it may be missing, and is needed under Secure Boot only."""
    prefix = config.prefix or config.directory
    places = [resolve(CRYPTO, "", way.directory)]
    places += [resolve(config.crypto, config.prefix, config.directory)] if config.crypto else []
    places += [resolve(CRYPTO, prefix, ""), resolve(f"efi/boot/{CRYPTO}", prefix, "")]
    for path in dict.fromkeys(places):
        wire = way.wire_name(path)
        if isinstance(wire, Failed):
            continue
        answer = yield from way.read(journal, wire, "crypto module", optional=True)
        if isinstance(answer, Fetched):
            return
    cause = "is not there: boots without Secure Boot only (releases before 7.0.2 have none)"
    journal.warns(CRYPTO, cause, "copy it from the medium (efi/boot) to the folder of mboot.efi")


def _load(journal: Journal, way: Way, files: Sequence[LoadedFile]) -> Ladder:
    for number, one in enumerate(files):
        wire = way.wire_name(one.path)
        if isinstance(wire, Failed):
            journal.fails(one.path, wire.text, way.advice, way.screen(wire))
            continue
        what = "kernel" if number == 0 else f"module {number} of {len(files) - 1}"
        answer = yield from way.read(journal, wire, what)
        if isinstance(answer, Failed):
            if number and answer.for_its_host:
                journal.keeps_for_its_host(wire, answer)
                continue
            hint = yield from look_around(journal, way.sizing(wire, what), answer, one.written)
            not_come(journal, wire, answer, way.screen(answer), hint)
            continue
        body = body_of_answer(answer)
        if body is not None:
            judge = judge_module if number else judge_kernel
            judge(journal, wire, body, mboot=True, pxelinux=way.pxelinux)
