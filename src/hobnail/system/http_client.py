"""Fetch files by HTTP as boot loaders do: HTTP/1.1, kept connections, Content-Length required.

Source: facts, section 4.3 (mboot: Host without port, status 200, no chunks, redirects up to 20, two more tries);
boot-traces, section 7.
"""

import http.client
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from hobnail.errors import UserError
from hobnail.formats.printable import printable

PIECE = 1 << 18
REDIRECTS = 20
LONGEST_WORDS = 200
"""Characters that are kept of what a server says to a refusal."""
_REDIRECTING = frozenset({301, 302, 307, 308})


class HttpEnded(Enum):
    """How a request ended."""

    DONE = auto()
    NOT_FOUND = auto()  # 404, 410
    REFUSED = auto()  # another status
    NO_SIZE = auto()  # no Content-Length
    CHUNKED = auto()
    SILENT = auto()  # nothing came for too long, or nobody listens
    BROKEN = auto()  # the connection ended before the body did
    UNTRUSTED = auto()  # HTTPS: the certificate is not one to trust, or no TLS could be agreed on


@dataclass(frozen=True, slots=True)
class HttpOutcome:
    """What became of a request. `size` is Content-Length; `kept` says whether the connection stays open."""

    ended: HttpEnded
    size: int = 0
    text: str = ""
    kept: bool = True


