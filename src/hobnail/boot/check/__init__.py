"""Dry boot: play a client up to the point where its kernel would start, and name what would fail."""
