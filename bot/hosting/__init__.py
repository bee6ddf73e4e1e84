"""What whoever hosts the bot decides: which space is a lieu, and where the bot goes when it is invited."""
