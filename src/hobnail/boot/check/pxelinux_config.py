"""PXELINUX's configuration file, read as PXELINUX reads it, as far as a boot of ESX(i) needs.

Sources: the syslinux wiki, SYSLINUX page (one statement a line, no continuation; keywords in any case; DEFAULT and
UI); boot-traces, section 6 (`\\` at line ends; no DEFAULT).
"""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Label:
    """One LABEL: what is started, and with which words."""

    name: str
    kernel: str = ""
    append: str | None = None
    ipappend: int = 0
    local_boot: bool = False
    menu_default: bool = False


@dataclass(slots=True)
class Configuration:
    """What a configuration file says. `oddities` are (line number, what is wrong) that change what is loaded."""

    default: str = ""
    ui: str = ""
    append: str = ""
    labels: list[Label] = field(default_factory=list)
    includes: list[str] = field(default_factory=list)
    oddities: list[tuple[int, str]] = field(default_factory=list)
    timeout: float = 0.0  # seconds

    def chosen(self) -> Label | None:
        """Return what boots when nobody presses a key: MENU DEFAULT, DEFAULT, else with a menu the first label."""
        if self.ui or self._default_is_menu():
            marked = next((label for label in self.labels if label.menu_default), None)
            return marked or (self.labels[0] if self.labels else None)
        if not self.default:
            return None
        name = self.default.split()[0]
        for label in self.labels:
            if label.name.lower() == name.lower():
                return label
        kernel, _, rest = self.default.partition(" ")
        return Label(kernel, kernel, rest)

    @property
    def menu(self) -> str:
        """The menu program that is started first, "" for none."""
        return self.ui.split()[0] if self.ui else self.default.split()[0] if self._default_is_menu() else ""

    def _default_is_menu(self) -> bool:
        return self.default.split(" ")[0].lower().rpartition("/")[2] in ("menu.c32", "vesamenu.c32")


def parse_configuration(data: bytes) -> Configuration:
    """Read the file. Never raises; unknown keywords are ignored as PXELINUX does."""
    found = Configuration()
    label: Label | None = None
    for number, raw in enumerate(data.decode("latin-1").splitlines(), 1):
        line = raw.strip()
        word, _, rest = line.replace("\t", " ").partition(" ")
        keyword, rest = word.lower(), rest.strip()
        if line.endswith("\\"):
            found.oddities.append((number, "ends in `\\`: PXELINUX has no continuation, the next line is lost"))
        match keyword:
            case "label":
                label = Label(rest)
                found.labels.append(label)
            case "default":
                found.default = rest
            case "ui":
                found.ui = rest
            case "timeout" if rest.isdecimal():
                found.timeout = int(rest) / 10
            case "include":
                found.includes.append(rest)
            case "menu":
                _menu(found, label, rest)
            case _:
                _in_label(found, label, keyword, rest, number)
    return found


def _menu(found: Configuration, label: Label | None, rest: str) -> None:
    if label is not None and rest.lower() == "default":
        label.menu_default = True
    elif rest.lower().startswith("include "):
        found.includes.append(rest.split()[1])


def _in_label(found: Configuration, label: Label | None, keyword: str, rest: str, number: int) -> None:
    match keyword:
        case "append":
            _look_at_append(found, rest, number)
            if label is None:
                found.append = rest
            else:
                label.append = "" if rest == "-" else rest
        case "kernel" | "com32" | "linux" | "boot" if label is not None:
            label.kernel = rest
        case "ipappend" | "sysappend" if label is not None and rest.isdecimal():
            label.ipappend = int(rest)
        case "localboot" if label is not None:
            label.local_boot = True


def _look_at_append(found: Configuration, rest: str, number: int) -> None:
    for word in rest.split():
        if "---" in word and word != "---" and not word.startswith("-c"):
            found.oddities.append((number, f"`---` is glued to {word!r}: modules are parted only by a lone ---"))
            break
