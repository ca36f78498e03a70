"""The ARP table when the process has no descriptor left (tests/system/test_interfaces.py reads real entries)."""

import os
import resource
from ipaddress import IPv4Address

from hobnail.system.neighbours import find_mac


def test_without_a_free_descriptor_nobody_is_known() -> None:
    """It is asked for in callbacks of a server's loop: nothing may come out of it there."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
    try:
        assert find_mac(IPv4Address("127.0.0.2"), "lo") is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
