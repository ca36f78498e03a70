"""Bytes in flight <-> values, and machines without sockets or clocks that take `now`: DHCP, PXE, TFTP."""
