"""The exception tree on one page: every error has an owner and a next step.

The owner says who can do something about it, and at the edges (exit status, HTTP status, TFTP error code)
decides what the other side is told. Nothing below the faces prints or exits.
"""

from typing import ClassVar


class HobnailError(Exception):
    """Any error that a person is told about, in one message: what, where, which value, what to do.

    `what` says what is wrong and names the value; `where` is the file (nested places are joined by `!`),
    interface or setting; `offset` is the byte in it, when one byte can be named; `next_step` tells what to do.
    """

    exit_status: ClassVar[int] = 1

    def __init__(
        self, what: str, *, where: str | None = None, offset: int | None = None, next_step: str | None = None
    ) -> None:
        self.what = what
        self.where = where
        self.offset = offset
        self.next_step = next_step
        super().__init__(what)

    def __str__(self) -> str:
        """Return `where (byte N): what. next step`, leaving out what is not known."""
        place = self.where or ""
        if self.offset is not None:
            place = f"{place} (byte {self.offset})".strip()
        text = f"{place}: {self.what}" if place else self.what
        return f"{text}; {self.next_step}" if self.next_step else text


class UserError(HobnailError):
    """The person asked for something that cannot be: a wrong option, name or range. Exit status 2."""

    exit_status = 2


class MediumError(HobnailError):
    """A medium is damaged, foreign or hostile. Bytes at rest raise only this. Exit status 2."""

    exit_status = 2


class ProtocolError(HobnailError):
    """A peer sent bytes that its protocol does not allow. Bytes in flight raise only this; never ends a server."""


class SystemFailure(HobnailError):  # noqa: N818 - "SystemError" is Python's own
    """The machine cannot do it now: disk full, port in use, no such interface, no privilege. Exit status 1."""
