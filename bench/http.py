"""HTTP: our server and nginx, in turn, under the same load (bench/client/http_load.c): CPU per byte of a module."""

from collections.abc import Iterator

from bench.lab import ADDRESS, FILE, FILE_SIZE, ROOT, for_a_megabyte, in_megabytes, take_turns
from bench.peers import compiled, hobnail, nginx
from bench.table import Row, at_most, compare

CONNECTIONS = 32
SECONDS = 2


def rows() -> Iterator[Row]:
    """Yield CPU per byte, and for information bytes per second."""
    command = (str(compiled("http_load")), ADDRESS, FILE, str(FILE_SIZE), str(CONNECTIONS), str(SECONDS))
    got = take_turns(80, "tcp", command, hobnail(ADDRESS, ROOT), nginx(ADDRESS, ROOT))
    ours, theirs = got["hobnail"], got["nginx"]
    what = f"HTTP, 8 MiB file, {CONNECTIONS} connections"
    cost = [run.cpu_per_byte for run in ours], [run.cpu_per_byte for run in theirs]
    speed = [run.bytes_per_second for run in ours], [run.bytes_per_second for run in theirs]
    yield compare(f"{what}: CPU per byte", cost[0], "nginx", cost[1], at_most(1.2), for_a_megabyte)
    yield compare(f"{what}: bytes/s", speed[0], "nginx", speed[1], None, in_megabytes)
