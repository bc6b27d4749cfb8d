"""Who may do what: an employer's colleagues, the fund's people, invitations, and the review of all of it."""
