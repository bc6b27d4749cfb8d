"""What an employee sees: am I covered, and why."""
