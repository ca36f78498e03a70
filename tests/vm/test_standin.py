"""The stand-in for mboot.efi through real UEFI firmware, served by dnsmasq: what it asks for, what it was given."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hobnail.app.demo.later_medium import LaterSpec, later_files, spec_for
from hobnail.app.demo.machines import Booted, NotBooted
from hobnail.app.demo.standin import build_standin
from hobnail.app.demo.uefi_machines import uefi_machine
from hobnail.boot.plan import bootif
from tests.namespaces import Namespace
from tests.vm.later import Run, need_uefi, power_on

pytestmark = pytest.mark.vm

MACHINE = uefi_machine(1, "pxe")
DNSMASQ = ("dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--bind-interfaces", "--user=root")


@pytest.fixture(scope="module")
def standin(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    need_uefi()
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


def facts(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


def assert_served(run: Run, spec: LaterSpec, files: dict[str, bytes], at: str) -> None:
    """Assert that the machine got each file of the medium whole; `at` stands before each name."""
    assert isinstance(run.result, Booted), run
    told = [(module.text, module.size, module.sha256) for module in run.result.report.modules]
    assert told == [(f"{at}{name}", *facts(files[name])) for name in spec.modules]
    options = f"{spec.kernel_options} BOOTIF={bootif(MACHINE.mac)}"
    assert run.result.report.command_line == f"{at}{spec.kernel} {options}"
    whole = run.loaded
    expected = {"boot.cfg": files["boot.cfg"], spec.kernel: files[spec.kernel]}
    if "efi/boot/crypto64.efi" in files:
        expected["crypto64.efi"] = files["efi/boot/crypto64.efi"]
    assert whole == {name: facts(data)[1] for name, data in expected.items()}


def test_a_whole_release_by_tftp_in_mboots_order(standin: bytes, host: Namespace, tmp_path: Path) -> None:
    """8.0, names without slash, beside the loader: what a server of ours renders."""
    spec = replace(spec_for("8.0"), slash="")
    files = later_files(spec)
    files["boot.cfg"] = files["boot.cfg"].replace(b"kernel=/", b"kernel=")
    write_tree(tmp_path / "root" / "e8", files, standin)
    log = serve(host, tmp_path / "root", "e8/mboot.efi", tmp_path)
    assert_served(power_on(MACHINE, host), spec, files, "e8/")
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
    assert_served(power_on(MACHINE, host), spec, files, "/")


def test_a_boot_cfg_for_this_card_wins_and_a_missing_module_is_named(
    standin: bytes, host: Namespace, tmp_path: Path
) -> None:
    own = tmp_path / "root" / "e" / bootif(MACHINE.mac)
    write_tree(tmp_path / "root" / "e", {"boot.cfg": b"kernel=wrong\n", "k": b"kernel", "m": b"module"}, standin)
    own.mkdir()
    text = "# own\n KER=k\nkernelopt = x\nkernelopt=a   b\nprefix=/e/\nmodules=m one  two---gone.v00 ---\n"
    (own / "boot.cfg").write_text(text)
    serve(host, tmp_path / "root", "e/mboot.efi", tmp_path)
    run = power_on(MACHINE, host)
    assert isinstance(run.result, NotBooted)
    assert run.result.reason.startswith("the probe says: not served: /e/gone.v00, EFI status ")
    assert f"COMMAND /e/k a b BOOTIF={bootif(MACHINE.mac)}" in run.console
    size, digest = facts(b"module")
    assert f"MODULE 0 {size} {digest} /e/m one two" in run.console
