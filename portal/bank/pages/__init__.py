"""The pages of the fund's bank accounts, and an employer's claim to money that is not posted."""
