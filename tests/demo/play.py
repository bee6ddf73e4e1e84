"""The play: Anne installs the bot in her lieu and invites Zoé, who ends with an account, a folder and rooms."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from tests.demo.actor import Line
from tests.demo.newcomers import Newcomer
from tests.demo.place import Place
from tests.demo.welcome import Welcome
from tests.servers.lieu import Lieu

Act = tuple[str, Callable[[], Awaitable[None]]]


class Play:
    """`acts` in their order; `seconds` holds how long each took."""

    def __init__(self, lieu: Lieu, newcomer: Newcomer, line: Line, concierge: str = "anne") -> None:
        self.lieu = lieu
        self.place = Place(lieu, line, concierge)
        self.welcome = Welcome(self.place, newcomer)
        self.seconds: dict[str, float] = {}

    def acts(self) -> tuple[Act, ...]:
        return (
            ("Anne opens a space for her lieu", self.place.prepare),
            ("Anne installs the Conciergerie", self.place.install),
            ("Anne invites Zoé", self.welcome.invite),
            ("Zoé comes", self.welcome.arrive),
            ("Zoé answers", self.welcome.answer),
            ("Anne says yes, the doors open", self.welcome.approve),
            ("Zoé is introduced, Anne takes care of her", self.welcome.introduce),
        )

    async def play(self, act: Act) -> None:
        name, scene = act
        begun = time.monotonic()
        await scene()
        self.seconds[name] = time.monotonic() - begun

    async def end(self) -> None:
        await self.place.end()
