"""Version and build of a medium of 5.0 or later, from each file that tells them; and when they contradict."""

import gzip

import pytest

from hobnail.app.demo.later_bodies import elf
from hobnail.errors import MediumError
from tests.image.later import config, found_in, small

SILENT = {".discinfo": b"ESXi\n"}
METADATA = b'<?xml version="1.0"?>\n<vum:metadata xmlns:vum="urn:x"><response>'
METADATA += b"<esxVersion>6.7.0</esxVersion>\n<esxRelease> 1.28.10302608 </esxRelease></response></vum:metadata>"
TITLE = b"DEFAULT menu.c32\nMENU TITLE ESXi-6.7.0-10302608-standard Boot Menu\n"
STAMPED = b"MENU TITLE ESXi-6.7.0-20181002001-standard Boot Menu\r\n"
KERNEL = gzip.compress(elf(b"x" * 99 + b"VMware ESXi 5.5.0 [Releasebuild-1331820 x86_64]"))


@pytest.mark.parametrize(
    ("files", "version", "build"),
    [
        ({".discinfo": b"ESXi\r\nVersion: 7.0.3\r\n"}, "7.0.3", ""),
        ({"boot.cfg": config(build="7.0.3-0.5.18825058")}, "7.0.3", "18825058"),
        ({"boot.cfg": config(build="9.1.1-0.25714478")}, "9.1.1", "25714478"),
        ({"upgrade/metadata.xml": METADATA}, "6.7.0", "10302608"),
        ({"UPGRADE/METADATA.XML": METADATA.replace(b"1.28.", b"")}, "6.7.0", "10302608"),
        ({"vmware-esx-base-osl.txt": b"VMware ESXi 6.5\n\n(c) 2016"}, "6.5", ""),
        ({"isolinux.cfg": TITLE}, "6.7.0", "10302608"),
        ({"isolinux.cfg": STAMPED}, "6.7.0", ""),  # a date and a number, no build
        ({"vmware-esx-base-readme": b"Readme\nVMware ESXi 5.1 is\n"}, "5.1", ""),
        ({"vmware-esx-base-osl.txt": b"VMware ESXi 6.7", "isolinux.cfg": STAMPED}, "6.7.0", ""),
        ({"k.b00": KERNEL}, "5.5.0", "1331820"),
        ({".discinfo": b"Version: 5.5.0", "k.b00": KERNEL}, "5.5.0", "1331820"),
    ],
)
def test_each_witness(files: dict[str, bytes], version: str, build: str) -> None:
    found = found_in(small(extra=SILENT | files))
    assert (found.version, found.build) == (version, build)
    assert found.generation == version[0]
    assert found.warnings == ()


def test_the_first_witness_is_believed_and_contradiction_is_told() -> None:
    files = small(
        config(build="7.0.3-0.5.18825058"), {".discinfo": b"Version: 7.0.2", "upgrade/metadata.xml": METADATA}
    )
    found = found_in(files)
    assert (found.version, found.build) == ("7.0.2", "18825058")
    assert found.warnings == (
        ".discinfo says version 7.0.2, boot.cfg says 7.0.3",
        ".discinfo says version 7.0.2, upgrade/metadata.xml says 6.7.0",
        "boot.cfg says build 18825058, upgrade/metadata.xml says 10302608",
    )


BOMB = b'<!DOCTYPE m [<!ENTITY a "%s">' % (b"7.0.3" * 100) + b"".join(
    b'<!ENTITY %c "%s">' % (97 + n, b"&%c;" % (96 + n) * 50) for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (BOMB + b"]><m><esxVersion>&i;</esxVersion></m>", "it has a document type"),
        (METADATA[:-9], "metadata.xml is not read: "),
        (b"<m><esxVersion>&undefined;</esxVersion></m>", "metadata.xml is not read: undefined entity"),
        (b'<?xml version="1.0" encoding="no-such"?><m/>', "metadata.xml is not read: "),
        (b"", "metadata.xml is not read: "),
    ],
)
def test_damaged_metadata_is_a_warning(data: bytes, words: str) -> None:
    found = found_in(small(extra={"upgrade/metadata.xml": data}))
    (warning,) = found.warnings
    assert words in warning
    assert found.version == "7.0.3"


def test_metadata_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hobnail.image.later_release.MAX_METADATA", 100)
    (warning,) = found_in(small(extra={"upgrade/metadata.xml": METADATA})).warnings
    assert warning == f"upgrade/metadata.xml is not read: it has {len(METADATA)} bytes"


def test_nothing_tells_the_version() -> None:
    with pytest.raises(
        MediumError, match=r"nothing tells the version: neither .discinfo, boot.cfg, .* a line `Version"
    ):
        found_in(small(extra=SILENT))


@pytest.mark.parametrize("version", ["4.1.0", "10.0.0"])
def test_a_version_of_no_known_generation(version: str) -> None:
    with pytest.raises(MediumError, match=f"says version {version}, and has the shape of 5.0 to 9.x"):
        found_in(small(extra={".discinfo": f"Version: {version}\n".encode()}))
