"""The pages of the fund's own people."""
