"""A practice fund in Nepal."""
