"""boot.cfg, the list of what VMware's boot loader loads, read as mboot reads it and written back as it was.

Source: vmware/esx-boot, bootlib/parse.c (lines and keys), mboot/config.c (lists of files), safeboot/config.c.
Reading never fails: what mboot would call a syntax error is left to whoever needs the value (boot/lint.py tells).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from hobnail.errors import UserError
from hobnail.formats.bootcfg_keys import (
    KEYS,
    MBOOT_KEYS,
    MBOOT_TABLE,
    SAFEBOOT_KEYS,
    SAFEBOOT_TABLE,
    Kind,
    find_key,
    is_number,
)
from hobnail.formats.bootcfg_paths import BLANKS, resolve

__all__ = [
    "MBOOT_KEYS",
    "SAFEBOOT_KEYS",
    "SEPARATOR",
    "BootConfig",
    "BootConfigText",
    "BootModule",
    "Line",
    "ResolvedBoot",
    "parse_boot_config",
    "split_list",
]

SEPARATOR = "---"

_BLANKS = re.compile(f"[{BLANKS}]+")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+")


@dataclass(frozen=True, slots=True)
class BootModule:
    """One item of `modules=` or `acpitables=`: a path as it is written, and the options after it."""

    path: str
    options: str


@dataclass(frozen=True, slots=True)
class BootConfig:
    """What a boot.cfg says; a key that is missing or empty is an empty value."""

    title: str
    kernel: str
    kernel_options: str
    modules: tuple[BootModule, ...]
    build: str


@dataclass(frozen=True, slots=True)
class ResolvedBoot:
    """What mboot asks for, in this order, and hands over: names as it makes them, not as boot.cfg has them."""

    kernel: str  # empty where boot.cfg names none: mboot stops
    command_line: str  # the kernel's, as far as boot.cfg decides it: a network boot adds BOOTIF
    modules: tuple[BootModule, ...]
    acpi_tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of boot.cfg."""

    number: int  # from 1
    raw: bytes  # with its end
    written: str | None  # what stands before `=`, as mboot compares it; None where a line sets nothing
    value: str  # what stands after it, blanks merged

    @property
    def text(self) -> str:
        """The line as mboot sees it: up to a NUL byte, blanks merged and none around it."""
        return _BLANKS.sub(" ", self.raw.decode("latin-1").partition("\0")[0]).strip(" ")


