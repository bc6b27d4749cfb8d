"""Months and days: the calendars, days of rest, and how a due day is found."""
