"""The whole fund as files: written as CSV and JSON with a dictionary, and read into an empty fund."""
