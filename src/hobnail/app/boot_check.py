"""Dry boot: play a client against a running server, ours or anybody's, and report what would fail."""

import secrets
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from hobnail.boot.check.body import BodyWatch
from hobnail.boot.check.clients import TRAITS, Client, discover
from hobnail.boot.check.firmware import Start, run_client
from hobnail.boot.check.journal import Answer, Failed, Fetch, Fetched, Finding, Journal, Step, Trouble
from hobnail.boot.check.offers import AskProxy, FirstFile, choose, first_file, no_proxy_answer
from hobnail.boot.plan import mac_address
from hobnail.errors import UserError
from hobnail.formats.printable import printable
from hobnail.system.dhcp_client import LISTEN, DhcpClient
from hobnail.system.http_client import LONGEST_WORDS, HttpClient, HttpEnded, trust_of
from hobnail.system.interfaces import find_interface
from hobnail.system.tftp_client import fetch_tftp
from hobnail.wire.dhcp import MessageType
from hobnail.wire.tftp import ErrorCode
from hobnail.wire.tftp_client import Ended

MADE_UP_MAC = "02:00:00:00:00:01"
SILENCES = 2
"""Requests without an answer after which the server is taken for dead, and asked no more."""

_TFTP_TROUBLE = {Ended.SILENT: Trouble.SILENT, Ended.NO_SIZE: Trouble.NO_SIZE, Ended.BROKEN: Trouble.BROKEN}
_HTTP_TROUBLE = {
    HttpEnded.NOT_FOUND: Trouble.NOT_FOUND,
    HttpEnded.REFUSED: Trouble.REFUSED,
    HttpEnded.NO_SIZE: Trouble.NO_SIZE,
    HttpEnded.CHUNKED: Trouble.CHUNKED,
    HttpEnded.SILENT: Trouble.SILENT,
    HttpEnded.BROKEN: Trouble.BROKEN,
    HttpEnded.UNTRUSTED: Trouble.UNTRUSTED,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for. `loader` is the first file's name; `patience` is in seconds.

    `ca` is a file with the authorities whose certificates are taken; None: the system's.
    """

    client: Client = Client.BIOS
    mac: str | None = None
    server: str | None = None
    interface: str | None = None
    loader: str | None = None
    url: str | None = None
    patience: float = 6.0
    listen: float = LISTEN
    ca: Path | None = None


def check_boot(wanted: Wanted, tell: Callable[[Step | Finding | str], None]) -> Journal:
    """Play the client to its end. UserError for what was asked wrongly, SystemFailure for what could not be tried."""
    if wanted.interface is None and wanted.server is None and wanted.url is None:
        step = "name --server ADDRESS, --http URL, or --interface IF to begin with DHCP"
        raise UserError("nobody to ask", next_step=step)
    trust = trust_of(wanted.ca)
    journal = Journal(tell)
    start = _by_dhcp(wanted, journal) if wanted.interface is not None else _without_dhcp(wanted)
    while start is not None:
        fetcher = Fetcher(start.server, wanted.patience, trust)
        try:
            client = fetcher.run(journal, start)
        finally:
            fetcher.close()
        start = _begin_again(wanted, client, journal) if client is not None else None
    return journal


def _begin_again(wanted: Wanted, client: Client, journal: Journal) -> Start | None:
    """Return where a client goes on that has loaded iPXE: by DHCP, where it is played; iPXE never comes back here."""
    if wanted.interface is None:
        step = f"begin with DHCP (-i IF), or name its script: --arch {client} --http URL"
        journal.ends_early("iPXE asks DHCP for its script, and DHCP is not played", step)
        return None
    return _by_dhcp(replace(wanted, client=client, loader=None, url=None), journal)


def _without_dhcp(wanted: Wanted) -> Start:
    server = wanted.server or urlsplit(wanted.url or "").hostname or ""
    file = wanted.url or wanted.loader or TRAITS[wanted.client].first_file
    if TRAITS[wanted.client].http and "://" not in file:
        raise UserError("UEFI HTTP boot begins at a URL", next_step="name it: --http http://ADDRESS/mboot.efi")
    mac = mac_address(wanted.mac) if wanted.mac else MADE_UP_MAC
    return Start(wanted.client, mac, _own_address(server), server, file)


def _own_address(server: str) -> str:
    """Return the address by which this machine reaches the server; the client's own would differ."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door, suppress(OSError):
        door.connect((server.partition(":")[0], 9))
        return str(door.getsockname()[0])
    return "0.0.0.0"


def _by_dhcp(wanted: Wanted, journal: Journal) -> Start | None:
    """Ask for offers; None when the client gets nowhere, which then stands in the journal."""
    interface = find_interface(wanted.interface or "")
    mac = mac_address(wanted.mac) if wanted.mac else interface.mac
    traits = TRAITS[wanted.client]
    asked = discover(wanted.client, mac, secrets.randbits(32))
    journal.says(f"DISCOVER on {interface.name} as {traits.words}, {mac}")
    with DhcpClient(interface.name, listen=wanted.listen) as dhcp:
        chosen = choose(journal, traits, dhcp.offers(asked))
        if isinstance(chosen, AskProxy):
            journal.says(f"REQUEST to {chosen.server}, port 4011")
            request = replace(asked, type=MessageType.REQUEST, ciaddr=interface.address, broadcast=False)
            answer = dhcp.ask_proxy(request, str(chosen.server))
            if answer is None:
                no_proxy_answer(journal, traits, chosen.server)
                return None
            chosen = first_file(answer, chosen.address)
    if chosen is None:
        return None
    return _overridden(wanted, chosen, mac)


def _overridden(wanted: Wanted, found: FirstFile, mac: str) -> Start:
    """Return where to begin: what DHCP says, and what the person says instead."""
    return Start(
        client=wanted.client,
        mac=mac,
        address=str(found.address),
        server=wanted.server or str(found.server),
        file=wanted.url or wanted.loader or found.file,
        prefix=found.prefix,
        config=found.config,
    )


class Fetcher:
    """Answers a ladder's requests from the network. `server` has `:port` where TFTP's is not 69."""

    def __init__(self, server: str, patience: float, trust: ssl.SSLContext) -> None:
        self._server = server
        self._patience = patience
        self._http = HttpClient(patience, trust)
        self._silences = 0

    def run(self, journal: Journal, start: Start) -> Client | None:
        """Carry a ladder to its end; return the client that it has become, if it then begins again."""
        ladder = run_client(journal, start)
        try:
            fetch = next(ladder)
            while True:
                fetch = ladder.send(self.answer(fetch))
        except StopIteration as end:
            became: Client | None = end.value
            return became

    def close(self) -> None:
        """Close the kept connections."""
        self._http.close()

    def answer(self, fetch: Fetch) -> Answer:
        """Make one request."""
        if self._silences >= SILENCES:
            return Failed(Trouble.SILENT, "not asked: the server does not answer", 0.0)
        began = time.monotonic()
        try:
            answer = self._by_http(fetch, began) if fetch.is_http else self._by_tftp(fetch, began)
        except ValueError:
            return Failed(Trouble.BROKEN, "is no URL that can be asked for", 0.0)
        silent = isinstance(answer, Failed) and answer.trouble is Trouble.SILENT
        self._silences = self._silences + 1 if silent else 0
        return answer

    def _by_tftp(self, fetch: Fetch, began: float) -> Answer:
        server, name = self._server, fetch.name.removeprefix("tftp-name:")
        if name.lower().startswith("tftp://") and name == fetch.name:
            parts = urlsplit(name)
            server, name = parts.netloc, parts.path.removeprefix("/")
        watch = BodyWatch()
        outcome = fetch_tftp(
            server,
            name,
            fetch.options,
            watch.feed,
            size_only=fetch.size_only,
            patience=self._patience,
        )
        seconds = time.monotonic() - began
        if outcome.ended is Ended.DONE:
            return Fetched(outcome.size, seconds, None if fetch.size_only else watch.body())
        if outcome.ended is Ended.REFUSED:
            missing = outcome.code == ErrorCode.FILE_NOT_FOUND or "not found" in outcome.text.lower()
            trouble = Trouble.NOT_FOUND if missing else Trouble.REFUSED
            text = "is not there" if missing else "the server refuses it"
            words = printable(outcome.text[:LONGEST_WORDS])
            return Failed(trouble, f"{text} (TFTP error {outcome.code}: {words})", seconds)
        return Failed(_TFTP_TROUBLE[outcome.ended], outcome.text, seconds)

    def _by_http(self, fetch: Fetch, began: float) -> Answer:
        watch = BodyWatch()
        outcome = self._http.fetch(fetch.name, fetch.agent, None if fetch.size_only else watch.feed)
        seconds = time.monotonic() - began
        if outcome.ended is not HttpEnded.DONE:
            return Failed(_HTTP_TROUBLE[outcome.ended], outcome.text, seconds)
        remarks = () if outcome.kept else ("the server closes the connection after each reply, which costs time",)
        return Fetched(outcome.size, seconds, None if fetch.size_only else watch.body(), remarks)
