"""Money that an employer claims: booked from its claim, by two people where one is not enough; claims that end so."""
