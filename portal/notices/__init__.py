"""What the portal tells people: messages in it, mail, text messages and letters."""
