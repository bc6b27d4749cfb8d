"""The kinds of notice, by what they are about."""
