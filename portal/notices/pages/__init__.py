"""The pages of what people are told: messages, choices, the log, and the texts of the fund."""
