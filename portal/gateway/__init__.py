"""The payment gateway: bills out, payments in, and what they add up to each day."""
