"""The bot: a door to Matrix, a store, guided conversations, rights. ARCHITECTURE in README.md."""
