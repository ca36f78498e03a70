"""Fixtures of the tests of a ks.cfg's scripts."""

from tests.profile.kickstart.hosts import applets

__all__ = ["applets"]
