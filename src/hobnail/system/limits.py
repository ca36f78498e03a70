"""Limits that the machine sets on this process."""

import resource


def raise_open_files(wanted: int) -> int:
    """Let this process have `wanted` files open, or as many as the hard limit allows; return how many it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return allowed
