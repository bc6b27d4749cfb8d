"""What a gateway is to the portal, and each gateway the portal can speak with, in its own messages."""
