"""A host's shell, for the scripts of a ks.cfg: busybox's ash and dash, with stubs of ESXi's commands."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tools import need_tool

SHELLS = ("busybox", "dash")


@dataclass(frozen=True)
class ScriptHost:
    """A folder that stands for a host's root; `calls` is what the stubs were called with."""

    root: Path
    shell: str
    applets: Path  # a folder with busybox's, and nothing else

    @property
    def calls(self) -> list[str]:
        file = self.root / "calls"
        return file.read_text().splitlines() if file.exists() else []

    def stub(self, name: str, script: str = "exit 0") -> None:
        """Put a command onto the host that writes down how it was called."""
        file = self.root / "stubs" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.root}/calls\n{script}\n')
        file.chmod(0o755)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script with the folder as its root, as far as absolute paths in it go."""
        for folder in ("/tmp/", "/etc/", "/var/"):
            script = script.replace(folder, f"{self.root}{folder}")
        for folder in ("tmp", "etc", "var"):
            self.root.joinpath(folder).mkdir(exist_ok=True)
        words = ["busybox", "ash", "-s"] if self.shell == "busybox" else ["dash", "-s"]
        return subprocess.run(
            [shutil.which(words[0]) or words[0], *words[1:]],
            input=script,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={"PATH": f"{self.root}/stubs:{self.applets}"},
        )


@pytest.fixture(scope="session")
def applets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a host: busybox's, whatever this machine has."""
    need_tool(*SHELLS)
    folder = tmp_path_factory.mktemp("busybox")
    subprocess.run(["busybox", "--install", "-s", folder], check=True)
    return folder


def section(script: bytes, name: str) -> str:
    """Return the script of a section of a ks.cfg, without its first line."""
    from hobnail.profile.kickstart.text import KickstartText

    found = next(one for one in KickstartText.parse(script).sections if one.name == name)
    return "".join(f"{line.text}\n" for line in found.body)
