"""The rules as pages: calculators for everybody; for the fund a pack to read, compare, and try on rosters."""
