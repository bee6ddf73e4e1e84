"""Somebody wants a human: their call, and what is said between them and the concierges."""
