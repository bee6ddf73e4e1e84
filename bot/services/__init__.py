"""The services of a lieu, on the bot's side of the wall: their settings, how they are built, whose what is in them."""
