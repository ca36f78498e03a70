"""Which options a TFTP server grants.

Source: RFC 2347 (options), 2348 (blksize), 2349 (timeout, tsize), 7440 (windowsize).
"""

from hobnail.wire.tftp import DEFAULT_BLOCK_SIZE, Options

LARGEST_WINDOW = 16
"""Blocks in flight, whatever the client asks for: more overruns the receive rings of network boot firmware."""

LARGEST_FLIGHT = 65507
"""Bytes in flight, headers included: what one UDP send can carry (65535 less IP and UDP headers)."""


def grant(asked: Options, size: int) -> Options:
    """Return which options the server grants, and with which values, for a file of `size` bytes.

    The window is at most 16 blocks and one UDP send. `tsize` is always answered: OVMF does not boot without.
    """
    block_size = asked.block_size or DEFAULT_BLOCK_SIZE
    window = asked.window_size
    if window is not None:
        window = min(window, LARGEST_WINDOW, max(1, LARGEST_FLIGHT // (block_size + 4)))
    transfer_size = None if asked.transfer_size is None else size
    return Options(asked.block_size, asked.timeout, transfer_size, window)
