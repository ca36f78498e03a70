"""The lease file after clean ends, power cuts, damage, a full disk, and with a second server."""

import errno
import os
import resource
import signal
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hobnail.errors import MediumError, SystemFailure
from hobnail.host.leases import Lease, LeaseState
from hobnail.store import lease_file
from hobnail.store.lease_file import COMPACT_BYTES, HEADER, LeaseFile
from hobnail.wire.dhcp import HardwareAddress

LEASES = st.builds(
    Lease,
    st.integers(0, 2**32 - 1).map(IPv4Address),
    st.builds(HardwareAddress, st.binary(min_size=1, max_size=16), st.integers(1, 255)),
    st.sampled_from(LeaseState),
    st.integers(0, 2**33).map(float),
)


def lease(number: int, expires: float = 1000) -> Lease:
    hardware = HardwareAddress(bytes.fromhex("5254004c00") + bytes((number,)))
    return Lease(IPv4Address(f"10.77.0.{number}"), hardware, LeaseState.BOUND, expires)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "dhcp" / "leases"


def write(path: Path, *leases: Lease) -> None:
    file = LeaseFile(path)
    file.write(leases)
    file.close()


def read(path: Path) -> tuple[Lease, ...]:
    file = LeaseFile(path)
    file.close()
    return file.leases


def test_leases_outlive_the_server(path: Path) -> None:
    assert read(path) == ()
    write(path, lease(1), lease(2))
    write(path, lease(3))
    assert read(path) == (lease(1), lease(2), lease(3))


def test_the_last_line_of_an_address_counts_and_starting_compacts(path: Path) -> None:
    write(path, lease(1), lease(1, 2000), lease(1, 3000))
    assert path.read_bytes().count(b"\n") == 4
    assert read(path) == (lease(1, 3000),)
    assert path.read_bytes() == HEADER + b"10.77.0.1 52:54:00:4c:00:01 bound 3000 e8327253\n"


def test_an_end_between_two_seconds_is_rounded_up(path: Path) -> None:
    write(path, lease(1, 99.25))
    assert read(path) == (lease(1, 100),)


@given(leases=st.lists(LEASES, max_size=10, unique_by=lambda lease: lease.address))
def test_any_leases_survive(tmp_path_factory: pytest.TempPathFactory, leases: list[Lease]) -> None:
    path = tmp_path_factory.mktemp("leases") / "leases"
    write(path, *leases)
    assert read(path) == tuple(leases)


def test_a_torn_last_line_is_dropped_at_every_length(path: Path) -> None:
    write(path, lease(1), lease(2))
    whole = path.read_bytes()
    begin = whole.index(b"10.77.0.2")
    for end in range(begin, len(whole)):
        path.write_bytes(whole[:end])
        assert read(path) == (lease(1),)


@pytest.mark.parametrize("flip", [0, 12, 30, 41])
def test_a_damaged_line_is_refused_by_its_place(path: Path, flip: int) -> None:
    write(path, lease(1), lease(2))
    data = bytearray(path.read_bytes())
    data[len(HEADER) + flip] ^= 1
    path.write_bytes(data)
    with pytest.raises(
        MediumError, match=r"\(byte 17\): damaged line.*does not match its checksum.*delete that line"
    ):
        LeaseFile(path)
    assert path.read_bytes() == data


def test_another_file_is_not_overwritten(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("lease 10.77.0.1 {\n}\n")
    with pytest.raises(MediumError, match="does not begin as a lease file; name another file"):
        LeaseFile(path)
    assert path.read_text() == "lease 10.77.0.1 {\n}\n"


def test_two_servers_do_not_share_a_file(path: Path) -> None:
    first = LeaseFile(path)
    with pytest.raises(SystemFailure, match="another hobnail gives addresses from this lease file; stop it"):
        LeaseFile(path)
    first.close()
    LeaseFile(path).close()


def test_a_killed_server_leaves_what_it_wrote_and_no_lock(path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from hobnail.store.lease_file import LeaseFile\n"
        "from tests.store.test_lease_file import lease\n"
        "LeaseFile(Path(sys.argv[1])).write([lease(7)]); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert read(path) == (lease(7),)


def test_renewals_do_not_make_the_file_grow_without_end(path: Path) -> None:
    file = LeaseFile(path)
    file.write([lease(1), lease(2)])
    largest = 0
    for begin in range(1000, 4000, 20):
        file.write([lease(1, end) for end in range(begin, begin + 20)])
        largest = max(largest, path.stat().st_size)
    with pytest.raises(SystemFailure, match="another hobnail"):
        LeaseFile(path)
    file.close()
    assert COMPACT_BYTES * 0.9 < largest < COMPACT_BYTES * 1.1
    assert read(path) == (lease(1, 3999), lease(2))


def test_a_file_that_cannot_be_compacted_still_takes_leases(path: Path) -> None:
    file = LeaseFile(path)
    obstacle = path.with_name("leases.new")
    obstacle.mkdir()
    many = [lease(1, end) for end in range(1000, 1000 + COMPACT_BYTES // 40)]
    file.write(many)
    file.write([lease(1, 9000)])
    assert path.stat().st_size > COMPACT_BYTES
    file.close()
    obstacle.rmdir()
    assert read(path) == (lease(1, 9000),)


def test_a_name_that_cannot_be_synced_is_tried_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file system here fails so on demand: the one call that a test must stand in for."""
    file = LeaseFile(path)
    many = [lease(1, end) for end in range(1000, 1000 + COMPACT_BYTES // 40)]

    def fail(_: Path) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(lease_file, "sync_folder", fail)
        for _ in range(2):
            with pytest.raises(SystemFailure, match="Input/output error"):
                file.write(many)
    before = path.stat().st_ino
    file.write([lease(2)])
    assert path.stat().st_ino != before, "staged and named anew"
    file.write([lease(3)])
    file.close()
    assert read(path) == (many[-1], lease(2), lease(3))


def test_a_full_disk_leaves_the_file_as_it_was(path: Path) -> None:
    file = LeaseFile(path)
    file.write([lease(1)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 20, limits[1]))
    try:
        with pytest.raises(SystemFailure, match="cannot write the lease file: File too large"):
            file.write([lease(2)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    file.write([lease(3)])
    file.close()
    assert read(path) == (lease(1), lease(3))


def test_no_place_for_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemFailure, match="cannot open the lease file"):
        LeaseFile(tmp_path / "file" / "leases")
