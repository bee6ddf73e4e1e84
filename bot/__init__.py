"""The bot: a way in and out of Matrix, a store, guided conversations, rights. See ARCHITECTURE.md."""

__version__ = "0.1.0"
