"""Bytes at rest <-> values: partition tables, file systems, compressed streams, kernel headers."""
