"""`/<lieu>/bienvenue/<token>`: the three steps of one newcomer, and which of them are done as the servers tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from aiohttp import web

from bot.arrivals.full_names import first_name
from bot.lieux import Lieu
from bot.store.arrivals import Arrival
from bot.web.page_parts import PageParts
from integrations.directory import Directory, begin_first_login

OVER = ("declined", "cancelled")


@dataclass(frozen=True, slots=True)
class Steps:
    """`account`: there is one whose password is still to be chosen; `signed_in` on Matrix; `entered` the private
    conversation with the bot."""

    account: bool
    signed_in: bool
    entered: bool


class NewcomerPage:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def show(self, lieu: Lieu, arrival: Arrival, *, sent: str = "", link: str = "") -> web.Response:
        """`sent`: what has just become of the link to choose a password; `link`: the directory gave it to us."""
        parts, person = self._parts, arrival["person"]
        html = parts.renderer.page(
            "newcomer",
            await parts.people.language(person, lieu, lieu.tongue),
            lieu=lieu.name,
            name=first_name(arrival["name"] or ""),
            steps=await self._steps(lieu, arrival),
            sent=sent,
            link=link,
            server=person.partition(":")[2],
            client=parts.links.sign_in(),
            knows_server=parts.links.knows_server,
            app=parts.links.app(person),
        )
        return web.Response(text=html, content_type="text/html")

    async def send_password_link(self, lieu: Lieu, arrival: Arrival) -> web.Response:
        """A fresh link: by the SSO's mail, or by going there at once where the directory gives it."""
        login = arrival["login"]
        if not login or not await self._parts.ownership.owns_account(lieu.id, login):
            raise web.HTTPNotFound
        directory = cast(Directory, await self._parts.provide(Directory, lieu))
        first = await begin_first_login(directory, login)
        return await self.show(lieu, arrival, sent=first["kind"], link=first["link"] or "")

    async def _steps(self, lieu: Lieu, arrival: Arrival) -> Steps:
        facts, room = self._parts.facts, arrival["room_id"]
        signed_in = not await facts.is_nobodys(arrival["person"])
        entered = signed_in and bool(room) and await facts.membership(str(room), arrival["person"]) == "join"
        return Steps(bool(arrival["login"]), signed_in, entered)
