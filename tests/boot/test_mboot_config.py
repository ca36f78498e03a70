"""boot.cfg for one host: a golden, and what mboot makes of it on each transport."""

from dataclasses import replace

import pytest

from hobnail.boot.mboot_config import render
from hobnail.boot.plan import PlanOptions, plan_for
from hobnail.formats.bootcfg import BootConfigText
from tests.images import CONFIG_67, image_67

MAC = "52:54:00:4c:00:01"


def test_golden_for_6_7() -> None:
    options = PlanOptions("tty1Port=com1", timeout=1, error_timeout=10, tftp_block_size=1468)
    assert render(plan_for(image_67(), MAC, options)).decode() == (
        "bootstate=0\r\ntitle=Loading ESXi installer\r\ntimeout=1\r\nkernel=b.b00\r\n"
        "kernelopt=tty1Port=com1 BOOTIF=01-52-54-00-4c-00-01\r\n"
        "modules=jumpstrt.gz --- k.b00 --- s.v00 --- vsan.v00 --- tools.t00 --- imgdb.tgz --- imgpayld.tgz\r\n"
        "build=\r\nupdated=0\r\nerrtimeout=10\r\ntftpblksize=1468\r\n"
    )


def test_what_we_do_not_set_is_the_medium_s() -> None:
    odd = "# by hand\nnorts=1\nunknown=kept\nkernel=/b.b00\nkernelopt=runweasel\nmodules=/k.b00 a=1 b\ntimeout=7\n"
    image = replace(image_67(), boot_config=odd, kernel_options="runweasel")
    text = render(plan_for(image, None)).decode().splitlines()
    assert text[:4] == ["# by hand", "norts=1", "unknown=kept", "kernel=b.b00"]
    assert "timeout=7" in text
    assert "kernelopt=" in text


def test_module_options_stay_with_their_module() -> None:
    image = image_67()
    first = replace(image.modules[0], options="ks=usb a=b")
    plan = plan_for(replace(image, modules=(first, *image.modules[1:])), None)
    (modules,) = [line for line in render(plan).decode().splitlines() if line.startswith("modules=")]
    assert modules.startswith("modules=jumpstrt.gz ks=usb a=b --- k.b00 --- ")


@pytest.mark.parametrize("directory", ["/F/", "http://10.77.0.1/F/", "F/"])
def test_every_name_is_below_the_folder_of_the_file(directory: str) -> None:
    resolved = BootConfigText.parse(render(plan_for(image_67(), MAC))).resolved(directory)
    for path in (resolved.kernel, *(module.path for module in resolved.modules)):
        assert path.startswith(directory.rstrip("/") + "/"), path
        assert path.count("/") == directory.rstrip("/").count("/") + 1


def test_the_medium_s_own_text_is_untouched_by_an_install_but_for_names_and_words() -> None:
    text = render(plan_for(image_67(), None, PlanOptions(mode="install"))).decode()
    before = CONFIG_67.replace("=/", "=").replace(" /", " ").replace("prefix=\r\n", "").replace("cdromBoot ", "")
    assert text == before
