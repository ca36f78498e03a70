"""Trees of files that stand for machines: /sys, /proc and /run/udev as the kernel and udev write them."""

from pathlib import Path


class FakeMachine:
    """Disks below a root folder of their own; `place` is where a disk hangs among the devices."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._next = 0
        self._numbers: dict[str, str] = {}
        self._mounts: list[str] = []
        (root / "proc/self").mkdir(parents=True)
        (root / "sys/block").mkdir(parents=True)
        (root / "sys/class/block").mkdir(parents=True)
        self.swaps()
        self.mount("proc", "/proc", "proc")

    def disk(self, name: str, place: str, size: int, files: dict[str, str] | None = None) -> Path:
        """Add a disk of `size` sectors; `files` are below its folder, relative to it."""
        folder = self.root / "sys/devices" / place / "block" / name
        self._device(folder, name, size, files or {})
        self._write(folder / "removable", (files or {}).get("removable", "0"))
        self._write(folder / "queue/logical_block_size", (files or {}).get("queue/logical_block_size", "512"))
        (self.root / "sys/block" / name).symlink_to(folder)
        return folder

    def partition(self, disk: Path, number: int, start: int, size: int, *, between: str = "") -> Path:
        """Add a partition; start and size in sectors."""
        name = f"{disk.name}{between}{number}"
        files = {"partition": str(number), "start": str(start)}
        self._device(disk / name, name, size, files)
        return disk / name

    def holds(self, below: Path, above: Path) -> None:
        """Let a device stand on another."""
        for folder, other in ((below / "holders", above), (above / "slaves", below)):
            folder.mkdir(exist_ok=True)
            (folder / other.name).symlink_to(other)

    def mount(self, source: str, where: str, kind: str, number: str = "") -> None:
        """Mount; the number is the source's, or one without a device."""
        number = number or self._numbers.get(source.removeprefix("/dev/"), "0:40")
        self._mounts.append(
            f"{len(self._mounts) + 20} 1 {number} / {where} rw,relatime shared:1 - {kind} {source} rw"
        )
        self._write(self.root / "proc/self/mountinfo", "\n".join(self._mounts) + "\n")

    def swaps(self, *paths: str) -> None:
        """Swap to these."""
        lines = ["Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority", *(f"{p}   partition\t1\t0\t-2" for p in paths)]
        self._write(self.root / "proc/swaps", "\n".join(lines) + "\n")

    def udev(self, name: str, **properties: str) -> None:
        """Give a device properties in udev's database."""
        lines = [f"E:{key}={value}" for key, value in properties.items()]
        self._write(self.root / f"run/udev/data/b{self._numbers[name]}", "S:disk/by-id/x\n" + "\n".join(lines) + "\n")

    def write(self, name: str, text: str) -> None:
        """Write a file below the root."""
        self._write(self.root / name, text)

    def _device(self, folder: Path, name: str, size: int, files: dict[str, str]) -> None:
        self._next += 1
        self._numbers[name] = f"259:{self._next}"
        self._write(folder / "dev", self._numbers[name])
        self._write(folder / "size", str(size))
        self._write(folder / "ro", files.get("ro", "0"))
        for path, text in files.items():
            self._write(folder / path, text)
        (self.root / "sys/class/block" / name).symlink_to(folder)

    def _write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
