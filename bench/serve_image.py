"""Our servers over the real catalogue, with an image of 150 modules, each as large as the benchmark's file.

As `hobnail serve` has them: boot.cfg is rendered from the host's plan for each request (the plan is kept), and the
ladder of stages takes every event in. Usage: python -m bench.serve_image ADDRESS FILE
"""

import asyncio
import signal
import sys
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

from tests.boot.site import OneImage, catalogue_of
from tests.images import image_67

from hobnail.image.model import Image, Module, Role
from hobnail.observe.progress import Progress
from hobnail.serve.httpd import HttpServer
from hobnail.serve.tftpd import TftpServer

MODULES = 150


def image(size: int) -> Image:
    """Return an image as large as those of 8.0."""
    names = ["k.b00", *(f"m{number:03}.v00" for number in range(1, MODULES))]
    kernel, *modules = (Module(name, Role.EXTRA, size, f"{n:064x}", name) for n, name in enumerate(["b.b00", *names]))
    config = "title=bench\ntimeout=5\nprefix=\nkernel=/b.b00\nkernelopt=\nmodules=" + " --- ".join(
        f"/{module.name}" for module in modules
    )
    return replace(image_67(), kernel=replace(kernel, role=Role.KERNEL), modules=tuple(modules), boot_config=config)


class Kept(OneImage):
    """Plans are made once, as app/site.py keeps them."""

    def __init__(self, served: Image) -> None:
        super().__init__(served)
        self.plan = cache(super().plan)  # type: ignore[method-assign]


def main(address: str, file: Path) -> None:
    """Serve until SIGTERM."""
    catalogue = catalogue_of(Kept(image(file.stat().st_size)), lambda _: file)
    progress = Progress(mac_of=lambda _: None, classify=catalogue.named)

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        http = HttpServer(
            address=address,
            interface=None,
            port=80,
            find=catalogue.find,
            record=progress.apply,
            clock=time.time,
            crowd_of_address=1024,
        )
        await http.start()
        tftp = TftpServer(
            address=address,
            interface=None,
            find=catalogue.find,
            record=progress.apply,
            clock=time.time,
            monotonic=time.monotonic,
        )
        tftp.start(loop)
        await stop.wait()
        tftp.close()
        await http.close()

    asyncio.run(serve())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
