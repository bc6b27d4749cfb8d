"""A test openIMIS on this machine: put together from its published packages, started, stopped."""
