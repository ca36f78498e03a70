"""Who a machine is, and which address it has."""
