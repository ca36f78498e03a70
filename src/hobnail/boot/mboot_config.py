"""boot.cfg for one host, rendered from a boot plan: the medium's own, with what is to be different.

Names have no leading slash and there is no prefix=: the one form that works over TFTP, HTTP, iPXE and PXELINUX alike
(boot-traces, section 5). Keys that we do not set, and their order, are the medium's. Source: esx-boot, config.c.
"""

from hobnail.boot.plan import BootPlan
from hobnail.formats.bootcfg import SAFEBOOT_KEYS

_OURS = ("kernel", "kernelopt", "modules", "prefix", "timeout", "errtimeout", "tftpblksize", "nobootif")


def render(plan: BootPlan) -> bytes:
    """Return the file. The same plan gives the same bytes."""
    options = plan.options
    values = {
        "kernel": plan.image.kernel.name,
        "kernelopt": plan.command_line,
        "modules": " --- ".join(f"{module.name} {module.options}".rstrip() for module in plan.modules),
        "timeout": options.timeout,
        "errtimeout": options.error_timeout,
        "tftpblksize": options.tftp_block_size,
        "nobootif": 1 if options.no_bootif else None,
    }
    assert SAFEBOOT_KEYS
    return "".join(f"{key}={value}\n" for key, value in values.items() if value is not None).encode("latin-1")
