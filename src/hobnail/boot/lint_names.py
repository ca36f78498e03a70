"""Checks of the names in boot.cfg: what mboot makes of them, what each transport does with that, what is there."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from hobnail.boot.finding import PATHS, TRACES, FileFacts, Finding, Severity, Subject, Tree, named
from hobnail.formats.bootcfg import split_list
from hobnail.formats.bootcfg_paths import is_absolute, resolve

_NOT_FOUND = "esx-boot, mboot/load.c"


@dataclass(frozen=True, slots=True)
class Name:
    """A name in boot.cfg."""

    key: str
    written: str
    asked: str  # what mboot asks for


def names_of(subject: Subject) -> dict[str, list[Name]]:
    """Return the names by their keys, in the order in which mboot loads them within each."""
    config, resolved = subject.config, subject.resolved
    crypto, tables = config.value("crypto"), split_list(config.value("acpitables"))
    pairs = {
        "kernel": [(config.kernel, resolved.kernel)],
        "crypto": [(crypto, resolve(crypto, config.value("prefix"), subject.boot_directory))],
        "modules": [(a.path, b.path) for a, b in zip(config.modules, resolved.modules, strict=True)],
        "acpitables": [(a.path, b) for a, b in zip(tables, resolved.acpi_tables, strict=True)],
    }
    names = {key: [Name(key, written, asked) for written, asked in found if written] for key, found in pairs.items()}
    return {key: found for key, found in names.items() if found}


def spelling(subject: Subject) -> Iterator[Finding]:
    """Names that mboot changes, and those that leave the tree."""
    for key, names in names_of(subject).items():
        if blanks := [name for name in names if " " in name.written]:
            what = f"mboot takes the blanks out of a name: it asks for {named(name.asked for name in blanks)}"
            next_step = "options for the kernel go to kernelopt=" if key == "kernel" else "rename the file"
            yield subject.finding(Severity.ERROR, key, what, next_step, PATHS)
        if slashes := [name.written for name in names if "\\" in name.written]:
            what = f"mboot makes / of each backslash: {named(slashes)}"
            yield subject.finding(Severity.NOTE, key, what, "write /", PATHS)
        if out := [name.written for name in names if _leaves(name.written)]:
            what = f"{named(out)}: .. is passed on as it is"
            yield _leaving(subject, key, what)
    if _leaves(subject.config.value("prefix")):
        yield _leaving(subject, "prefix", f"prefix={subject.config.value('prefix')}: .. is passed on as it is")


def _leaves(path: str) -> bool:
    return ".." in path.replace("\\", "/").split("/")


def _leaving(subject: Subject, key: str, what: str) -> Finding:
    severity = Severity.WARNING if subject.transport == "disk" else Severity.ERROR
    return subject.finding(severity, key, f"{what}, and servers refuse it", "write the path without ..", TRACES)


def prefix(subject: Subject) -> Iterator[Finding]:
    """A prefix= that does not do what it seems to."""
    value = subject.config.value("prefix")
    if not value:
        return
    names = [name for found in names_of(subject).values() for name in found]
    if past := [name.written for name in names if is_absolute(name.written)]:
        what = f"prefix= does not apply to {len(past)} of {len(names)} names, which are absolute: {named(past, 3)}"
        yield subject.finding(Severity.WARNING, "prefix", what, "strip their leading slash", f"{PATHS}; {TRACES}")
    if _is_url(value):
        if subject.transport in ("tftp", "disk"):
            what = f"prefix={value} is a URL: over TFTP mboot asks for a file of that very name"
            yield subject.finding(Severity.ERROR, "prefix", what, "use a path, or remove prefix=", TRACES)
    elif subject.transport == "http" and len(past) < len(names):
        what = f"prefix={value} is no URL: under UEFI HTTP Boot mboot fails without a request"
        yield subject.finding(Severity.ERROR, "prefix", what, "remove prefix=, or write the whole URL", TRACES)
    elif not is_absolute(value):
        what = f"prefix={value} starts at the server's root, not at the directory of boot.cfg"
        yield subject.finding(Severity.WARNING, "prefix", what, "write it with a leading slash, or remove it", PATHS)


def transport(subject: Subject) -> Iterator[Finding]:
    """Names that one way of booting cannot fetch."""
    for key, names in names_of(subject).items():
        urls = [name.written for name in names if _is_url(name.written)]
        slashed = [name.written for name in names if is_absolute(name.written) and not _is_url(name.written)]
        if urls and subject.transport in ("tftp", "disk"):
            what = f"{named(urls, 3)}: mboot asks for a file of that very name unless it was itself loaded by HTTP"
            yield subject.finding(Severity.ERROR, key, what, "use a name next to boot.cfg", TRACES)
        if slashed:
            yield from _slashed(subject, key, slashed, len(names))


def _slashed(subject: Subject, key: str, slashed: list[str], count: int) -> Iterator[Finding]:
    one = f"{slashed[0]} starts with a slash"
    which = one if count == 1 else f"{len(slashed)} of {count} names start with a slash ({named(slashed, 2)})"
    if subject.transport == "http":
        what = f"{which}: under UEFI HTTP Boot that is no URL, and mboot fails without a request"
        yield subject.finding(Severity.ERROR, key, what, "strip the slash", f"esx-boot, httpfile.c; {TRACES}")
    elif subject.transport == "tftp" and subject.tree is None:
        what = f"{which}: found only if the files lie in the root of the TFTP server"
        yield subject.finding(Severity.WARNING, key, what, "strip the slash", TRACES)
    elif subject.transport is None:
        what = f"{which}: over TFTP that is the server's root, and UEFI HTTP Boot fails on it"
        yield subject.finding(Severity.NOTE, key, what, "strip the slash for a network boot", TRACES)


def in_tree(subject: Subject) -> Iterator[Finding]:
    """Files that are not there, are there in another case, or are empty."""
    if subject.tree is None:
        return
    for key, names in names_of(subject).items():
        places = {name: _path(name.asked, subject.boot_directory) for name in names if not _leaves(name.asked)}
        if elsewhere := [name.asked for name, path in places.items() if path is None]:
            what = f"not looked up, as it is on another server: {named(elsewhere, 3)}"
            yield subject.finding(Severity.NOTE, key, what, "", PATHS)
        here = {name: path for name, path in places.items() if path is not None}
        yield from _looked_up(subject, subject.tree, key, here)


def _looked_up(subject: Subject, tree: Tree, key: str, places: dict[Name, str]) -> Iterator[Finding]:
    find, other_case = _look_up(tree)
    facts = {path: find(path) for path in places.values()}
    absent = [(name.asked, other_case(path)) for name, path in places.items() if facts[path] is None]
    severity, then = Severity.ERROR, "mboot stops with Fatal error: 15 (Not found)"
    if key == "crypto":  # facts 4.3
        severity, then = Severity.NOTE, "mboot goes on to crypto64.efi, or without it"
    if misspelt := [f"{asked} (there is {there})" for asked, there in absent if there is not None]:
        what = f"differs by case from the file that is there: {named(misspelt)}"
        yield subject.finding(severity, key, what, "rename the file: servers on Linux tell case apart", _NOT_FOUND)
    if missing := [asked for asked, there in absent if there is None]:
        what = f"not there: {named(missing)}. {then}"
        next_step = "strip the leading slash" if _would_help(subject, find, missing) else "put the file there"
        yield subject.finding(severity, key, what, next_step, _NOT_FOUND)
    sizes = {name.asked: facts[path] for name, path in places.items()}
    if empty := [asked for asked, fact in sizes.items() if fact is not None and fact.size == 0]:
        what = f"a file of no bytes reads as not found: {named(empty)}"
        yield subject.finding(severity, key, what, "put a gzip of nothing there (20 bytes)", "facts 4.3")


def _would_help(subject: Subject, find: Callable[[str], FileFacts | None], missing: list[str]) -> bool:
    """Tell whether the first missing name would be found without its leading slash."""
    first = missing[0]
    bare = resolve(first.lstrip("/"), subject.config.value("prefix"), subject.boot_directory)
    path = _path(bare, subject.boot_directory)
    return first.startswith("/") and path is not None and find(path) is not None


def _look_up(tree: Tree) -> tuple[Callable[[str], FileFacts | None], Callable[[str], str | None]]:
    """Return how to find a file by its path, and how to find a path that differs from it by case."""
    if isinstance(tree, Mapping):
        folded = {path.casefold(): path for path in tree}
        return tree.get, lambda path: folded.get(path.casefold())

    def other_case(path: str) -> str | None:
        folder, slash, base = path.rpartition("/")
        tries = (path.lower(), path.upper(), f"{folder}{slash}{base.lower()}", f"{folder}{slash}{base.upper()}")
        return next((candidate for candidate in tries if tree(candidate) is not None), None)

    return tree, other_case


def _path(asked: str, boot_directory: str) -> str | None:
    """Return the path on the server of what mboot asks for; None for what is on another one."""
    scheme, found, rest = asked.partition("://")
    if not found:
        return asked.lstrip("/")
    server, _, path = rest.partition("/")
    here = boot_directory.partition("://")
    same = (here[0].lower(), here[2].partition("/")[0].lower()) == (scheme.lower(), server.lower())
    return path if here[1] and same else None


def _is_url(path: str) -> bool:
    return "://" in path
