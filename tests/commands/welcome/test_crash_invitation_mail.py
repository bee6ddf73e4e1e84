"""The process dies at every write of an invitation by mail: none is lost, and who gets it twice is shown it once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from email.headerregistry import Address
from pathlib import Path

import pytest

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.mail import MAIL
from integrations.mail import Mail, Patience, smtp_server
from tests.commands.welcome.test_crash_welcome import ANNE, ZOE, World
from tests.servers.mail_server import MailServer
from tests.servers.nextcloud import StandIn
from tests.stage.stage import Stage
from tests.stage.sudden_death import Mortal
from tests.stage.transcript_header import PAGE_KEY
from tests.tiers import Sweep

SENDER = Address("Conciergerie", "bot", "lieu.fr")
HOUR = 1 / 24  # in days


class Mailed(World):
    """With a mail server that survives."""

    def __init__(self, path: Path, mails: MailServer) -> None:
        super().__init__(path, StandIn())
        self.mails = mails
        self.matrix.world.nobodys.add(ZOE)  # until she signs in

    async def begin(self) -> None:
        mail = Mail(smtp_server(self.mails.address()), SENDER, patience=Patience(3, 3, 3))
        services = Services({DIRECTORY: self.directory, MAIL: mail})
        pages = {"public_url": "https://bienvenue.lieu.fr", "page_key": PAGE_KEY}
        self.stage = await Stage.open(self.path, services, self.matrix, self.clock, Mortal, **pages)


async def at_once(world: Mailed) -> None:
    await world.happens(world.writes(ANNE, world.office, "!inviter Zoé Martin zoe@exemple.fr"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))


async def later(world: Mailed) -> None:
    world.mails.answers["RCPT"] = "451 4.7.1 Come back later"
    await at_once(world)
    world.mails.answers.clear()
    await world.passes(HOUR)


async def put_right(world: Mailed) -> None:
    world.mails.answers["zoe@exmple.fr"] = "550 5.1.1 No such user"
    await world.happens(world.writes(ANNE, world.office, "!inviter Zoé Martin zoe@exmple.fr"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.happens(world.writes(ANNE, world.office, "zoe@exemple.fr"))


async def played(path: Path, write: int, after: bool, play: Callable[[Mailed], Awaitable[None]]) -> list[str]:
    """How many writes there are, once it is seen that one mail came."""
    Mortal.died = asyncio.Event()
    Mortal.dies_at(0, after=after)
    async with MailServer().running() as mails:
        world = Mailed(path, mails)
        await world.begin()
        try:
            await world.furnish()
            Mortal.dies_at(write, after=after)
            await play(world)
            assert not Mortal.deadly, f"nobody died at write {write}"
            writes = [*Mortal.kinds]
            await world.stage.wait(HOUR)
        finally:
            await world.end()
        sent = Counter((mail.to, str(mail.message["Message-ID"])) for mail in mails.mails)
        assert [to for to, _ in sent] == [("zoe@exemple.fr",)], f"write {write}"
        assert max(sent.values()) <= (2 if write else 1), f"write {write}"
        assert {account.email for account in world.directory.accounts.values()} == {"zoe@exemple.fr"}
        return writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("play", [at_once, later, put_right], ids=lambda play: play.__name__)
async def test_a_mail_is_never_lost(
    tmp_path: Path, sweep: Sweep, after: bool, play: Callable[[Mailed], Awaitable[None]]
) -> None:
    writes = await played(tmp_path / "alive", 0, after, play)
    for write in sweep(writes, after=after):
        await played(tmp_path / str(write), write, after, play)
