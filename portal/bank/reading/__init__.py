"""Statements as banks send them, each format into the same plain values."""
