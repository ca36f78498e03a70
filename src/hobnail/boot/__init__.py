"""Boot plans: what one host is to load, and the loader files rendered from that."""
