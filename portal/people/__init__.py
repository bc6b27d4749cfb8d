"""Persons, known once."""
