"""The demo: synthetic installer media, and machines that boot from them."""
