"""Installer media: ISO, directory, tar or disk image as one read-only tree. Nothing is mounted or unpacked."""
