"""Who is covered when, and telling the core."""
