"""The practice fund and the practice core."""
