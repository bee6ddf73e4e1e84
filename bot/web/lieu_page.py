"""`/<lieu>`: what the lieu is, when it is open, and how one comes in."""

from __future__ import annotations

from typing import TypedDict, cast
from urllib.parse import unquote

from aiohttp import web

from bot.lieux import Lieu
from bot.mail.mails import Mails
from bot.services.directory import gives_accounts
from bot.web.join_form import JoinForm
from bot.web.join_page import JoinPage
from bot.web.page_parts import PageParts
from integrations.directory import Directory

WHILE = 60.0  # seconds for which what was asked of the homeserver and the directory is good


class WayIn(TypedDict):
    """`accounts`: the lieu gives them; `address` of its space, which `can_be_entered` by who was not invited."""

    about: str
    accounts: bool
    address: str
    can_be_entered: bool


class LieuPage:
    def __init__(self, parts: PageParts) -> None:
        self._parts, self._joining = parts, JoinPage(parts)

    async def show(self, lieu: Lieu, request: web.Request) -> web.Response:
        way = await self._seen(lieu)
        form = self._joining.fresh(lieu) if await self._is_asked_here(lieu, way) else None
        return self._page(lieu, request, way, form)

    async def receive(self, lieu: Lieu, request: web.Request) -> web.Response:
        """Somebody asks to come."""
        way = await self._seen(lieu)
        if not await self._is_asked_here(lieu, way):
            return self._page(lieu, request, way, None)
        again = await self._joining.receive(lieu, request)
        return again if isinstance(again, web.Response) else self._page(lieu, request, way, again)

    async def _seen(self, lieu: Lieu) -> WayIn:
        return await self._parts.recent.of(("way in", lieu.id), WHILE, lambda: self._way_in(lieu))

    async def _is_asked_here(self, lieu: Lieu, way: WayIn) -> bool:
        """By the same rule of the space as knocking, where accounts and mails are the lieu's to give, and nobody closed
        the form."""
        wanted = way["accounts"] and way["can_be_entered"] and not lieu.choices.form_closed and lieu.office is not None
        return wanted and await self._parts.provide(Mails, lieu) is not None

    def _page(self, lieu: Lieu, request: web.Request, way: WayIn, form: JoinForm | None) -> web.Response:
        return self._parts.renderer.answer(
            "lieu",
            self._parts.renderer.tongue(request, lieu.tongue),
            status=form.status if form else 200,
            form=form,
            closed=lieu.choices.form_closed,
            lieu=lieu.name,
            about=way["about"],
            hours=lieu.choices.hours.splitlines(),
            note=lieu.choices.hours_note,
            accounts=way["accounts"],
            can_be_entered=way["can_be_entered"],
            address=way["address"],
            shown_address=unquote(way["address"].rpartition("/")[2]) if "?" not in way["address"] else "",
            client=self._parts.links.sign_in(),
        )

    async def _way_in(self, lieu: Lieu) -> WayIn:
        facts = self._parts.facts
        directory = cast(Directory, await self._parts.provide(Directory, lieu))
        return {
            "about": await facts.topic(lieu.space),
            "accounts": await gives_accounts(directory),
            "address": await facts.link(lieu.space),
            "can_be_entered": await facts.can_be_entered(lieu.space),
        }
