"""The only door to the machine: commands, network interfaces, privileges, clock."""
