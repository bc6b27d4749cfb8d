"""The pages of the gateway: the way there, what came of it, and the call-back."""
