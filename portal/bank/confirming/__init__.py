"""Many proposals of matching, confirmed by an officer in one go."""
