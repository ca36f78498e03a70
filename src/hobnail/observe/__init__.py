"""What the servers saw: boot events, the ladder of boot stages, the progress of each host."""
