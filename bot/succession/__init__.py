"""Rooms that are upgraded: the bot follows, and with it all that it keeps of them.

`bot/store/successions.py` says what moves, `bot/matrix/successors.py` which room takes whose place.
"""