@dataclass(frozen=True, slots=True)
class BootConfigText:
    """A boot.cfg with all that stands in it: unknown keys, comments, order, line ends. `render` gives them back.

    Keys are found in the tables of all releases together.
    """

    lines: tuple[Line, ...]
    _setting: Mapping[str, tuple[Line, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        setting: dict[str, list[Line]] = {}
        for line in self.lines:
            for table in (MBOOT_TABLE, SAFEBOOT_TABLE):
                key = None if line.written is None else find_key(line.written, table)
                if key is not None:
                    setting.setdefault(key.name, []).append(line)
        object.__setattr__(self, "_setting", {name: tuple(lines) for name, lines in setting.items()})

    @classmethod
    def parse(cls, data: bytes) -> "BootConfigText":
        """Read any bytes."""
        return cls(tuple(_line(number, raw) for number, raw in enumerate(_LINE.findall(data), 1)))

    def render(self) -> bytes:
        """Return the bytes; those that were read where nothing was changed."""
        return b"".join(line.raw for line in self.lines)

    def lines_of(self, name: str) -> tuple[Line, ...]:
        """Return the lines that set a key, in full or in short: the last counts. UserError for no key of mboot's."""
        if name not in KEYS:
            next_step = f"mboot and safeboot know {', '.join(KEYS)}"
            raise UserError(f"{name!r} is no key of boot.cfg", next_step=next_step)
        return self._setting.get(name, ())

    def value(self, name: str) -> str:
        """Return the value of a key; empty where it is missing or empty. UserError for no key of mboot's."""
        lines = self.lines_of(name)
        return lines[-1].value if lines else ""

    def with_value(self, name: str, value: str) -> "BootConfigText":
        """Set a key, in the line that counts or in a new one at the end. UserError for what cannot be written."""
        lines = self.lines_of(name)
        if lines and lines[-1].value == value and is_written_out(lines[-1], name):
            return self
        _check(name, value)
        if lines:
            old = lines[-1]
            new = _line(old.number, f"{name}={value}".encode("latin-1") + _end(old.raw))
            return replace(self, lines=tuple(new if line is old else line for line in self.lines))
        end = (_end(self.lines[0].raw) if self.lines else b"") or b"\n"
        before = self.render()
        gap = end if before and not before.endswith(b"\n") else b""
        return self.parse(before + gap + f"{name}={value}".encode("latin-1") + end)

    def without(self, name: str) -> "BootConfigText":
        """Remove every line that sets a key, so that none comes to life again. UserError for no key of mboot's."""
        gone = {line.number for line in self.lines_of(name)}
        return self.parse(b"".join(line.raw for line in self.lines if line.number not in gone)) if gone else self

    @property
    def skipped(self) -> tuple[Line, ...]:
        """The lines that are no comments and yet set nothing that mboot or safeboot know."""
        taken = {line.number for lines in self._setting.values() for line in lines}
        return tuple(
            line for line in self.lines if line.text and not line.text.startswith("#") and line.number not in taken
        )

    @property
    def kernel(self) -> str:
        """kernel= as it is written."""
        return self.value("kernel")

    @property
    def kernel_options(self) -> str:
        """kernelopt=."""
        return self.value("kernelopt")

    @property
    def modules(self) -> tuple[BootModule, ...]:
        """The items of modules=, paths as they are written."""
        return split_list(self.value("modules"))

    def with_modules(self, modules: Iterable[BootModule]) -> "BootConfigText":
        """Set modules=. UserError where mboot would not read the same modules again."""
        wanted = tuple(modules)
        value = f" {SEPARATOR} ".join(f"{module.path} {module.options}".rstrip(" ") for module in wanted)
        if split_list(value) != wanted:
            raise UserError(
                "a module that cannot stand in boot.cfg",
                where=next((m.path for m in wanted if split_list(f"{m.path} {m.options}") != (m,)), value[:80]),
                next_step=f"names hold no blank, and neither names nor options hold {SEPARATOR}",
            )
        return self.with_value("modules", value)

    def resolved(self, boot_directory: str) -> ResolvedBoot:
        """Return what mboot makes of it for a boot.cfg in this directory (a path, a URL, empty for the root)."""
        prefix, kernel = self.value("prefix"), self.kernel
        path = resolve(kernel, prefix, boot_directory) if kernel else ""
        return ResolvedBoot(
            kernel=path,
            command_line=f"{path} {self.kernel_options}".rstrip(" "),
            modules=tuple(replace(m, path=resolve(m.path, prefix, boot_directory)) for m in self.modules),
            acpi_tables=tuple(
                resolve(item.path, prefix, boot_directory) for item in split_list(self.value("acpitables"))
            ),
        )


def parse_boot_config(data: bytes) -> BootConfig:
    """Read a boot.cfg: CRLF or LF, `#` comments, runs of blanks merged, the last of equal keys wins."""
    text = BootConfigText.parse(data)
    return BootConfig(
        title=text.value("title"),
        kernel=text.kernel,
        kernel_options=text.kernel_options,
        modules=text.modules,
        build=text.value("build"),
    )


def split_list(value: str) -> tuple[BootModule, ...]:
    """Split the value of `modules=` or `acpitables=` at each `---`, with or without blanks around it."""
    return tuple(_items(value))


def _items(value: str) -> Iterator[BootModule]:
    at = 0
    while at < len(value):
        end = value.find(SEPARATOR, at)
        if value[at] == " ":
            at += 1
        elif end == at:
            # no item: mboot steps over the next character too (config.c, find_next_listitem)
            at += len(SEPARATOR) + 1
        else:
            path, _, options = value[at : end if end >= 0 else None].partition(" ")
            yield BootModule(path, options.strip(" "))
            at = end + len(SEPARATOR) if end >= 0 else len(value)


def is_written_out(line: Line, name: str) -> bool:
    """Tell whether a line has the key in full."""
    return line.written is not None and line.written.lower() == name


def _line(number: int, raw: bytes) -> Line:
    line = Line(number, raw, None, "")
    text = line.text
    if "=" not in text or text.startswith("#"):
        return line
    written, _, value = text.partition("=")
    return replace(line, written=written, value=value.lstrip(" "))


def _end(raw: bytes) -> bytes:
    """Return the end of a line: nothing on a last line without one."""
    return b"\r\n" if raw.endswith(b"\r\n") else b"\n" if raw.endswith(b"\n") else b""


def _check(name: str, value: str) -> None:
    """UserError unless mboot would read back the very same value."""
    if (
        any(ord(char) > 255 for char in value)
        or "\n" in value
        or _line(1, f"{name}={value}".encode("latin-1")).value != value
    ):
        next_step = "use one line of Latin-1 text without NUL, with single blanks and none at the ends"
        raise UserError(f"{value!r} cannot stand in boot.cfg", where=f"{name}=", next_step=next_step)
    if KEYS[name].kind is Kind.NUMBER and value and not is_number(value):
        raise UserError(f"{value!r} is no number, mboot would stop", where=f"{name}=", next_step="write digits only")
