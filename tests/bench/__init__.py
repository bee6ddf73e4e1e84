"""How fast the bot is, and how heavy, beside other bots on the same homeserver in the same minutes: `make bench`.

The homeserver is most of the time and the machine is noisy, so that only ratios of one round mean something.
"""
