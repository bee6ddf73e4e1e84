"""The process dies at every write between a form and an invitation, before and after it: everybody is asked and told
once. The mail server, the directory and the Matrix survive; the bot starts again from its file."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.arrivals.join_door import mailbox_of
from bot.services.directory import DIRECTORY
from bot.services.mail import MAIL
from bot.store.join_requests import Asked
from integrations.mail import Mail, smtp_server
from tests.servers.mail_server import MailServer
from tests.stage.lieu_services import QUICK, SENDER
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.stage import ME, Clock, FakeMatrix, Stage
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

ANNE = "@anne:lieu.fr"
OURS = ("InboxWorker.", "Engine.", "Outbox.")  # what dies with the process
EMAIL = "zoe@exemple.fr"
ASKED: Asked = {"name": "Zoé", "email": EMAIL, "mailbox": mailbox_of(EMAIL), "word": "Du pain", "language": "fr"}
HOSTING = {"public_url": "https://bienvenue.lieu.fr", "page_key": b"a key of the stage"}


class Play:
    """A form, its confirmation, a question and its answer, a yes; each is sent again by whoever saw the bot die."""

    def __init__(self, path: Path, server: MailServer) -> None:
        self.path, self.server = path, server
        self.matrix, self.clock, self.directory = FakeMatrix(), Clock(), MemoryDirectory()
        self.stage: Stage

    async def begin(self) -> None:
        mail = Mail(smtp_server(self.server.address()), SENDER, patience=QUICK)
        services = Services({DIRECTORY: self.directory, MAIL: mail})
        self.stage = await Stage.open(self.path, services, self.matrix, self.clock, Mortal, **HOSTING)

    async def furnish(self) -> None:
        space = self.matrix.room("La Rosée", space=True)
        space.members, space.levels, space.join = {ANNE: "join", ME: "join"}, {ANNE: 100, ME: 50}, "knock"
        office = self.matrix.room("Conciergerie", parent=space.room_id)
        office.members, office.levels, self.office = dict(space.members), {ME: 100}, office.room_id
        lieux = self.stage.bot.lieux
        self.lieu = await lieux.create(space.room_id, "La Rosée", language="fr", zone="Europe/Paris", now=1)
        await lieux.choose(self.lieu.id, installed=True, office=self.office)

    async def die_and_rise(self) -> None:
        """As after `kill -9`: nothing is closed in order, and what was in memory is gone."""
        dying = [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__qualname__", "").startswith(OURS)]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        await self.stage.bot.inbox_worker.close()
        await self.stage.close()
        Mortal.died.clear()
        Mortal.deadly = 0
        await self.begin()
        await self.stage.bot.engine.resume()
        await self.stage.settle()

    async def _settled(self, what: Any) -> None:
        await what
        await self.stage.settle()

    async def sends(self, what: str) -> None:
        """Somebody's browser: what got no answer is sent again."""
        if not await Mortal.survives(self._settled(self._sent(what))):
            await self.die_and_rise()
            await self._sent(what)
            await self.stage.settle()

    async def _sent(self, what: str) -> None:
        lieu, door = await self.stage.bot.lieux.get(self.lieu.id), self.stage.bot.join_door
        assert lieu
        if what == "form":
            assert await door.ask(lieu, "stamp", ASKED)
            return
        row = await door.find(lieu, self.server.mails[-1].link("/demande/").rpartition("/")[2])
        assert row
        await (door.confirm(lieu, row) if what == "confirmation" else door.answer(lieu, row, "Oui !"))

    async def hears(self, event: Any) -> None:
        if not await Mortal.survives(self._settled(self.stage.hear(event))):
            await self.die_and_rise()
            await self.stage.hear(event)  # the sync brings again what was not written

    async def clicks(self, key: str) -> None:
        relation = {"rel_type": "m.annotation", "event_id": self.stage.last_question(self.office), "key": key}
        await self.hears(self.stage.happens(self.office, ANNE, "m.reaction", {"m.relates_to": relation}))

    async def writes(self, text: str) -> None:
        content = {"msgtype": "m.text", "body": text}
        await self.hears(self.stage.happens(self.office, ANNE, "m.room.message", content))

    async def goes_on(self) -> None:
        await self.sends("form")
        await self.sends("confirmation")
        await self.clicks("❓")
        await self.writes("Tu viens d’où ?")
        await self.writes("oui")
        await self.sends("answer")
        await self.clicks("✅")

    # -- what there is in the end

    def mails(self) -> Counter[str]:
        """A mail that was given away twice is one to whoever shows it."""
        sent = {str(mail.message["Message-ID"]): mail.subject for mail in self.server.mails}
        return Counter(sent.values())

    def cards(self) -> int:
        return sum("On l’invite" in body and "✓" not in body for body in self.stage.said(self.office))

    async def end(self) -> dict[str, Any]:
        rows = await self.stage.database.read(
            lambda tx: [row["status"] for row in tx.execute("SELECT * FROM join_requests")]
        )
        return {
            "mails": self.mails(),
            "cards": self.cards(),
            "rows": rows,
            "accounts": sorted(self.directory.accounts),
            "said": self.stage.said(self.office),
        }


async def played(path: Path, write: int, *, after: bool) -> dict[str, Any]:
    async with MailServer().running() as server:
        play = Play(path, server)
        await play.begin()
        await play.furnish()
        Mortal.dies_at(write, after=after)
        try:
            await play.goes_on()
            return await play.end()
        finally:
            Mortal.deadly = 0
            Mortal.died.clear()
            await play.stage.close()


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_death_between_a_form_and_an_invitation_is_noticed_by_nobody(
    tmp_path: Path, sweep: Sweep, after: bool
) -> None:
    Mortal.died = asyncio.Event()
    calm = await played(tmp_path / "calm", 0, after=False)
    writes = [*Mortal.kinds]
    assert (calm["cards"], calm["rows"], calm["accounts"]) == (2, ["admitted"], ["zoe"])
    assert sum(calm["mails"].values()) == 3
    for write in sweep(writes, after=after):
        assert await played(tmp_path / f"{write}", write, after=after) == calm, f"it died at write {write}"
