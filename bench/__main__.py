"""`python -m bench [tftp] [http] [latency] [import] [overlay] [write]`: every comparison, or those named; one table.

Needs root and Debian's apt.

A missed goal is shown in the table and is no failure: a busy machine can miss one.
"""

import os
import sys

from bench import http, import_medium, latency, overlays, tftp, write
from bench.peers import PeerMissingError
from bench.table import render

MODULES = {
    "tftp": tftp,
    "http": http,
    "latency": latency,
    "import": import_medium,
    "overlay": overlays,
    "write": write,
}


def main(names: list[str]) -> int:
    """Run the comparisons and print the table."""
    if unknown := set(names) - set(MODULES):
        print(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(MODULES)}", file=sys.stderr)
        return 2
    if os.geteuid() != 0:
        print("needs root, to make network namespaces: sudo make bench", file=sys.stderr)
        return 1
    table = []
    try:
        for name in names or MODULES:
            for row in MODULES[name].rows():
                table.append(row)
                print(f"  {row.what}: {row.ratio:.2f}× {row.peer}", file=sys.stderr)
    except PeerMissingError as error:
        print(error, file=sys.stderr)
        return 1
    print(render(table))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