@dataclass(slots=True)
class HttpClient:
    """Keeps one connection for each server. `patience` is in seconds; `trust` says whose certificates are taken."""

    patience: float = 10.0
    trust: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    _open: dict[tuple[str, str], http.client.HTTPConnection] = field(default_factory=dict)

    def fetch(self, url: str, agent: str, take: Callable[[bytes], None] | None) -> HttpOutcome:
        """GET a URL and hand its pieces to `take`; HEAD when `take` is None. Never raises for what a server does."""
        for _ in range(REDIRECTS + 1):
            outcome, further = self._try(url, agent, take)
            if not further:
                return outcome
            url = urljoin(url, further)
        return HttpOutcome(HttpEnded.REFUSED, text=f"more than {REDIRECTS} redirections")

    def close(self) -> None:
        """Close every connection."""
        for connection in self._open.values():
            connection.close()
        self._open.clear()

    def _try(self, url: str, agent: str, take: Callable[[bytes], None] | None) -> tuple[HttpOutcome, str]:
        """Make one request; a kept connection that has died meanwhile is opened again. Returns a redirection too."""
        parts = urlsplit(url)
        key = (parts.scheme.lower(), parts.netloc)
        for fresh in (False, True):
            if fresh:
                self._drop(key)
            kept = key in self._open
            try:
                return self._exchange(self._connection(key), url, agent, take)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
                if not kept:
                    self._drop(key)
                    return HttpOutcome(HttpEnded.BROKEN, text=f"the server closes the connection: {error}"), ""
            except TimeoutError:
                self._drop(key)
                return HttpOutcome(HttpEnded.SILENT, text=f"nothing came for {self.patience:.0f} s"), ""
            except ssl.SSLError as error:
                self._drop(key)
                return HttpOutcome(HttpEnded.UNTRUSTED, text=_tls_words(error)), ""
            except (OSError, http.client.HTTPException, ValueError) as error:
                self._drop(key)
                ended = HttpEnded.SILENT if isinstance(error, OSError) else HttpEnded.BROKEN
                return HttpOutcome(ended, text=f"{getattr(error, 'strerror', None) or error}"), ""
        return HttpOutcome(HttpEnded.BROKEN, text="the server closes each connection at once"), ""

    def _connection(self, key: tuple[str, str]) -> http.client.HTTPConnection:
        if key not in self._open:
            if key[0] == "https":
                self._open[key] = http.client.HTTPSConnection(key[1], timeout=self.patience, context=self.trust)
            else:
                self._open[key] = http.client.HTTPConnection(key[1], timeout=self.patience)
        return self._open[key]

    def _drop(self, key: tuple[str, str]) -> None:
        connection = self._open.pop(key, None)
        if connection is not None:
            connection.close()

    def _exchange(
        self, connection: http.client.HTTPConnection, url: str, agent: str, take: Callable[[bytes], None] | None
    ) -> tuple[HttpOutcome, str]:
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.putrequest("GET" if take else "HEAD", path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", parts.hostname or "")
        connection.putheader("User-Agent", agent)
        connection.endheaders()
        response = connection.getresponse()
        outcome = self._judge(response)
        if outcome.ended is HttpEnded.DONE and take is not None:
            outcome = _read(response, take, outcome)
        elif take is not None and response.length is not None:
            outcome = _with_words(response, outcome)
        if not outcome.kept or not response.isclosed():
            self._drop((parts.scheme.lower(), parts.netloc))
        further = response.getheader("Location", "") if response.status in _REDIRECTING else ""
        return outcome, further or ""

    def _judge(self, response: http.client.HTTPResponse) -> HttpOutcome:
        kept = not response.will_close
        status = f"status {response.status} {response.reason}".strip()
        if response.status in (404, 410):
            return HttpOutcome(HttpEnded.NOT_FOUND, text=f"is not there ({status})", kept=kept)
        if response.status != 200:
            return HttpOutcome(HttpEnded.REFUSED, text=f"the server answers {status}", kept=kept)
        if "chunked" in (response.getheader("Transfer-Encoding") or "").lower():
            text = "the reply is chunked; mboot asks for the same file again and again"
            return HttpOutcome(HttpEnded.CHUNKED, text=text, kept=False)
        length = response.getheader("Content-Length") or ""
        if not length.isdigit():
            return HttpOutcome(HttpEnded.NO_SIZE, text="the reply has no Content-Length", kept=False)
        return HttpOutcome(HttpEnded.DONE, int(length), kept=kept)


def trust_of(ca: Path | None) -> ssl.SSLContext:
    """Return whose certificates are taken: those of the authorities in `ca`, and no others; None: the system's.

    Firmware trusts the authorities that were enrolled in it, and nobody else. UserError when the file has none.
    """
    if ca is None:
        return ssl.create_default_context()
    try:
        if not ca.read_bytes().count(b"-----BEGIN CERTIFICATE-----"):
            raise UserError("holds no certificate in PEM form", where=str(ca))
        return ssl.create_default_context(cafile=ca)
    except ssl.SSLError as error:
        raise UserError("holds no certificate that can be read", where=str(ca)) from error
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", where=str(ca)) from error


def _tls_words(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {error.verify_message}"
    return f"no TLS can be spoken with the server: {(error.reason or str(error)).lower().replace('_', ' ')}"


def _with_words(response: http.client.HTTPResponse, outcome: HttpOutcome) -> HttpOutcome:
    """Read the short text beside a refusal, so that it is told and the connection can be used again."""
    try:
        body = response.read(PIECE)
    except (OSError, http.client.HTTPException):
        return replace(outcome, kept=False)
    words = printable(body[: 4 * LONGEST_WORDS].decode("utf-8", "replace").strip())[:LONGEST_WORDS]
    if not words or response.headers.get_content_type() != "text/plain":  # web pages say nothing in a line
        return outcome
    return replace(outcome, text=f"{outcome.text}: {words}")


def _read(response: http.client.HTTPResponse, take: Callable[[bytes], None], outcome: HttpOutcome) -> HttpOutcome:
    """Read the body; it must be as long as Content-Length says."""
    got = 0
    try:
        while piece := response.read(PIECE):
            got += len(piece)
            take(piece)
    except http.client.IncompleteRead as error:
        got += len(error.partial)
    if got != outcome.size:
        text = f"ends after {got} bytes, {outcome.size} were announced"
        return HttpOutcome(HttpEnded.BROKEN, got, text, kept=False)
    return outcome
