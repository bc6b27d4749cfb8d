"""A pack in plain sentences: as it stands, what changed, and who would pay what."""
