"""The words of the bot: one PO file a language, and the guides for concierges."""
