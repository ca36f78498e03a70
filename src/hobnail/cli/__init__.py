"""The command line: parse, call app/, show. No other logic."""
