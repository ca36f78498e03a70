"""The programs that hobnail is compared with, and how each is started in the foreground.

Packages that would start a service when installed, or that exclude each other (tftpd-hpa, atftpd), are not installed:
they are downloaded and unpacked under build/bench; the libraries that they need are the system's.
"""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BUILD = Path(__file__).parent.parent / "build" / "bench"
CLIENTS = Path(__file__).parent / "client"


class PeerMissingError(Exception):
    """A peer cannot be had here; the message says why."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A server of the same protocol: its name and the command that serves a directory."""

    name: str
    command: tuple[str, ...]


def hobnail(address: str, root: Path) -> Peer:
    """Our own servers, both protocols."""
    return Peer("hobnail", (sys.executable, "-m", "bench.serve", address, str(root)))


def dnsmasq(address: str, root: Path) -> Peer:
    program = shutil.which("dnsmasq", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        raise PeerMissingError("dnsmasq is not installed: apt-get install dnsmasq-base")
    return Peer(
        "dnsmasq",
        (
            *(program, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file="),
            *("--enable-tftp", f"--tftp-root={root}", "--tftp-max=1024", "--quiet-tftp", "--log-facility=/dev/null"),
            *(f"--listen-address={address}", "--bind-interfaces"),
        ),
    )


def tftpd_hpa(address: str, root: Path) -> Peer:
    options = ("-L", "--user", "root", "--address", f"{address}:69", "--secure", str(root))
    return Peer("tftpd-hpa", (*unpacked("tftpd-hpa", "usr/sbin/in.tftpd"), *options))


def atftpd(address: str, root: Path) -> Peer:
    options = ("--daemon", "--no-fork", "--user", "root.root", "--bind-address", address, "--maxthread", "1024")
    program = unpacked("atftpd", "usr/sbin/atftpd")
    return Peer("atftpd", (*program, *options, "--verbose=0", "--logfile", "/dev/null", str(root)))


def nginx(address: str, root: Path) -> Peer:
    """One worker, as we have one process; nothing logged."""
    place = BUILD / "nginx"
    place.mkdir(parents=True, exist_ok=True)
    paths = "".join(
        f"{kind}_temp_path {place}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (place / "nginx.conf").write_text(
        f"user root; daemon off; worker_processes 1; pid {place}/pid; error_log /dev/null crit;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ {paths} sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000;\n"
        f"server {{ listen {address}:80 backlog=1024; root {root}; }} }}\n"
    )
    program = unpacked("nginx", "usr/sbin/nginx")
    return Peer("nginx", (*program, "-e", "/dev/null", "-p", str(place), "-c", str(place / "nginx.conf")))


def unpacked(package: str, program: str) -> tuple[str, ...]:
    """Return the words that start a program of a Debian package, fetched and unpacked when that was not done before.

    Packages that it depends on and that are not installed are unpacked to the same place.
    """
    place = BUILD / "peers" / package
    if not (place / program).exists():
        place.mkdir(parents=True, exist_ok=True)
        try:
            plan = _run("apt-get", "-s", "install", "--no-install-recommends", package, place=place)
            wanted = {package, *re.findall(r"^Inst (\S+)", plan, re.MULTILINE)}
            _run("apt-get", "-qq", "download", *wanted, place=place)
            for archive in place.glob("*.deb"):
                _run("dpkg", "-x", archive.name, ".", place=place)
        except FileNotFoundError as error:
            raise PeerMissingError(
                f"{package} cannot be fetched without {error.filename}: not Debian or Ubuntu"
            ) from error
        except subprocess.CalledProcessError as error:
            raise PeerMissingError(
                f"{package} cannot be fetched (apt-get update first?): {error.stderr.strip()}"
            ) from error
    libraries = {str(library.parent) for library in place.rglob("lib*.so*")}
    return ("env", f"LD_LIBRARY_PATH={':'.join(sorted(libraries))}", str(place / program))


def _run(*command: str, place: Path) -> str:
    return subprocess.run(command, cwd=place, check=True, capture_output=True, text=True).stdout


def compiled(source: str) -> Path:
    """Return the program made from a C file of bench/client; compiled when older than its source."""
    path = CLIENTS / f"{source}.c"
    program = BUILD / source
    if not program.exists() or program.stat().st_mtime < path.stat().st_mtime:
        BUILD.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-o", str(program), str(path)], check=True)
    return program
