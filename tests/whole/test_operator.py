"""What the operator relies on, in the middle of real welcomes: a log that can be shown, a backup that can be used."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path

import pytest

from tests.demo.place import CHARTER, Place
from tests.demo.read_back import read_back
from tests.demo.sentences import label, part_of
from tests.demo.welcome import WISH, Welcome
from tests.servers.bot_process import BotProcess
from tests.servers.lieu import Lieu

from .conftest import somebody


@pytest.fixture
async def welcome(place: Place) -> Welcome:
    """Somebody was invited and came."""
    welcome = Welcome(place, somebody(place.lieu))
    await welcome.invite()
    await welcome.arrive()
    return welcome


async def command(bot: BotProcess, name: str, *more: str) -> None:
    argv = bot.argv(name, *more)
    process = await asyncio.create_subprocess_exec(*argv, env=bot.environment, stdout=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0


async def test_a_backup_made_in_the_middle_of_a_welcome_goes_on_elsewhere(
    welcome: Welcome, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The backup is made while the bot runs; it is restored on another machine after the first has burnt."""
    zoe, room, lieu = welcome.zoe, welcome.direct, welcome.place.lieu
    await zoe.hears(room, "welcome.charter")
    await command(lieu.bot, "backup", str(tmp_path / "backup.tar"))
    await lieu.bot.kill()
    lieu.bot = lieu.process(tmp_path_factory.mktemp("elsewhere"), lieu.bot.port)  # other tests go on with it
    await command(lieu.bot, "restore", str(tmp_path / "backup.tar"))
    await lieu.bot.start()
    await zoe.clicks(room, "✅")
    await finish(welcome)
    assert zoe.person.unreadable(room) == []
    assert all(row.is_there for row in await read_back(welcome))


async def finish(welcome: Welcome) -> None:
    answers = (("welcome.wish", WISH), ("welcome.introduced", "oui"))
    renamed = (("welcome.summary", f"modifier {label('welcome.name')}"), ("welcome.name", "Zoé"))
    await welcome.zoe.converses(welcome.direct, (*answers, *renamed, ("welcome.summary", "✅")))
    await welcome.zoe.hears(welcome.direct, "welcome.pending")
    await welcome.approve()
    await welcome.introduce()


async def test_the_log_of_welcomes_tells_nothing_about_people(welcome: Welcome) -> None:
    """Neither what was said, by people or by the bot, nor addresses, nor what opens doors."""
    lieu = welcome.place.lieu
    for act in (welcome.answer, welcome.approve, welcome.introduce):
        await act()
    log = lieu.bot.log.read_text()
    lines = [json.loads(line) for line in log.splitlines()]
    assert lines, "a log without lines proves nothing"
    assert {"event", "level", "at"} <= set.intersection(*(set(line) for line in lines))
    assert [line for line in lines if line["level"] == "error"] == []
    guest = welcome.newcomer
    said = [CHARTER, WISH, guest.name, guest.email, "modifier", part_of("welcome.pending")]
    found = [word for word in (*said, *secrets_of(lieu)) if word in log]
    assert found == []


def secrets_of(lieu: Lieu) -> list[str]:
    """Everything in the settings and the session that opens a door."""
    settings = [value for name, value in lieu.settings().items() if re.search("PASSWORD|SECRET|TOKEN$", name)]
    session = json.loads((lieu.bot.data / "session.json").read_text())
    assert session["access_token"]
    return [*settings, session["access_token"]]
