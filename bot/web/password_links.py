"""The link with which a newcomer chooses their first password, sent again as often as they ask for it on their page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, cast
from weakref import WeakValueDictionary

import structlog

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.store import password_links
from bot.store.arrivals import Arrival
from bot.store.password_links import Sent
from bot.web.page_parts import PageParts
from integrations.directory import Directory, begin_first_login

log = structlog.get_logger(__name__)
AT_ONCE = 60_000  # milliseconds in which a second press is the same one
MOST = 6  # mails an hour, for one newcomer
WHILE = 300.0  # seconds for which a directory is believed to be able to do what it could
Outcome = Literal["mail", "link", "external", "none", "just-sent", "enough", "away", "perhaps", "refused"]


@dataclass(frozen=True, slots=True)
class Press:
    """What became of a press of the button. mail: sent · link: here it is, for their eyes only · external: on the SSO's
    own page (`link`, where it is known) · none: they have a password · just-sent, enough: sent already · away: nobody
    answers, nothing was sent · perhaps: nobody knows · refused: it cannot be done."""

    outcome: Outcome
    link: str = ""


class PasswordLinks:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def is_wanted(self, lieu: Lieu, arrival: Arrival) -> bool:
        """Whether there is an account of this lieu's making, whose password is theirs to choose."""
        login = arrival["login"]
        return bool(login) and await self._parts.ownership.owns_account(lieu.id, str(login))

    async def come_by_mail(self, lieu: Lieu) -> bool:
        """Whether the SSO mails them, as far as it can be asked."""
        try:
            able = await self._parts.recent.of(("capabilities", lieu.id), WHILE, lambda: self._capabilities(lieu))
        except (Refused, Unavailable):
            return True
        return "first-login" in able

    async def _capabilities(self, lieu: Lieu) -> frozenset[str]:
        return frozenset(await (await self._directory(lieu)).capabilities())

    async def left(self, arrival: Arrival) -> timedelta | None:
        """How long the last one that was mailed can still be used; None where there is none, or nobody knows."""
        sent = await self._latest(arrival)
        if sent is None or sent["lives"] is None:
            return None
        left = timedelta(seconds=sent["lives"], milliseconds=sent["at"] - self._parts.clock.now())
        return left if timedelta() < left <= timedelta(seconds=sent["lives"]) else None

    async def send(self, lieu: Lieu, arrival: Arrival) -> Press:
        """At most one a minute, whoever presses twice; each is in the lieu's journal."""
        turn = self._turns.setdefault(arrival["id"], asyncio.Lock())
        async with turn:
            sent = await self._latest(arrival)
            if sent and 0 <= self._parts.clock.now() - sent["at"] < AT_ONCE:
                return Press("just-sent")
            if not self._parts.limits.within("password-link", str(arrival["id"]), MOST):
                return Press("enough")
            return await self._begin(lieu, arrival)

    async def _begin(self, lieu: Lieu, arrival: Arrival) -> Press:
        login = str(arrival["login"])
        try:
            directory = await self._directory(lieu)
            if not any(account.active for account in await directory.find(username=login)):
                return Press("refused")  # gone, or locked: a new password might open it
            first = await begin_first_login(directory, login)
        except Unavailable as trouble:
            return Press("perhaps" if trouble.unknown else "away")
        except Refused as no:
            log.warning("no link to choose a password", arrival=arrival["id"], code=no.code)
            return Press("refused")
        if first["kind"] == "mail":
            now = self._parts.clock.now()
            await self._parts.database.write(password_links.sent, arrival["id"], first["expires_in"], now)
        kind = "external" if first["kind"] == "page" else first["kind"]  # where that is so, their page does it itself
        return Press(kind, first["link"] or "")

    async def _directory(self, lieu: Lieu) -> Directory:
        return cast(Directory, await self._parts.provide(Directory, lieu))

    async def _latest(self, arrival: Arrival) -> Sent | None:
        return await self._parts.database.read(password_links.latest, arrival["id"])
