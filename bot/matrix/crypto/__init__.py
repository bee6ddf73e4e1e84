"""End-to-end encryption: nio's Olm machine behind a wall.

Only the machine of nio is used, without its client: no room object of nio exists that a forged event could change, and
every answer of the network is judged here, piece by piece. Nothing in this package speaks to the network.
"""

from bot.matrix.crypto.machine import Machine

__all__ = ["Machine"]
