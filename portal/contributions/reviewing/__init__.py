"""What the fund looks at again after a month was declared: what seems odd, and what an officer gives back."""
