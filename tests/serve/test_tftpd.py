"""The TFTP server on real sockets: the wire as firmware sees it, packet by packet."""

import contextlib
import errno
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hobnail.boot.content import BytesContent, FileContent
from hobnail.errors import SystemFailure
from hobnail.observe.events import FileDone, FileFailed, FileMissing, FileSized, FileStarted
from hobnail.serve.tftpd import TftpServer
from hobnail.wire.tftp import Ack, Data, Error, OptionAck, Options, Packet, ReadRequest, WriteRequest
from tests.serve.running_tftpd import ADDRESS, Host, Running, serving

CONTENT = bytes(n * 7 % 251 for n in range(20_000))
WINDOWS = Options(block_size=1024, window_size=8)


@pytest.fixture
def blob(tmp_path: Path) -> FileContent:
    path = tmp_path / "blob"
    path.write_bytes(CONTENT)
    return FileContent(path, len(CONTENT))


@pytest.fixture
def running(blob: FileContent) -> Iterator[Running]:
    with serving(
        {"blob": blob, "empty": BytesContent(b""), "pxelinux.cfg/default": BytesContent(b"PROMPT 0\n")}
    ) as it:
        yield it


@pytest.fixture
def host(running: Running) -> Iterator[Host]:
    with contextlib.closing(Host(running)) as it:
        yield it


@pytest.mark.parametrize("asked", [Options(), Options(block_size=1468), WINDOWS, Options(window_size=16)])
def test_a_file_arrives(running: Running, host: Host, asked: Options) -> None:
    assert host.fetch("blob", asked) == CONTENT
    assert host.transfer[0] == ADDRESS
    assert host.transfer[1] != running.port, "a transfer has a port of its own"
    (done,) = running.wait_for(FileDone)
    assert isinstance(done, FileDone)
    assert (done.peer, done.name, done.size, done.protocol) == (ADDRESS, "blob", len(CONTENT), "tftp")
    assert 0 < done.seconds < 5
    assert [type(event) for event in running.events] == [FileStarted, FileDone]


@pytest.mark.parametrize(("name", "content"), [("empty", b""), ("pxelinux.cfg/default", b"PROMPT 0\n")])
def test_rendered_bytes_arrive(host: Host, name: str, content: bytes) -> None:
    assert host.fetch(name, WINDOWS) == content


def test_an_empty_file_arrives(running: Running, host: Host, tmp_path: Path) -> None:
    (tmp_path / "nothing").touch()
    running.catalogue["nothing"] = FileContent(tmp_path / "nothing", 0)
    assert host.fetch("nothing", WINDOWS) == b""


def test_the_catalogue_sees_the_name_as_written(running: Running, host: Host) -> None:
    names = ["../../etc/passwd", "/etc/passwd", "a//b\\c", "pxelinux.cfg/../x", "%2e%2e/x", "~root"]
    for name in names:
        host.ask(ReadRequest(name))
        assert host.hear() == Error(1, f"no file {name}")
    assert running.asked == [(name, ADDRESS) for name in names]


def test_what_is_missing_is_said_at_once_and_recorded(running: Running, host: Host) -> None:
    for name in ("pxelinux.cfg/0A4D006C", "b.b00"):
        host.ask(ReadRequest(name))
        assert host.hear() == Error(1, f"no file {name}")
    events = running.wait_for(FileMissing, 2)
    assert [event.expected for event in events if isinstance(event, FileMissing)] == [True, False]


@pytest.mark.parametrize(
    ("request_", "code", "says"),
    [
        (WriteRequest("blob"), 2, "read-only"),
        (ReadRequest("blob", "netascii"), 0, "'netascii' mode would change the file's bytes"),
        (ReadRequest("blob", "mail"), 0, "'mail' mode"),
        (b"\0\1blob\0", 4, "without a mode"),
        (b"\0\2" + b"x" * 2047, 4, "at most 2048"),
    ],
)
def test_refusals(running: Running, host: Host, request_: Packet | bytes, code: int, says: str) -> None:
    host.ask(request_)
    answer = host.hear()
    assert isinstance(answer, Error)
    assert (answer.code, says in answer.message) == (code, True)
    (event,) = running.wait_for(FileFailed)
    assert isinstance(event, FileFailed)
    assert says in event.reason


@pytest.mark.parametrize(
    "junk", [b"", b"\0", b"\0\4\0\1", b"\0\3\0\1x", b"\0\5\0\0no\0", b"\0\x09\0\0", b"\xff" * 700]
)
def test_stray_packets_get_no_answer_and_do_no_harm(host: Host, junk: bytes) -> None:
    host.ask(junk)
    assert host.hears_nothing(0.05)
    assert host.fetch("blob", WINDOWS) == CONTENT


def test_wanting_only_the_size_is_no_failure(running: Running, host: Host) -> None:
    host.ask(ReadRequest("blob", options=Options(transfer_size=0, block_size=1468)))
    assert host.hear() == OptionAck(Options(transfer_size=len(CONTENT), block_size=1468))
    host.say(Error(8, "User aborted the transfer"))
    (event,) = running.wait_for(FileSized)
    assert isinstance(event, FileSized)
    assert event.size == len(CONTENT)
    assert len(running.events) == 1


def test_a_repeated_request_is_the_same_transfer(running: Running, host: Host) -> None:
    request = ReadRequest("blob", options=WINDOWS)
    host.ask(request)
    first = host.hear(), host.transfer
    host.ask(request)
    assert (host.hear(), host.transfer) == first
    assert len(running.call(running.server.transfers)) == 1
    assert len(running.asked) == 1


