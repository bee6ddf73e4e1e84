"""The mails that a lieu writes to people, in its own name: what is in them, and how they leave."""
