"""The fund's own people: invited, given roles and places, let go; and the review of who may do what."""
