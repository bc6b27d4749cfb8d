"""A fund of one's own: asked for at the terminal or in a file, written, checked, and given its first administrator."""
