"""One's own account: name and address, password, second step, and the visits that are open."""
