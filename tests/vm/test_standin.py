"""The stand-in for mboot.efi through real UEFI firmware, served by dnsmasq: what it asks for, what it was given."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import LaterSpec, later_files, spec_for
from hobnail.app.demo.machines import Booted, NotBooted, boot
from hobnail.app.demo.standin import build_standin, parse_loaded
from hobnail.app.demo.uefi_machines import find_firmware, uefi_machine
from hobnail.boot.plan import bootif
from tests.namespaces import Namespace
from tests.tools import need_file, need_tool
from tests.vm.lan import BOOT_SECONDS

pytestmark = pytest.mark.vm

MACHINE = uefi_machine(1, "pxe")
DNSMASQ = ("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-interfaces", "--user=root")


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    need_tool("gcc", "objcopy")
    need_file("/usr/lib/crt0-efi-x86_64.o", "gnu-efi")
    need_file(str(find_firmware()[0]), "ovmf")
    return build_standin(tmp_path_factory.mktemp("standin")).read_bytes()


def write_tree(folder: Path, files: dict[str, bytes], standin: bytes) -> None:
    """Lay the medium's files out as for TFTP, the loaders of efi/boot beside boot.cfg."""
    folder.mkdir(parents=True)
    for path, data in files.items():
        if path == "efi/boot/boot.cfg":
            continue
        (folder / path.rpartition("/")[2]).write_bytes(data)
    (folder / "mboot.efi").write_bytes(standin)


def serve(host: Namespace, root: Path, boot_file: str, work: Path) -> Path:
    """Start dnsmasq as DHCP and TFTP server, and return its log."""
    pool = ("--interface=br0", "--dhcp-range=10.77.0.100,10.77.0.150", f"--dhcp-leasefile={work / 'leases'}")
    tftp = ("--no-ping", "--log-facility=-", f"--dhcp-boot={boot_file}", "--enable-tftp", f"--tftp-root={root}")
    host.start(*DNSMASQ, *pool, *tftp, log=work / "dnsmasq.log")
    return work / "dnsmasq.log"


def power_on(host: Namespace) -> tuple[Booted | NotBooted, list[str]]:
    console: list[str] = []
    return boot(host.command(*MACHINE.command()), BOOT_SECONDS, console.append), console


def facts(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


def assert_served(
    booted: Booted | NotBooted, console: list[str], spec: LaterSpec, files: dict[str, bytes], at: str
) -> None:
    """Assert that the machine got each file of the medium whole; `at` stands before each name."""
    assert isinstance(booted, Booted), booted
    told = [(module.text, module.size, module.sha256) for module in booted.report.modules]
    assert told == [(f"{at}{name}", *facts(files[name])) for name in spec.modules]
    options = f"{spec.kernel_options} BOOTIF={bootif(MACHINE.mac)}"
    assert booted.report.command_line == f"{at}{spec.kernel} {options}"
    whole = {loaded.text.rpartition("/")[2]: (loaded.size, loaded.sha256) for loaded in parse_loaded(console)}
    expected = {"boot.cfg": files["boot.cfg"], spec.kernel: files[spec.kernel]}
    if "efi/boot/crypto64.efi" in files:
        expected["crypto64.efi"] = files["efi/boot/crypto64.efi"]
    assert whole == {name: facts(data) for name, data in expected.items()}


def test_a_whole_release_by_tftp_in_mboots_order(standin: bytes, host: Namespace, tmp_path: Path) -> None:
    """8.0, names without slash, beside the loader: what a server of ours renders."""
    spec = replace(spec_for("8.0"), slash="")
    files = later_files(spec)
    files["boot.cfg"] = files["boot.cfg"].replace(b"kernel=/", b"kernel=")
    write_tree(tmp_path / "root" / "e8", files, standin)
    log = serve(host, tmp_path / "root", "e8/mboot.efi", tmp_path)
    assert_served(*power_on(host), spec, files, "e8/")
    text = log.read_text()
    assert re.findall(r"file \S*/root/(\S+) not found", text) == [f"e8/{bootif(MACHINE.mac)}/boot.cfg"]
    asked = re.findall(r"sent \S*/root/e8/(\S+) to", text)
    loads = [spec.kernel, *spec.modules]
    assert asked == [*twice("mboot.efi", "boot.cfg"), *loads, *twice("crypto64.efi", *loads)], "size, then whole"


def twice(*names: str) -> list[str]:
    return [name for name in names for _ in range(2)]


def test_the_mediums_own_boot_cfg_from_the_root(standin: bytes, host: Namespace, tmp_path: Path) -> None:
    """5.5 as it is on the CD: a slash before each name, no crypto64.efi; with the line ends of DOS."""
    spec = replace(spec_for("5.5"), line_end="\r\n")
    files = later_files(spec)
    write_tree(tmp_path / "root", files, standin)
    serve(host, tmp_path / "root", "mboot.efi", tmp_path)
    assert_served(*power_on(host), spec, files, "/")


def test_a_boot_cfg_for_this_card_wins_and_a_missing_module_is_named(
    standin: bytes, host: Namespace, tmp_path: Path
) -> None:
    own = tmp_path / "root" / "e" / bootif(MACHINE.mac)
    write_tree(tmp_path / "root" / "e", {"boot.cfg": b"kernel=wrong\n", "k": b"kernel", "m": b"module"}, standin)
    own.mkdir()
    text = "# own\n KER=k\nkernelopt = x\nkernelopt=a   b\nprefix=/e/\nmodules=m one  two---gone.v00 ---\n"
    (own / "boot.cfg").write_text(text)
    serve(host, tmp_path / "root", "e/mboot.efi", tmp_path)
    result, console = power_on(host)
    assert isinstance(result, NotBooted)
    assert result.reason.startswith("the probe says: not served: /e/gone.v00, EFI status ")
    assert f"COMMAND /e/k a b BOOTIF={bootif(MACHINE.mac)}" in console
    size, digest = facts(b"module")
    assert f"MODULE 0 {size} {digest} /e/m one two" in console
