"""Scripted installations: the installer's commands by release, a check of any ks.cfg, ours made from a profile."""
