"""The book checked against what happened, by another way than the one that wrote it: no function of it is used."""
