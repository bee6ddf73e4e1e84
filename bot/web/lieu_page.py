"""`/<lieu>`: what the lieu is, when it is open, and how one comes in."""

from __future__ import annotations

from aiohttp import web

from bot.lieux import Lieu
from bot.web.page_parts import PageParts


class LieuPage:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def show(self, lieu: Lieu) -> web.Response:
        html = self._parts.renderer.page(
            "lieu",
            lieu.tongue,
            lieu=lieu.name,
            about=await self._parts.facts.topic(lieu.space),
            hours=lieu.choices.hours.splitlines(),
            note=lieu.choices.hours_note,
        )
        return web.Response(text=html, content_type="text/html")
