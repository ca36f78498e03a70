"""A device is written whole and read back, or ends in a state that is said, and boots nothing."""

import errno
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from hobnail.errors import SystemFailure
from hobnail.formats.reader import BytesReader
from hobnail.write.device_writer import FIRST, HEAD, Job, Step, Written, write_device
from hobnail.write.layout import Extent, FilePart, Layout
from hobnail.write.pieces import PIECE, ReaderSource
from tests.blockdev import MIB, FakeDevice

SIZE = 24 * MIB
LENGTH = 12 * MIB  # of the file in it: two pieces and a bit


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("content") / "file"
    path.write_bytes(Random("content").randbytes(LENGTH))
    return path


def stick(content: Path) -> Layout:
    """A table at both ends, a hole, a file."""
    table = Random("table").randbytes(17408)
    return Layout(
        SIZE,
        (
            Extent(0, 17408, table),
            Extent(3 * MIB, LENGTH, FilePart(content, 0, LENGTH)),
            Extent(SIZE - 16896, 16896, table[512:]),
        ),
    )


def job_of(layout: Layout) -> Job:
    head, body = layout.split(HEAD)
    return Job(head, body, layout.written)


def written(device: FakeDevice, layout: Layout, report: Callable[[Step], None] = lambda step: None) -> Written:
    return write_device(device, job_of(layout), [(MIB, 4 * MIB)], report)


def test_writes_everything_and_leaves_holes(content: Path) -> None:
    device, layout = FakeDevice(SIZE), stick(content)
    steps: list[Step] = []
    result = written(device, layout, steps.append)
    assert result == Written(layout.written, direct=True, partitions_seen=True)
    for offset, data in layout.pieces(1 << 20):
        assert device.data[offset : offset + len(data)] == data
    assert set(device.data[2 * MIB : 3 * MIB]) == {0xA5}, "a hole was written"
    assert list(dict.fromkeys(step.phase for step in steps)) == ["wiping", "writing", "verifying"]
    assert steps[0] == Step("wiping", 0, None), "what is wiped is no part of the image"
    assert steps[-1] == Step("verifying", layout.written, layout.written)


def test_the_first_block_is_the_last_write(content: Path) -> None:
    device = FakeDevice(SIZE)
    written(device, stick(content))
    assert device.writes[-1] == (0, FIRST)
    after_wiping = [place for place in device.writes if place[1] != MIB]
    assert [offset for offset, _ in after_wiping][-3:] == [SIZE - 16896, FIRST, 0]
    assert all(HEAD <= offset < SIZE - MIB for offset, _ in after_wiping[:-3])


def test_pieces_are_at_most_8_mib_and_end_at_its_multiples(content: Path) -> None:
    device = FakeDevice(SIZE)
    written(device, stick(content))
    places = [place for place in device.writes if place[0] >= 3 * MIB and place[1] != MIB]
    assert places[:2] == [(3 * MIB, 5 * MIB), (8 * MIB, 7 * MIB)]
    assert all(length <= PIECE for _, length in places)


BAD_ENDS = (
    (errno.ENODEV, "pulled out", "plug it in"),
    (errno.ENOSPC, "it is full", "take another"),
    (errno.EIO, "input/output error", "take another"),
    (errno.EROFS, "cannot be written", "again"),
)


@pytest.mark.parametrize(("code", "words", "next_step"), BAD_ENDS, ids=[words for _, words, _ in BAD_ENDS])
@pytest.mark.parametrize("after", [MIB, 2 * MIB, 8 * MIB, 14 * MIB, 14 * MIB + 16896])
def test_a_device_that_fails_boots_nothing(code: int, words: str, next_step: str, after: int, content: Path) -> None:
    device = FakeDevice(SIZE, fails_at=after, code=code)
    with pytest.raises(SystemFailure) as caught:
        written(device, stick(content))
    text = str(caught.value)
    assert words in text
    pulled_while_wiped = code == errno.ENODEV and after == MIB
    state = "what was on it is lost in part" if pulled_while_wiped else "it boots nothing now"
    assert f"NOT finished: {state}" in text
    assert next_step in text
    assert "\n" not in text
    assert caught.value.exit_status == 1
    assert not device.bootable


