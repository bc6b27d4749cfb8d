"""What each employer owes and has paid: double entry, append-only."""
