"""The outbox in the admin: messages and their progress, letters, and what staff do with them."""
