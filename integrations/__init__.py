"""Doors to the services of a lieu. Nothing here knows Matrix or the bot: each one is usable, and tested, alone."""
