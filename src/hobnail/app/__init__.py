"""Use cases: what both faces, the command line and the web, call."""