def with_tables(content: Path, sector: int, size: int = SIZE) -> Layout:
    """A GPT at both ends, for sectors of so many bytes, and a file up to the end of the room between them."""
    table = b"x" * sector + b"EFI PART".ljust(sector, b"t")
    second = b"entries".ljust(16384, b"e") + b"EFI PART".ljust(sector, b"t")
    end = size - len(second)
    return Layout(
        size,
        (
            Extent(0, len(table), table),
            Extent(end - LENGTH, LENGTH, FilePart(content, 0, LENGTH)),
            Extent(end, len(second), second),
        ),
    )


def has_table(device: FakeDevice) -> bool:
    return b"EFI PART" in device.data


@pytest.mark.parametrize("sector", [512, 4096])
@pytest.mark.parametrize("code", [errno.ENODEV, errno.EIO, errno.ENOSPC])
def test_no_table_stays_at_the_end_when_it_is_said_to_boot_nothing(sector: int, code: int, content: Path) -> None:
    """Failures after every write: firmware takes a second GPT for a lost first one."""
    layout = with_tables(content, sector)
    device = FakeDevice(SIZE)
    written(device, layout)
    assert device.data.count(b"EFI PART") == 2
    moments = [sum(length for _, length in device.writes[:number]) for number in range(2, len(device.writes))]
    assert len(moments) >= 4
    for after in moments:
        broken = FakeDevice(SIZE, fails_at=after, code=code)
        with pytest.raises(SystemFailure) as caught:
            written(broken, layout)
        assert not (has_table(broken) and "boots nothing now" in str(caught.value)), after


@pytest.mark.parametrize("sector", [512, 4096])
@pytest.mark.parametrize("size", [SIZE, SIZE + 512, SIZE + 4096 + 512])
def test_both_ends_are_blank_after_an_interrupt_at_the_last_moment(sector: int, size: int, content: Path) -> None:
    layout = with_tables(content, sector, size)

    def interrupt(step: Step) -> None:
        if step == Step("verifying", layout.written, layout.written):
            raise KeyboardInterrupt

    device = FakeDevice(size)
    with pytest.raises(SystemFailure, match="boots nothing now"):
        written(device, layout, interrupt)
    assert not has_table(device)
    assert not any(device.data[:MIB])
    assert not any(device.data[-MIB:])


def test_the_end_is_written_after_all_else_was_read_back(content: Path) -> None:
    device = FakeDevice(SIZE, lies_at=14 * MIB)
    layout = with_tables(content, 512)
    with pytest.raises(SystemFailure, match="read back otherwise"):
        written(device, layout)
    ours = [place for place in device.writes if place[0] > SIZE - MIB and place[1] != MIB]
    assert not ours


@pytest.mark.parametrize("size", [HEAD + 4096, HEAD + 4608, 2 * MIB, 2 * MIB + 512, 3 * MIB + 4096])
def test_small_devices_are_written_whole(size: int) -> None:
    data = Random(size).randbytes(size)
    device = FakeDevice(size)
    write_device(device, job_of(Layout(size, (Extent(0, size, data),))), [], lambda step: None)
    assert device.data == data


@pytest.mark.parametrize("error", [SystemExit(3), MemoryError("no room"), RuntimeError("a fault"), GeneratorExit()])
def test_whatever_ends_it_the_state_is_said(error: BaseException, content: Path) -> None:
    def fail(step: Step) -> None:
        if step.phase == "writing" and step.done:
            raise error

    device = FakeDevice(SIZE)
    with pytest.raises(SystemFailure, match=f"{type(error).__name__}.*NOT finished: it boots nothing now"):
        written(device, stick(content), fail)
    assert not device.bootable


