"""Being late: the pieces of a charge, the periods counted, what a rule takes of them, and the words for it."""