def test_another_request_from_the_same_port_ends_the_first(running: Running, host: Host) -> None:
    host.ask(ReadRequest("blob", options=WINDOWS))
    host.hear()
    assert host.fetch("pxelinux.cfg/default", Options()) == b"PROMPT 0\n"
    (event,) = running.wait_for(FileFailed)
    assert isinstance(event, FileFailed)
    assert event.reason == "the host began anew"


def test_other_ports_cannot_meddle(running: Running, host: Host) -> None:
    host.ask(ReadRequest("blob", options=Options(block_size=512)))
    host.hear()
    host.say(Ack(0))
    assert host.hear() == Data(1, CONTENT[:512])
    with contextlib.closing(Host(running)) as other:
        other.transfer = host.transfer
        for packet in (Error(0, "stop"), Ack(1), Ack(2)):
            other.say(packet)
        assert other.hears_nothing(0.05)
    host.say(Ack(1))
    while (heard := host.hear()) == Data(1, CONTENT[:512]):
        pass  # sent again, because our host took its time
    assert heard == Data(2, CONTENT[512:1024])


def test_what_is_lost_is_sent_again(host: Host) -> None:
    host.ask(ReadRequest("blob", options=WINDOWS))
    host.hear()
    host.say(Ack(0))
    window = [host.hear() for _ in range(8)]
    asked = time.monotonic()
    again = [host.hear() for _ in range(8)]
    assert again == window
    assert time.monotonic() - asked < 0.5, "our own timer, not the host's"
    host.say(Ack(5))
    assert host.hear() == Data(6, CONTENT[5 * 1024 : 6 * 1024])


def test_the_window_is_limited(host: Host) -> None:
    host.ask(ReadRequest("blob", options=Options(block_size=512, window_size=64)))
    assert host.hear() == OptionAck(Options(block_size=512, window_size=16))


@pytest.mark.parametrize("segmented", [True, False])
def test_both_ways_of_sending_give_the_same_bytes(blob: FileContent, segmented: bool) -> None:
    with serving({"blob": blob}, segmented=segmented) as running, contextlib.closing(Host(running)) as host:
        assert host.fetch("blob", WINDOWS) == CONTENT
        assert host.fetch("blob", Options(block_size=8, window_size=16)) == CONTENT


def test_a_file_cut_short_while_it_is_served_ends_one_transfer_only(
    running: Running, host: Host, blob: FileContent
) -> None:
    """The mapped pages are gone: the kernel's copy fails with EFAULT; a read in user space would end the process."""
    host.ask(ReadRequest("blob", options=Options(block_size=8192)))
    host.hear()
    blob.path.write_bytes(b"")
    host.say(Ack(0))
    answer = host.hear()
    assert isinstance(answer, Error)
    (event,) = running.wait_for(FileFailed)
    assert isinstance(event, FileFailed)
    assert "Bad address" in event.reason
    assert host.fetch("pxelinux.cfg/default", Options()) == b"PROMPT 0\n"


def test_a_file_that_is_gone_or_has_another_size_is_said(running: Running, host: Host, tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"123")
    running.catalogue["gone"] = FileContent(tmp_path / "gone", 5)
    running.catalogue["short"] = FileContent(tmp_path / "short", 5)
    for name, says in (("gone", "No such file"), ("short", "has 3 bytes, 5 were expected")):
        host.ask(ReadRequest(name))
        answer = host.hear()
        assert isinstance(answer, Error)
        assert says in answer.message


def test_when_all_places_are_taken_the_oldest_unanswered_gives_way(blob: FileContent) -> None:
    with serving({"blob": blob}, crowd=2) as running, contextlib.ExitStack() as stack:
        hosts = [stack.enter_context(contextlib.closing(Host(running))) for _ in range(4)]
        request = ReadRequest("blob", options=Options(block_size=512))
        for host in hosts[:2]:
            host.ask(request)
            host.hear()
        hosts[1].say(Ack(0))
        assert hosts[1].hear() == Data(1, CONTENT[:512])
        hosts[2].ask(request)
        assert isinstance(hosts[2].hear(), OptionAck)
        assert isinstance(hosts[0].hear(), Error)
        hosts[2].say(Ack(0))
        hosts[2].hear()
        hosts[3].ask(request)
        reasons = [event.reason for event in running.wait_for(FileFailed, 2) if isinstance(event, FileFailed)]
        assert "all places are taken" in reasons[0]
        assert "2 transfers are under way" in reasons[1]
        assert len(running.call(running.server.transfers)) == 2


def test_the_screen_sees_how_far_it_is(running: Running, host: Host) -> None:
    host.ask(ReadRequest("blob", options=Options(block_size=512)))
    host.hear()
    for block in range(3):
        host.say(Ack(block))
        host.hear()
    (transfer,) = running.call(running.server.transfers)
    assert (transfer.peer, transfer.name, transfer.sent, transfer.size) == (ADDRESS, "blob", 1024, len(CONTENT))


def test_stopping_tells_the_hosts(blob: FileContent) -> None:
    with serving({"blob": blob}) as running:
        host = Host(running)
        host.ask(ReadRequest("blob"))
        host.hear()
    with contextlib.closing(host):
        assert host.hear() == Error(0, "the server is stopping")
    assert [type(event) for event in running.events] == [FileFailed]


def test_a_port_in_use_is_said_with_the_next_step(running: Running) -> None:
    second = TftpServer(
        address=ADDRESS,
        interface=None,
        port=running.port,
        find=running.find,
        record=running.events.append,
        clock=time.time,
        monotonic=time.monotonic,
    )
    with pytest.raises(
        SystemFailure, match=rf"UDP port {running.port}: {errno_text(errno.EADDRINUSE)}; stop the program"
    ):
        second.start(running.loop)


def errno_text(number: int) -> str:
    return OSError(number, None).strerror or {errno.EADDRINUSE: "Address already in use"}[number]
