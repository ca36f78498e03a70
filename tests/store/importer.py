"""A program that imports one image and stops at each stage until it reads a line; to be run twice, killed, starved.

`python -m tests.store.importer ROOT BUILD CONTENT…` prints open, half, staged, then `new` or `known`; on a
failure it prints that and exits with its status. Without an open standard input it does not stop.
"""

import argparse
import sys
import time
from pathlib import Path

from hobnail.errors import HobnailError
from hobnail.store import Store
from tests.store.samples import medium, stage


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def stop(at: str) -> None:
    say(at)
    sys.stdin.readline()


def run(options: argparse.Namespace) -> None:
    contents = [text.encode() * options.repeat for text in options.contents]
    with Store.open(options.root, now=time.time) as store:
        stop("open")
        with store.importing() as running:
            first = running.blob()
            first.write(contents[0])
            stop("half")
            first.abort()
            image = stage(running, options.build, contents, origin="x" * options.origin_bytes)
            stop("staged")
            new = running.publish(image, medium(options.medium or f"{options.build}.iso")).new
        say("new" if new else "known")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("build")
    parser.add_argument("contents", nargs="+")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--origin-bytes", type=int, default=10)
    parser.add_argument("--medium")
    try:
        run(parser.parse_args())
    except HobnailError as error:
        say(f"{type(error).__name__}: {error}")
        return error.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
