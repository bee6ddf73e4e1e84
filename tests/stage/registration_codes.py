"""A homeserver's registration codes, with a memory."""

from __future__ import annotations

from bot.services.registration_codes import LETTERS
from integrations.errors import Unavailable


class CodesInOrder:
    """As people copy them, and the same in each play."""

    def __init__(self) -> None:
        self._left = iter(LETTERS)

    async def fresh(self) -> str:
        letter = next(self._left)
        return f"{letter * 5}-{letter * 5}"


class MemoryRegistration:
    """As Synapse does: the first call makes the code, later ones leave it as it is."""

    def __init__(self) -> None:
        self.made: dict[str, dict[str, int]] = {}
        self.down = False

    async def ensure(self, token: str, *, uses: int, expires: int) -> dict[str, int]:
        known = self.made.setdefault(token, {"uses": uses, "expires": expires})
        if self.down:
            raise Unavailable("matrix", 5, unknown=True)  # it was made, and the answer is lost
        return known
