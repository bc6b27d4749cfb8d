"""What people ask of the fund, and the fund of them: one case for all kinds, until it is closed with an outcome."""
