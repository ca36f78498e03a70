"""Version and build of an installer of 5.0 or later: every file that tells them is asked, and they must agree.

In the order of trust: .discinfo ("Version: 7.0.3"), boot.cfg (build=7.0.3-0.5.18825058), upgrade/metadata.xml
(<esxVersion>, <esxRelease>), vmware-esx-base-osl.txt ("VMware ESXi 7.0" first), isolinux.cfg (MENU TITLE
ESXi-7.0.3-18825058-standard), vmware-esx-base-readme; the text in the kernel when none of them knows.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree

from hobnail.errors import MediumError
from hobnail.formats.reader import Reader
from hobnail.image.model import Generation
from hobnail.image.version import Release, in_kernel
from hobnail.media.tree import Tree

MAX_TEXT = 64 << 10
"""Bytes of a text file that are searched."""
MAX_METADATA = 16 << 20
"""Bytes of metadata.xml; the vendor's has some hundred kB."""

_VERSION = r"(\d+\.\d+(?:\.\d+)?)"
_DISCINFO = re.compile(rf"^Version:\s*{_VERSION}".encode(), re.MULTILINE | re.IGNORECASE)
_BUILD = re.compile(r"(\d+\.\d+\.\d+)-(?:\d+\.)*(\d+)")
_MENU_TITLE = re.compile(
    rf"^\s*MENU TITLE .*?ESXi-{_VERSION}(?:-(\d{{5,9}})-)?".encode(), re.MULTILINE | re.IGNORECASE
)
_PRODUCT = re.compile(rf"VMware ESXi {_VERSION}".encode())
_LAST_NUMBER = re.compile(r"(?:[\w.]*[.-])?(\d{5,})")
_TEXTS = (
    (".discinfo", _DISCINFO),
    ("vmware-esx-base-osl.txt", _PRODUCT),
    ("isolinux.cfg", _MENU_TITLE),
    ("vmware-esx-base-readme", _PRODUCT),
)


@dataclass(frozen=True, slots=True)
class _Witness:
    """What one file says; empty where it says nothing."""

    file: str
    version: str
    build: str


def read_later_release(tree: Tree, build_line: str, vmkernel: Reader, warn: Callable[[str], None]) -> Release:
    """Return what is known; `build_line` is boot.cfg's build=. Warns when two files contradict each other.

    MediumError when nothing tells the version.
    """
    witnesses = _witnesses(tree, build_line, warn)
    if not any(witness.version for witness in witnesses) or not any(witness.build for witness in witnesses):
        witnesses += [_Witness("the kernel", told.version, told.build) for told in in_kernel(vmkernel)]
    release = _agreed(witnesses, warn)
    if not release.version:
        asked = ", ".join(witness.file for witness in witnesses)
        raise MediumError(
            f"nothing tells the version: neither {asked} nor the kernel",
            where=tree.name,
            next_step="a line `Version: 7.0.3` in a file .discinfo at its root is enough",
        )
    return release


def generation_of(version: str, where: str) -> Generation:
    """Return the generation of a version of 5.0 or later; MediumError when it is none that is known."""
    major = version.partition(".")[0]
    if major not in {"5", "6", "7", "8", "9"}:
        what = f"the medium says version {version}, and has the shape of 5.0 to 9.x"
        raise MediumError(what, where=where, next_step="fetch the vendor's medium of that version")
    return Generation(major)


def _agreed(witnesses: list[_Witness], warn: Callable[[str], None]) -> Release:
    """Take the first version and build that is told, the version as exactly as any that agrees with it."""
    version = build = version_from = build_from = ""
    for witness in witnesses:
        if not version or f"{witness.version}.".startswith(f"{version}."):  # 7.0.3 says more than 7.0
            version, version_from = witness.version or version, witness.file if witness.version else version_from
        elif witness.version and not f"{version}.".startswith(f"{witness.version}."):
            warn(f"{version_from} says version {version}, {witness.file} says {witness.version}")
        if not build:
            build, build_from = witness.build, witness.file
        elif witness.build and witness.build != build:
            warn(f"{build_from} says build {build}, {witness.file} says {witness.build}")
    return Release(version, build)


def _witnesses(tree: Tree, build_line: str, warn: Callable[[str], None]) -> list[_Witness]:
    """Ask every file; boot.cfg and metadata.xml stand after .discinfo."""
    texts = [_in_text(tree, name, pattern) for name, pattern in _TEXTS]
    match = _BUILD.fullmatch(build_line)
    config = _Witness("boot.cfg", *((match[1], match[2]) if match else ("", "")))
    return [texts[0], config, _in_metadata(tree, warn), *texts[1:]]


def _in_text(tree: Tree, name: str, pattern: re.Pattern[bytes]) -> _Witness:
    file = tree.find(name)
    match = pattern.search(file.reader().read_at(0, MAX_TEXT)) if file is not None else None
    if match is None:
        return _Witness(name, "", "")
    groups = [(group or b"").decode("ascii") for group in (*match.groups(), b"")]
    return _Witness(name, groups[0], groups[1])


@dataclass(slots=True)
class _Metadata:
    """Takes what the parser finds; no document type, and so no entities, is let through."""

    found: dict[str, str] = field(default_factory=dict)
    text: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.text = ""

    def data(self, data: str) -> None:
        self.text = (self.text + data)[:200]

    def end(self, tag: str) -> None:
        self.found.setdefault(tag.rpartition("}")[2], self.text.strip())

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise ElementTree.ParseError("it has a document type")

    def close(self) -> dict[str, str]:
        return self.found


def _in_metadata(tree: Tree, warn: Callable[[str], None]) -> _Witness:
    """Read metadata.xml, which is a witness only: damage there is a warning."""
    name = "upgrade/metadata.xml"
    file = tree.find(name)
    if file is None:
        return _Witness(name, "", "")
    parser = ElementTree.XMLParser(target=_Metadata())
    try:
        if file.size > MAX_METADATA:
            raise ElementTree.ParseError(f"it has {file.size} bytes")
        parser.feed(file.reader().read_at(0, file.size))
        found = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        warn(f"{name} is not read: {error}")
        return _Witness(name, "", "")
    version = re.match(_VERSION, found.get("esxVersion", ""))
    build = _LAST_NUMBER.fullmatch(found.get("esxRelease", ""))
    return _Witness(name, version[1] if version else "", build[1] if build else "")