class Interrupted(FakeDevice):
    """One on which Ctrl-C is pressed at every write and flush, the blanking's too."""

    pressed = 0

    def write(self, data: memoryview, offset: int) -> None:
        if self._written > 3 * MIB or self.pressed:
            self.pressed += 1
            os.kill(os.getpid(), signal.SIGINT)
        super().write(data, offset)


def test_a_second_ctrl_c_does_not_end_the_blanking(content: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    device = Interrupted(SIZE)
    with pytest.raises(SystemFailure, match=r"interrupted \(.*\); NOT finished: it boots nothing now"):
        written(device, with_tables(content, 512))
    assert device.pressed > 3
    assert not any(device.data[:MIB])
    assert not any(device.data[-MIB:])
    assert signal.getsignal(signal.SIGINT) is before


def test_a_ctrl_c_after_a_failure_does_not_end_the_blanking(content: Path) -> None:
    class Pressed(FakeDevice):
        def is_there(self) -> bool:
            os.kill(os.getpid(), signal.SIGINT)
            return super().is_there()

    device = Pressed(SIZE, lies_at=5 * MIB)
    with pytest.raises(SystemFailure, match=r"read back otherwise.*boots nothing now"):
        written(device, stick(content))


def test_a_failure_of_the_very_last_write_is_said_too(content: Path) -> None:
    layout = stick(content)
    everything = 2 * MIB + layout.written
    device = FakeDevice(SIZE, fails_at=everything - 1)
    with pytest.raises(SystemFailure, match="NOT finished"):
        written(device, layout)
    assert not device.bootable
    assert written(FakeDevice(SIZE, fails_at=everything), layout)


def test_pulled_out_at_the_very_last_write(content: Path) -> None:
    layout = stick(content)
    device = FakeDevice(SIZE, fails_at=2 * MIB + layout.written - 1, code=errno.ENODEV)
    with pytest.raises(SystemFailure, match="whether it boots now is not known: do not use it"):
        written(device, layout)


@pytest.mark.parametrize("place", [3 * MIB, 3 * MIB + LENGTH - 1, SIZE - 1, 5000, 10])
def test_what_reads_back_otherwise_is_found(place: int, content: Path) -> None:
    device = FakeDevice(SIZE, lies_at=place)
    with pytest.raises(SystemFailure, match=r"read back otherwise.*boots nothing now.*take another"):
        written(device, stick(content))
    assert not device.bootable


def test_every_byte_is_compared(content: Path) -> None:
    """One bit anywhere: places drawn by chance, holes excepted."""
    layout, chance = stick(content), Random("places")
    for offset, length in layout.runs():
        with pytest.raises(SystemFailure, match="read back otherwise"):
            written(FakeDevice(SIZE, lies_at=offset + chance.randrange(length)), layout)


class SmallerThanItSays(FakeDevice):
    """What fake sticks do: behind their true end they write to the beginning again."""

    def write(self, data: memoryview, offset: int) -> None:
        super().write(data, offset % (self.size // 2) if offset < self.size - MIB else offset)

    def read_into(self, data: memoryview, offset: int) -> None:
        super().read_into(data, offset % (self.size // 2) if offset < self.size - MIB else offset)


def test_a_stick_that_is_smaller_than_it_says(tmp_path: Path) -> None:
    size, path = 64 * MIB, tmp_path / "file"
    path.write_bytes(Random("long").randbytes(48 * MIB))
    layout = Layout(size, (Extent(0, 512, b"x" * 512), Extent(8 * MIB, 48 * MIB, FilePart(path, 0, 48 * MIB))))
    device = SmallerThanItSays(size)
    with pytest.raises(SystemFailure, match="smaller than it says"):
        written(device, layout)
    assert not device.bootable


@pytest.mark.parametrize("phase", ["wiping", "writing", "verifying"])
def test_ctrl_c_has_a_clear_end(phase: str, content: Path) -> None:
    def interrupt(step: Step) -> None:
        if step.phase == phase and (step.done or phase == "wiping"):
            raise KeyboardInterrupt

    device = FakeDevice(SIZE)
    with pytest.raises(SystemFailure, match=r"interrupted \(.*\); NOT finished: it boots nothing now"):
        written(device, stick(content), interrupt)
    assert device.tables_read == 1, "the kernel still believes in the old partitions"


def test_ctrl_c_in_the_last_moment_leaves_nothing_bootable(content: Path) -> None:
    layout = stick(content)

    def interrupt(step: Step) -> None:
        if step == Step("verifying", layout.written, layout.written):
            raise KeyboardInterrupt

    device = FakeDevice(SIZE)
    with pytest.raises(SystemFailure, match="boots nothing now"):
        written(device, layout, interrupt)
    assert not device.bootable


def test_a_lost_source_is_named(content: Path, tmp_path: Path) -> None:
    short = tmp_path / "short"
    short.write_bytes(bytes(5 * MIB))
    layout = Layout(SIZE, (Extent(2 * MIB, 8 * MIB, FilePart(short, 0, 8 * MIB)),))
    with pytest.raises(SystemFailure, match=r"short: a file to be written cannot be read.*boots nothing now"):
        written(FakeDevice(SIZE), layout)


def test_a_stream_of_unaligned_length() -> None:
    data = Random("stream").randbytes(9 * MIB + 100)
    reader = BytesReader("stream", data)
    device = FakeDevice(SIZE)
    total = -(-len(data) // 512) * 512
    job = Job(ReaderSource(reader, 0, HEAD), ReaderSource(reader, HEAD, len(data)), total)
    write_device(device, job, [], lambda step: None)
    assert device.data[: len(data)] == data
    assert not any(device.data[len(data) : total])


@pytest.mark.parametrize("length", [512, 4096, 4608, MIB, MIB + 512])
def test_images_that_fit_into_the_head(length: int) -> None:
    data = Random(length).randbytes(length)
    device = FakeDevice(4 * MIB)
    written_ = write_device(device, job_of(Layout(length, (Extent(0, length, data),))), [], lambda step: None)
    assert written_.bytes == length
    assert device.data[:length] == data


def test_a_stream_that_ends_too_early() -> None:
    reader = BytesReader("stream", bytes(3 * MIB))
    job = Job(ReaderSource(reader, 0, HEAD), ReaderSource(reader, HEAD, 4 * MIB), 4 * MIB)
    with pytest.raises(SystemFailure, match=f"stream: ends at byte {3 * MIB}"):
        write_device(FakeDevice(SIZE), job, [], lambda step: None)


class Cached(FakeDevice):
    """One that takes no direct writes: flushed now and then, so that progress is the device's."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.direct = False


def test_a_device_behind_the_page_cache_is_flushed_on_the_way(tmp_path: Path) -> None:
    class Source:
        def fill_each(self, buffers: Iterator[memoryview]) -> Iterator[tuple[int, int]]:
            for number in range(17):
                buffer = next(buffers)
                buffer[:] = bytes(len(buffer))
                yield 8 * MIB * (number + 1), len(buffer)

    size = 160 * MIB
    one, other = Cached(size), FakeDevice(size)
    for device in (one, other):
        write_device(device, Job(Layout(0, ()), Source(), 17 * PIECE), [], lambda step: None)
    assert one.flushes == other.flushes + 2


def test_no_threads_are_left(content: Path) -> None:
    before = threading.active_count()
    with pytest.raises(SystemFailure):
        written(FakeDevice(SIZE, fails_at=3 * MIB), stick(content))
    written(FakeDevice(SIZE), stick(content))
    assert threading.active_count() == before
