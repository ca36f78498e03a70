"""Profiles: what each host is to be, inherited and checked, and the overlay that makes it so."""
