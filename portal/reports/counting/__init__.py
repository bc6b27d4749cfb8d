"""The queries behind the figures: each counts one thing, for months and groups at once, live from the tables."""
