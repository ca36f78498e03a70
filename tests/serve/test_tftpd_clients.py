"""The TFTP server with other people's clients: curl, atftp, busybox and tftp-hpa, as processes of their own."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hobnail.boot.content import FileContent
from hobnail.observe.events import FileDone, FileFailed, FileMissing
from tests.serve.running_tftpd import ADDRESS, Running, serving
from tests.tools import need_tool

SMALL = bytes(n * 7 % 251 for n in range(100_000))
LARGE_SIZE = 40 << 20
"""More than 65536 blocks of 512 bytes: block numbers roll over."""

Command = Callable[[int, str, Path], list[str]]


def curl(*options: str) -> Command:
    return lambda port, name, to: [
        *("curl", "--silent", "--show-error", "--fail", "--max-time", "60", *options),
        *("--output", str(to), f"tftp://{ADDRESS}:{port}/{name}"),
    ]


def atftp(**options: int) -> Command:
    return lambda port, name, to: [
        "atftp",
        *(word for key, value in options.items() for word in ("--option", f"{key} {value}")),
        *("--get", "--remote-file", name, "--local-file", str(to), ADDRESS, str(port)),
    ]


def busybox(*options: str) -> Command:
    return lambda port, name, to: ["busybox", "tftp", *options, "-g", "-r", name, "-l", str(to), ADDRESS, str(port)]


def tftp_hpa(mode: str = "binary") -> Command:
    return lambda port, name, to: ["tftp", "-m", mode, ADDRESS, str(port), "-c", "get", name, str(to)]


CLIENTS: dict[str, Command] = {
    "curl": curl(),
    "curl, blocks of 1468": curl("--tftp-blksize", "1468"),
    "curl, no options": curl("--tftp-no-options"),
    "atftp": atftp(),
    "atftp, every option": atftp(blksize=1428, tsize=0, timeout=3, windowsize=16),
    "atftp, window 4, blocks of 8192": atftp(blksize=8192, windowsize=4),
    "atftp, window 65535": atftp(windowsize=65535),
    "busybox": busybox(),
    "busybox, blocks of 1432": busybox("-b", "1432"),
    "tftp-hpa": tftp_hpa(),
}


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    need_tool(command[0])
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tree")
    (folder / "small").write_bytes(SMALL)
    with (folder / "large").open("wb") as large:
        for number in range(LARGE_SIZE >> 20):
            large.write(number.to_bytes(4, "big") * (1 << 18))
    catalogue = {name: FileContent(folder / name, (folder / name).stat().st_size) for name in ("small", "large")}
    with serving(catalogue) as it:
        yield it


@pytest.fixture(autouse=True)
def _forget(running: Running) -> None:
    running.events.clear()
    running.asked.clear()


@pytest.mark.parametrize("command", CLIENTS.values(), ids=CLIENTS)
def test_a_file_arrives(running: Running, tmp_path: Path, command: Command) -> None:
    done = run(command(running.port, "small", tmp_path / "got"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "got").read_bytes() == SMALL
    running.wait_for(FileDone)


@pytest.mark.parametrize("client", ["busybox", "curl", "tftp-hpa", "atftp, every option"])
def test_a_file_of_more_than_65536_blocks_arrives(running: Running, tmp_path: Path, client: str) -> None:
    command = atftp(windowsize=16) if client.startswith("atftp") else CLIENTS[client]
    done = run(command(running.port, "large", tmp_path / "got"))
    assert done.returncode == 0, done.stderr
    expected = running.catalogue["large"]
    assert isinstance(expected, FileContent)
    assert subprocess.run(["cmp", str(expected.path), str(tmp_path / "got")], check=False).returncode == 0


@pytest.mark.parametrize("client", ["curl", "atftp", "busybox", "tftp-hpa"])
@pytest.mark.parametrize("name", ["nothing", "../../etc/hostname", "//etc/hostname"])
def test_a_missing_name_is_told_at_once(running: Running, tmp_path: Path, client: str, name: str) -> None:
    """The name reaches the catalogue as written: no folder is looked at, so nothing can be escaped from."""
    command = curl("--path-as-is") if client == "curl" else CLIENTS[client]
    done = run(command(running.port, name, tmp_path / "got"))
    assert "no file" in done.stdout + done.stderr or client in ("curl", "atftp")
    (event,) = running.wait_for(FileMissing)
    assert isinstance(event, FileMissing)
    assert event.name == name
    assert not (tmp_path / "got").exists() or not (tmp_path / "got").read_bytes()


@pytest.mark.parametrize(
    "command",
    [
        lambda port, source: ["curl", "-sS", "--upload-file", source, f"tftp://{ADDRESS}:{port}/new"],
        lambda port, source: ["busybox", "tftp", "-p", "-l", source, "-r", "new", ADDRESS, str(port)],
        lambda port, source: ["tftp", "-m", "binary", ADDRESS, str(port), "-c", "put", source, "new"],
    ],
    ids=["curl", "busybox", "tftp-hpa"],
)
def test_writing_is_refused(running: Running, tmp_path: Path, command: Callable[[int, str], list[str]]) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    run(command(running.port, str(tmp_path / "mine")))
    (event,) = running.wait_for(FileFailed)
    assert isinstance(event, FileFailed)
    assert (event.name, event.reason) == ("new", "this server is read-only")


def test_netascii_is_refused_with_the_way_out(running: Running, tmp_path: Path) -> None:
    """tftp-hpa's client asks for it unless told otherwise; it would turn CR LF into LF in a module."""
    done = run(tftp_hpa("ascii")(running.port, "small", tmp_path / "got"))
    assert "ask in octet (binary) mode" in done.stdout + done.stderr


def test_many_clients_at_once(running: Running, tmp_path: Path) -> None:
    need_tool("busybox")
    command = CLIENTS["busybox, blocks of 1432"]
    processes = [subprocess.Popen(command(running.port, "small", tmp_path / str(n))) for n in range(24)]
    assert [process.wait(timeout=60) for process in processes] == [0] * 24
    assert {(tmp_path / str(n)).read_bytes() for n in range(24)} == {SMALL}
    assert len(running.wait_for(FileDone, 24)) == 24
