"""Limits that the machine sets on this process."""

import resource


def raise_open_files() -> int:
    """Raise the limit of open files as far as it may go without privilege; return how many files may be open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
