"""Bills, payments and receipts."""
