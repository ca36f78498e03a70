"""A store whose disk is full or may not be written: a small tmpfs in a mount namespace, and a limit on file sizes."""

import re
import subprocess
import sys
from pathlib import Path

from hobnail.store import Store
from tests.store.samples import ticking
from tests.tools import need_root, need_tool

PREPARE = """
set -e
root=$1
python=$2
mount -t tmpfs -o size=1m tmpfs "$root"
import() { "$python" -m tests.store.importer "$root/store" "$@" </dev/null | tail -n 1; }
files() { find "$root/store" -path '*/staging/*' -o -path '*/blobs/*' | sort; }
"""


def in_namespace(folder: Path, script: str) -> list[str]:
    """Run a shell script beside a tmpfs of 1 MiB that is mounted on `folder`; the lines it prints."""
    need_root()
    need_tool("unshare", "mount")
    command = ["unshare", "-m", "sh", "-c", PREPARE + script, "sh", str(folder), sys.executable]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


def test_full_while_a_blob_is_written(tmp_path: Path) -> None:
    first, second, failed, same, again = in_namespace(
        tmp_path,
        """
        import 0 kernel zero
        before=$(files)
        import 0 kernel zero
        import 1 kernel vmk --repeat 300000
        [ "$before" = "$(files)" ] && echo same
        import 1 kernel vmk
        """,
    )
    assert (first, second, same, again) == ("new", "known", "same", "new")
    assert re.fullmatch(
        rf"SystemFailure: {tmp_path}/store/staging/import-\w+: cannot write after \d+ bytes: No space left on device "
        r"\(1800000 bytes needed, \d+ bytes free\); free space there .*",
        failed,
    )


def test_full_when_the_rows_are_written(tmp_path: Path) -> None:
    first, failed, same, again = in_namespace(
        tmp_path,
        """
        import 0 kernel zero
        before=$(files)
        free=$(stat -f -c %a "$root")
        dd if=/dev/zero of="$root/filler" bs=4096 count=$((free - 60)) status=none
        import 1 kernel vmk --origin-bytes 500000
        [ "$before" = "$(files)" ] && echo same
        rm "$root/filler"
        import 1 kernel vmk
        """,
    )
    assert (first, same, again) == ("new", "same", "new")
    assert re.match(
        rf"SystemFailure: {tmp_path}/store/hobnail\.db: no space left .*; free space there or choose", failed
    )


def test_a_full_disk_before_the_store_is_made(tmp_path: Path) -> None:
    failed, again = in_namespace(
        tmp_path,
        """
        dd if=/dev/zero of="$root/filler" bs=4096 count=252 status=none
        import 1 kernel vmk
        rm "$root/filler"
        import 1 kernel vmk
        """,
    )
    assert failed.startswith("SystemFailure: ")
    assert "free space there" in failed
    assert again == "new"


def test_a_read_only_store(tmp_path: Path) -> None:
    first, failed, never = in_namespace(
        tmp_path,
        """
        import 0 kernel zero
        mount -o remount,ro "$root"
        import 1 kernel vmk
        root=$root/other
        import 1 kernel vmk
        """,
    )
    assert first == "new"
    for line in (failed, never):
        assert re.match(rf"SystemFailure: {tmp_path}/(other/)?store: cannot open the store: Read-only", line)
        assert line.endswith("mount it for writing or choose another folder for the store")


def test_a_limit_on_file_sizes(tmp_path: Path) -> None:
    script = 'ulimit -f 2000; exec "$1" -m tests.store.importer "$2" 1 kernel vmk --repeat 300000'
    command = ["sh", "-c", script, "sh", sys.executable, str(tmp_path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "File too large (1800000 bytes needed, " in done.stdout
    assert "raise the limit on file sizes" in done.stdout
    with Store.open(tmp_path, now=ticking) as store:
        assert store.images() == []
        assert list((tmp_path / "staging").iterdir()) == []
