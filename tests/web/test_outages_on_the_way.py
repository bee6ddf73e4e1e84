"""From the page of a lieu to its rooms, while one of its services is away at one step: nothing is lost, nothing is done
twice, and no page says that the bot broke."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from tests.stage.transcript_header import scenery
from tests.web.test_join import ASKING, Asking

ZOE = "@zoe:lieu.fr"
SERVICES = ("l’annuaire", "le serveur des e-mails", "Nextcloud", "le serveur Matrix")
OUTAGE = 2 / 24  # days

pytestmark = pytest.mark.sampled(8)


class OnTheWay(Asking):
    """Each step as Zoé, or Anne for her, does it."""

    @property
    def steps(self) -> dict[str, Callable[[], Awaitable[object]]]:
        return {
            "asks": self.ask,
            "confirms": self.confirm,
            "is admitted": self._admitted,
            "looks": self._looks,
            "wants a password": self._wants_password,
            "enters": self._enters,
            "answers": partial(self.says, "passer"),
            "agrees": partial(self.says, "oui"),
        }

    def weather(self, service: str, *, fair: bool) -> None:
        if service == "le serveur Matrix":
            self.stage.matrix.down = not fair
        else:
            self.scene.weather(service, fair)

    async def _admitted(self) -> None:
        await self.stage.click(self.scene.people["Anne"], self.office, "✅")

    async def _looks(self) -> None:
        await self.visitor.open(self.mail_server.mails[-1].link("/bienvenue/"))

    async def _wants_password(self) -> None:
        await self._looks()
        await self.visitor.press()

    async def room(self) -> str:
        arrival = await self.stage.bot.arrivals.of_person((await self.lieu()).id, ZOE)
        assert arrival
        return str(arrival["room_id"])

    async def _enters(self) -> None:
        self.stage.world.nobodys.discard(ZOE)
        self.stage.world.signed_in.add(ZOE)
        await self.stage.enter(ZOE, await self.room())

    async def says(self, line: str) -> None:
        await self.stage.write(ZOE, await self.room(), line)

    async def status(self) -> str:
        arrival = await self.stage.bot.arrivals.of_person((await self.lieu()).id, ZOE)
        return arrival["status"] if arrival else "-"


@pytest.fixture
async def on_the_way(tmp_path: Path) -> AsyncIterator[OnTheWay]:
    async with scenery(ASKING | {"nextcloud": "oui"}, tmp_path) as scene:
        scene.stage.world.nobodys.add(ZOE)  # until she signs in
        yield OnTheWay(scene)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    "at", ["asks", "confirms", "is admitted", "looks", "wants a password", "enters", "answers", "agrees"]
)
async def test_an_outage_loses_nobody(on_the_way: OnTheWay, service: str, at: str) -> None:
    for step, does in on_the_way.steps.items():
        if step == at:
            on_the_way.weather(service, fair=False)
        await does()
        assert on_the_way.visitor.status == 200, on_the_way.visitor.html
        if step == at:
            await on_the_way.stage.wait(OUTAGE)
            on_the_way.weather(service, fair=True)
            await on_the_way.stage.wait(OUTAGE)
            if step == "wants a password" and service == "l’annuaire":
                assert on_the_way.scene.sso_mails == []
                await does()
    assert on_the_way.subjects == ["Venir à La Rosée : confirme ton adresse", "Anne t’invite à rejoindre La Rosée"]
    assert on_the_way.scene.sso_mails == ["zoe@exemple.fr"]
    assert await on_the_way.status() == "welcomed"
    assert on_the_way.scene.space.members[ZOE] == "invite"
