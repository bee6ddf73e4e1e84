"""`/<lieu>/demande/<token>`: where somebody who asked to come confirms their address, and answers the conciergerie."""

from __future__ import annotations

from aiohttp import web

from bot.lieux import Lieu
from bot.store.join_requests import JoinRequest
from bot.web.join_form import LONGEST, paragraphs
from bot.web.page_parts import PageParts


class AskerPage:
    def __init__(self, parts: PageParts) -> None:
        self._parts = parts

    async def show(self, lieu: Lieu, row: JoinRequest, request: web.Request) -> web.Response:
        return self._page(lieu, row, request)

    async def act(self, lieu: Lieu, row: JoinRequest, request: web.Request) -> web.Response:
        """What the one button of the page says."""
        match _step(row):
            case "confirm":
                await self._parts.join_door.confirm(lieu, row)
                row["status"] = "confirmed"
            case "answer":
                said = paragraphs((await request.post()).get("answer"), LONGEST["answer"])
                if not said:
                    return self._page(lieu, row, request, "empty")
                await self._parts.join_door.answer(lieu, row, said)
                row["answer"] = said
        return self._page(lieu, row, request)

    async def gone(self, lieu: Lieu, request: web.Request) -> web.Response:
        """The same for an address that was never made, is another lieu's, or is over."""
        renderer, page = self._parts.renderer, await self._parts.addresses.of_lieu(lieu)
        language, told = renderer.tongue(request, lieu.tongue), {"lieu": lieu.name, "row": {"name": ""}, "page": page}
        return renderer.answer("request", language, status=404, step="gone", problem="", **told)

    def _page(self, lieu: Lieu, row: JoinRequest, request: web.Request, problem: str = "") -> web.Response:
        renderer, status = self._parts.renderer, 422 if problem else 200
        asked = request.headers.get("Accept-Language")
        language = renderer.tongue(request, lieu.tongue) if asked else row["language"]
        told = {"lieu": lieu.name, "row": row, "page": "", "problem": problem, "longest": LONGEST["answer"]}
        return renderer.answer("request", language, status=status, step=_step(row), **told)


def _step(row: JoinRequest) -> str:
    if row["status"] == "asked":
        return "confirm"
    if row["status"] != "confirmed":
        return "decided"
    return "answer" if row["question"] is not None and row["answer"] is None else "waits"
