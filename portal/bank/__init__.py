"""Bank statements: read, checked, booked, matched with what employers owe, and reconciled day by day."""
