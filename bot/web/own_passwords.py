"""The first password of somebody whose account is on the lieu's homeserver: chosen on their page, and handed over.

It is in no log, in no row and in no conversation: what is kept is that it was chosen. The address of the page is the
link: it is good once, for as long as an invitation is fresh, and until a concierge sends another one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal, cast
from weakref import WeakValueDictionary

import structlog

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.services.directory import is_homeserver
from bot.store import ownership, password_links
from bot.store.arrivals import Arrival
from bot.store.ownership import ADOPTED, PASSWORD
from bot.web.page_parts import PageParts
from integrations.directory import Directory
from integrations.directory.homeserver_accounts import HomeserverDirectory

log = structlog.get_logger(__name__)
LIVES = 14 * 86_400_000  # milliseconds in which an invitation is fresh
MOST = 30  # tries an hour, for one newcomer
SHORTEST, LONGEST = 10, 200  # characters; the homeserver may want more of them
FEWEST = 4  # different ones
State = Literal["open", "chosen", "over", "shut", "away"]
"""open: it is theirs to choose · chosen: they have one · over: the link is too old · shut: somebody closed the
account · away: the homeserver does not say."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a password was not taken: `about` ends the key of a sentence (page.newcomer.own-…), `least` how many
    characters it needs."""

    about: str
    least: int = SHORTEST


class OwnPasswords:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def directory(self, lieu: Lieu) -> HomeserverDirectory | None:
        """None where passwords are chosen elsewhere."""
        found = cast(Directory, await self._parts.provide(Directory, lieu))
        return found if is_homeserver(found) else None

    async def state(self, directory: HomeserverDirectory, lieu: Lieu, arrival: Arrival) -> State:
        """Of an account of this lieu's making."""
        login = str(arrival["login"])
        if await self._parts.ownership.owns(lieu.id, "conciergerie", PASSWORD, login):
            return "chosen"
        try:
            found = await directory.find(username=login)
            if not all(account.active for account in found) or not found:
                return "shut"
            if await directory.was_used(login) or await self._was_there_before(lieu, login):
                return "chosen"
        except Unavailable:
            return "away"
        except Refused as no:
            log.warning("nobody can choose a password", arrival=arrival["id"], code=no.code)
            return "shut"
        return "over" if self._parts.clock.now() - await self._begun(arrival) > LIVES else "open"

    async def choose(
        self, directory: HomeserverDirectory, lieu: Lieu, arrival: Arrival, password: str, again: str
    ) -> Trouble | None:
        """None: it was seen to open the account, or somebody has one already. One after the other, whoever presses
        twice."""
        login = str(arrival["login"])
        turn = self._turns.setdefault(f"{lieu.id}/{login}", asyncio.Lock())
        async with turn:
            state = await self.state(directory, lieu, arrival)
            if state != "open":
                return None if state == "chosen" else Trouble(state)
            if not self._parts.limits.within("own-password", str(arrival["id"]), MOST):
                return Trouble("often")
            if about := _what_is_wrong(password, again, arrival):
                return Trouble(about)
            if trouble := await self._hand_over(directory, arrival, password):
                return trouble
            await self._parts.database.write(password_links.chosen, arrival["id"], self._parts.clock.now())
        return None

    async def _hand_over(self, directory: HomeserverDirectory, arrival: Arrival, password: str) -> Trouble | None:
        try:
            await directory.choose_password(str(arrival["login"]), password)
        except Unavailable as trouble:
            return Trouble("perhaps" if trouble.unknown else "away")
        except Refused as no:
            if no.code == "already-has-password":
                return None
            if no.code == "password-refused":
                return Trouble(no.words.get("reason", "weak"), int(no.words.get("least", SHORTEST)))
            log.warning("no password can be chosen", arrival=arrival["id"], code=no.code)
            return Trouble("off" if no.code == "passwords-off" else "refused")
        return None

    async def _was_there_before(self, lieu: Lieu, login: str) -> bool:
        """Whoever had an account that the lieu adopted has its password too."""
        return await self._parts.database.read(ownership.owns, lieu.id, "directory", ADOPTED, login)

    async def _begun(self, arrival: Arrival) -> int:
        """When this address of their page was made."""
        sent = await self._parts.database.read(password_links.latest, arrival["id"])
        return sent["at"] if sent else arrival["created_at"]


def _what_is_wrong(password: str, again: str, arrival: Arrival) -> str:
    """As far as that is seen without asking anybody."""
    if not password:
        return "missing"
    if len(password) > LONGEST:
        return "long"
    if not password.isprintable():
        return "odd"
    if len(password) < SHORTEST:
        return "short"
    told = (arrival["login"], arrival["name"], arrival["email"], arrival["person"])
    if len(set(password)) < FEWEST or password.casefold().strip() in [one.casefold() for one in told if one]:
        return "easy"
    return "" if password == again else "differs"
