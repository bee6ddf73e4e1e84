"""The form « Demander à venir » of a lieu's page: what is made of what somebody sends."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from bot.lieux import Lieu
from bot.web.join_form import JoinForm
from bot.web.page_parts import PageParts

FASTEST, OLDEST = 3_000, 12 * 3_600_000  # milliseconds between the form and what is sent: no robot, no forgotten page


class JoinPage:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    def fresh(self, lieu: Lieu) -> JoinForm:
        return JoinForm(stamp=self._parts.addresses.tokens.of(_purpose(lieu), self._parts.clock.now()))

    async def receive(self, lieu: Lieu, request: web.Request) -> JoinForm | web.Response:
        """The form again, with what to change; or the page that everybody gets, whatever is known of their address."""
        form = JoinForm.read(await request.post())
        if form.unseen:
            return await self._asked(lieu, request)
        if wrong := await self._wrong(lieu, form):
            return wrong
        asked = form.asked(self._parts.renderer.tongue(request, lieu.tongue))
        if not await self._parts.join_door.ask(lieu, form.stamp, asked):
            return replace(form, problems={"form": "busy"})
        return await self._asked(lieu, request)

    async def _wrong(self, lieu: Lieu, form: JoinForm) -> JoinForm | None:
        given = self._parts.addresses.tokens.read(_purpose(lieu), form.stamp)
        age = self._parts.clock.now() - given if given is not None else -1
        if not 0 <= age < OLDEST:
            return replace(form, stamp=self.fresh(lieu).stamp, problems={"form": "late"})
        if age < FASTEST:
            return replace(form, problems={"form": "hasty"})
        if problems := form.problem():
            return replace(form, problems=problems)
        if meant := form.meant(await self._parts.arrivals.domains()):
            return replace(form, near=meant, problems={"email": "near"})
        return None

    async def _asked(self, lieu: Lieu, request: web.Request) -> web.Response:
        renderer, page = self._parts.renderer, await self._parts.addresses.of_lieu(lieu)
        return renderer.answer("asked", renderer.tongue(request, lieu.tongue), lieu=lieu.name, page=page)


def _purpose(lieu: Lieu) -> str:
    return f"form/{lieu.id}"
