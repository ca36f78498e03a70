"""The other way out: what a host loads, on a disk, a stick, an ISO or in a folder."""
