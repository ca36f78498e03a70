"""Our TFTP and HTTP servers alone, over a directory: what the benchmark starts beside the other servers.

Usage: python -m bench.serve ADDRESS DIRECTORY
"""

import asyncio
import signal
import sys
import time
from pathlib import Path

from hobnail.boot.content import Content, FileContent, Missing
from hobnail.observe.events import BootEvent
from hobnail.serve.httpd import HttpServer
from hobnail.serve.tftpd import TftpServer


def record(_event: BootEvent) -> None:
    """Forget it: the peers are told not to log, either."""


async def main(address: str, directory: Path) -> None:
    def find(name: str, _peer: str) -> Content | Missing:
        path = directory / name.lstrip("/")
        try:
            return FileContent(path, path.stat().st_size)
        except OSError as error:
            return Missing(str(error))

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    http = HttpServer(address=address, interface=None, port=80, find=find, record=record, clock=time.time)
    await http.start()
    tftp = TftpServer(
        address=address, interface=None, find=find, record=record, clock=time.time, monotonic=time.monotonic
    )
    tftp.start(loop)
    await stop.wait()
    tftp.close()
    await http.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
