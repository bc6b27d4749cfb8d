"""From the text of a pack's file to its blocks; nothing is evaluated, every mistake is found at once."""
