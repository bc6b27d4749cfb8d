"""Enterprises, their registration, enrolment in schemes, and roster."""
