"""What those who run the portal see of it: whether it can work, figures for their alarms, and the machine room."""
