"""`/<lieu>`: what the lieu is, when it is open, and how one comes in."""

from __future__ import annotations

from typing import TypedDict, cast
from urllib.parse import unquote

from aiohttp import web

from bot.lieux import Lieu
from bot.services.directory import gives_accounts
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
        self._parts = parts

    async def show(self, lieu: Lieu, request: web.Request) -> web.Response:
        way = await self._parts.recent.of(("way in", lieu.id), WHILE, lambda: self._way_in(lieu))
        return self._parts.renderer.answer(
            "lieu",
            self._parts.renderer.tongue(request, lieu.tongue),
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
