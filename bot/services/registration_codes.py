"""Codes that people copy from a wall: by chance, and hard to misread. A script looks one up in a step, and keeps it."""

from __future__ import annotations

import secrets

LETTERS = "bcdfghjkmnpqrstvwxz23456789"  # none that looks like another one, and no vowels: no words come out


class RegistrationCodes:
    async def fresh(self) -> str:
        """Nobody guesses it: 47 bits."""
        letters = "".join(secrets.choice(LETTERS) for _ in range(10))
        return f"{letters[:5]}-{letters[5:]}"
