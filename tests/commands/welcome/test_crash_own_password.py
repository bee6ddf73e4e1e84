"""The process dies at every write from an invitation to the password that is chosen on its page: there is one account,
one mail, and one password, which nobody changes by coming again."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.mail import MAIL
from bot.services.synapse import SYNAPSE
from integrations.directory.homeserver_accounts import SynapseDirectory
from integrations.mail import Mail, Patience, smtp_server
from tests.commands.welcome.test_crash_invitation_mail import HOUR, SENDER, Mailed
from tests.commands.welcome.test_crash_welcome import ANNE, ZOE
from tests.servers.mail_server import MailServer
from tests.stage.memory_synapse import MemorySynapse
from tests.stage.stage import Stage
from tests.stage.sudden_death import Mortal
from tests.stage.transcript_header import PAGE_KEY
from tests.stage.visitor import serving
from tests.tiers import Sweep

PAGES, GOOD, OTHER = "https://bienvenue.lieu.fr", "trois chats dorment", "je suis une voleuse"


class OnHomeserver(Mailed):
    """Without an SSO; the homeserver survives."""

    def __init__(self, path: Path, mails: MailServer) -> None:
        super().__init__(path, mails)
        self.synapse = MemorySynapse()

    async def begin(self) -> None:
        synapse = cast(Any, self.synapse)
        mail = Mail(smtp_server(self.mails.address()), SENDER, patience=Patience(3, 3, 3))
        services = Services({DIRECTORY: SynapseDirectory(synapse), SYNAPSE: synapse, MAIL: mail})
        pages = {"public_url": PAGES, "page_key": PAGE_KEY}
        self.stage = await Stage.open(self.path, services, self.matrix, self.clock, Mortal, **pages)

    async def chooses(self, password: str) -> str:
        """What their page says then; they come again where nobody answers."""
        said: list[str] = []
        if not await Mortal.survives(self._press(password, said)):
            await self.die_and_rise()
            await self._press(password, said)
        return said[-1]

    async def _press(self, password: str, said: list[str]) -> None:
        bot = self.stage.bot
        (lieu,) = await bot.lieux.all()
        arrival = await bot.arrivals.of_person(lieu.id, ZOE)
        assert arrival
        path = (await bot.page_addresses.of_arrival(lieu, arrival["id"])).removeprefix(PAGES)
        filled = dict.fromkeys(("password", "again"), password)
        async with serving(self.stage, PAGES) as http:
            answer = await http.post(path, data=filled, headers={"Sec-Fetch-Site": "same-origin"})
            said.append(await answer.text())


async def played(path: Path, write: int, after: bool) -> list[str]:
    """How many writes there are, once it is seen what they made."""
    Mortal.died = asyncio.Event()
    Mortal.dies_at(0, after=after)
    async with MailServer().running() as mails:
        world = OnHomeserver(path, mails)
        await world.begin()
        try:
            await world.furnish()
            Mortal.dies_at(write, after=after)
            await world.happens(world.writes(ANNE, world.office, "!inviter Zoé Martin zoe@exemple.fr"))
            await world.happens(world.clicks(ANNE, world.office, "✅"))
            assert "Connecte-toi avec ton mot de passe" in await world.chooses(GOOD)
            assert not Mortal.deadly, f"nobody died at write {write}"
            writes = [*Mortal.kinds]
            await world.stage.wait(HOUR)
            assert 'type="password"' not in await world.chooses(OTHER)
            acts = await world.stage.database.read(
                lambda tx: [row["what"] for row in tx.execute("SELECT what FROM acts ORDER BY seq")]
            )
        finally:
            await world.end()
    assert world.synapse.chosen == {ZOE: GOOD}, f"write {write}"
    assert {user: row["emails"] for user, row in world.synapse.known.items()} == {ZOE: ["zoe@exemple.fr"]}
    assert [act for act in acts if act in ("account", "password-chosen")] == ["account", "password-chosen"]
    sent = Counter((mail.to, str(mail.message["Message-ID"])) for mail in mails.mails)
    assert [to for to, _ in sent] == [("zoe@exemple.fr",)], f"write {write}"
    for file in path.parent.glob(f"{path.name}*"):
        assert file.is_dir() or GOOD.encode() not in file.read_bytes()
    return writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_password_is_chosen_once(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    writes = await played(tmp_path / "alive", 0, after)
    for write in sweep(writes, after=after):
        await played(tmp_path / str(write), write, after)
