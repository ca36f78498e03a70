"""hobnail boots VMware ESX(i) hosts that have no disk to boot from."""

__version__ = "0.1.0"
