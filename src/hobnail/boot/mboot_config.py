"""boot.cfg for one host, rendered from a boot plan: the medium's own, with what is to be different.

Names have no leading slash and there is no prefix=: the one form that works over TFTP, HTTP, iPXE and PXELINUX alike
(boot-traces, section 5). Keys that we do not set, comments and the order of lines are the medium's.
Source: esx-boot, config.c and config_file.c.
"""

from hobnail.boot.plan import BootPlan
from hobnail.formats.bootcfg import BootConfigText, BootModule


def render(plan: BootPlan) -> bytes:
    """Return the file. The same plan gives the same bytes."""
    options = plan.options
    text = BootConfigText.parse(plan.image.boot_config.encode("latin-1")).without("prefix")
    text = text.with_value("kernel", plan.image.kernel.name).with_value("kernelopt", plan.command_line)
    text = text.with_modules(BootModule(module.name, module.options) for module in plan.modules)
    numbers = {
        "timeout": options.timeout,
        "errtimeout": options.error_timeout,
        "tftpblksize": options.tftp_block_size,
        "nobootif": 1 if options.no_bootif else None,
    }
    for key, number in numbers.items():
        if number is not None:
            text = text.with_value(key, str(number))
    return text.render()
