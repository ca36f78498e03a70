"""BTT, the Block Translation Table: how a persistent-memory namespace is laid out to be a disk of whole sectors.

docs/formats/btt.md tells the format; UEFI 2.7 and later define version 2.0, Linux also has its own 1.1.
"""
