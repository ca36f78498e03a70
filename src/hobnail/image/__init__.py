"""Images: a kernel, its ordered modules and boot options, as found in a medium or kept in the store."""
