"""One host more: asks for boot.cfg again and again while others load the server, and times each first byte.

It runs before all else on its processor (SCHED_FIFO), so that it measures the server and not the load generator.
Usage: python -m bench.probe http|tftp ADDRESS NAME SECONDS   Prints the times in seconds, a JSON list.
"""

import json
import os
import socket
import sys
import time

PAUSE = 0.005
PATIENCE = 5.0


def by_http(address: str, name: str) -> float:
    """Return the seconds from a new host's request to its first byte: connecting is not counted."""
    with socket.create_connection((address, 80), timeout=PATIENCE) as connection:
        request = f"GET /{name} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: esx-boot/2.0\r\n\r\n".encode()
        began = time.monotonic()
        connection.sendall(request)
        first = connection.recv(65536)
        took = time.monotonic() - began
        if not first.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{name}: {first[:60]!r}")
    return took


def by_tftp(address: str, name: str) -> float:
    """Return the seconds from the request to the first block, with the options that mboot.efi asks for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(PATIENCE)
        request = b"\0\1" + name.encode() + b"\0octet\0blksize\x001468\0windowsize\x004\0"
        began = time.monotonic()
        door.sendto(request, (address, 69))
        answer, peer = door.recvfrom(2048)
        if answer[:2] != b"\0\6":
            raise RuntimeError(f"{name}: {answer[:60]!r}")
        door.sendto(b"\0\4\0\0", peer)
        answer, _ = door.recvfrom(2048)
        took = time.monotonic() - began
        if answer[:4] != b"\0\3\0\1":
            raise RuntimeError(f"{name}: {answer[:60]!r}")
        door.sendto(b"\0\5\0\0enough\0", peer)
    return took


def main(protocol: str, address: str, name: str, seconds: float) -> None:
    """Ask until the time is over."""
    os.sched_setaffinity(0, {(os.cpu_count() or 1) - 1})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    ask = {"http": by_http, "tftp": by_tftp}[protocol]
    end, times = time.monotonic() + seconds, []
    while time.monotonic() < end:
        times.append(ask(address, name))
        time.sleep(PAUSE)
    print(json.dumps(times))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
