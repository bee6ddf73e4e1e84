"""`/<lieu>`: what the lieu is, when it is open, and how one comes in."""

from __future__ import annotations

import asyncio
from typing import TypedDict, cast
from urllib.parse import unquote

from aiohttp import web

from bot.lieux import Lieu
from bot.mail.mails import Mails
from bot.services.directory import gives_accounts
from bot.web.join_form import LONGEST, JoinForm
from bot.web.join_page import JoinPage
from bot.web.page_parts import PageParts
from integrations.directory import Directory

PATIENCE = 15.0  # seconds for which somebody waits for it
WHILE = 60.0  # seconds for which what was asked of the homeserver and the directory is good


class Seen(TypedDict):
    """What servers say of a lieu. `accounts`: it gives them; `address` of its space, which `can_be_entered` by who was
    not invited."""

    about: str
    accounts: bool
    address: str
    can_be_entered: bool


class LieuPage:
    def __init__(self, parts: PageParts) -> None:
        self._parts, self._joining = parts, JoinPage(parts)

    async def show(self, lieu: Lieu, request: web.Request) -> web.Response:
        seen = await self._seen(lieu)
        form = self._joining.fresh(lieu) if await self._is_asked_here(lieu, seen) else None
        return self._page(lieu, request, seen, form)

    async def receive(self, lieu: Lieu, request: web.Request) -> web.Response:
        """Somebody asks to come."""
        seen = await self._seen(lieu)
        if not await self._is_asked_here(lieu, seen):
            return self._page(lieu, request, seen, None)
        again = await self._joining.receive(lieu, request)
        return again if isinstance(again, web.Response) else self._page(lieu, request, seen, again)

    async def _seen(self, lieu: Lieu) -> Seen:
        """Raises Refused, Unavailable, and TimeoutError where it is not told soon."""
        async with asyncio.timeout(PATIENCE):
            return await self._parts.recent.of(("lieu", lieu.id), WHILE, lambda: self._look(lieu))

    async def _is_asked_here(self, lieu: Lieu, seen: Seen) -> bool:
        """By the same rule of the space as knocking, where accounts and mails are the lieu's to give, and nobody closed
        the form."""
        if lieu.choices.form_closed or lieu.office is None:
            return False
        return seen["accounts"] and seen["can_be_entered"] and await self._parts.provide(Mails, lieu) is not None

    def _page(self, lieu: Lieu, request: web.Request, seen: Seen, form: JoinForm | None) -> web.Response:
        return self._parts.renderer.answer(
            "lieu",
            self._parts.renderer.tongue(request, lieu.tongue),
            status=form.status if form else 200,
            form=form,
            longest=LONGEST,
            closed=lieu.choices.form_closed,
            lieu=lieu.name,
            theirs=lieu.choices.language,
            about=seen["about"],
            hours=lieu.choices.hours.splitlines(),
            note=lieu.choices.hours_note,
            accounts=seen["accounts"],
            can_be_entered=seen["can_be_entered"],
            address=seen["address"],
            shown_address=unquote(seen["address"].rpartition("/")[2]) if "?" not in seen["address"] else "",
            client=self._parts.links.sign_in(),
        )

    async def _look(self, lieu: Lieu) -> Seen:
        facts = self._parts.facts
        directory = cast(Directory, await self._parts.provide(Directory, lieu))
        return {
            "about": await facts.topic(lieu.space),
            "accounts": await gives_accounts(directory),
            "address": await facts.link(lieu.space),
            "can_be_entered": await facts.can_be_entered(lieu.space),
        }
