"""Thin shells over wire/: DHCP, TFTP and HTTP servers that receive, decode, decide, send and record."""
