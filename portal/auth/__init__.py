"""Accounts, sessions, roles and mandates: who may do what for whom."""
