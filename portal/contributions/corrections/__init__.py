"""A declared month put right: old and new side by side, what follows from it, and who has to agree."""
