"""Whose money an entry of a bank is, and why."""
