"""What whoever hosts the bot may say in their own room, and what it answers there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Services
from bot.store import availability
from bot.store.availability import Incident
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.stage import ME, Stage

INES, JULES, PAUL, EVE = "@ines:lieu.fr", "@jules:lieu.fr", "@paul:lieu.fr", "@eve:lieu.fr"
WANTS = "veut ouvrir le lieu"


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot that Inès and Jules host; nobody has a lieu yet."""
    stage = await Stage.open(tmp_path, Services(), operators=[INES, JULES])
    yield stage
    await stage.close()


async def board(stage: Stage) -> str:
    room_id = await stage.bot.operators.room()
    assert room_id is not None
    for person in (INES, JULES):
        await stage.enter(person, room_id)
    return room_id


async def wanted(stage: Stage, name: str, by: str = PAUL) -> None:
    space = stage.matrix.room(name, space=True)
    space.members, space.levels = {by: "join"}, {by: 100, ME: 50}
    await stage.bring_bot(by, space.room_id)


async def says(stage: Stage, room_id: str, text: str, by: str = INES) -> list[str]:
    before = len(stage.said(room_id))
    await stage.write(by, room_id, text)
    return stage.said(room_id)[before:]


async def lieux(stage: Stage) -> list[str]:
    return sorted(lieu.name for lieu in await stage.bot.lieux.all())


# -- a plain answer


@pytest.mark.parametrize(("answer", "opened"), [("oui", ["Le Phare"]), ("non", [])])
async def test_a_plain_answer_is_to_the_only_card_that_was_said_last(
    hosted: Stage, answer: str, opened: list[str]
) -> None:
    room_id = await board(hosted)
    await wanted(hosted, "Le Phare")
    await says(hosted, room_id, answer)
    assert await lieux(hosted) == opened


async def test_of_two_cards_none_is_taken_for_the_one_that_is_meant(hosted: Stage) -> None:
    room_id = await board(hosted)
    await wanted(hosted, "Le Phare")
    await wanted(hosted, "Le Moulin", ANNE)
    (told,) = await says(hosted, room_id, "oui")
    assert "2 questions" in told
    assert await lieux(hosted) == []


async def test_what_hosts_tell_each_other_answers_nothing(hosted: Stage) -> None:
    """As in a conciergerie."""
    room_id = await board(hosted)
    await wanted(hosted, "Le Phare")
    assert await says(hosted, room_id, "tu es là demain ?", by=JULES) == []
    (told,) = await says(hosted, room_id, "oui")
    assert "C’est pour ma question" in told
    assert await lieux(hosted) == []


async def test_nobody_else_answers_there(hosted: Stage) -> None:
    room_id = await board(hosted)
    await wanted(hosted, "Le Phare")
    await hosted.enter(EVE, room_id)
    assert await says(hosted, room_id, "oui", by=EVE) == []
    assert await lieux(hosted) == []


async def test_in_a_room_of_nobody_a_plain_answer_is_none(hosted: Stage) -> None:
    await board(hosted)
    await wanted(hosted, "Le Phare")
    other = hosted.matrix.room("Le café")
    other.members = {INES: "join", ME: "join"}
    assert await says(hosted, other.room_id, "oui") == []
    assert await lieux(hosted) == []


# -- what can be asked


@pytest.mark.parametrize("line", ["!aide", "aide", "!aide état", "!aide inviter"])
async def test_help_is_of_what_a_host_can_do_there(hosted: Stage, line: str) -> None:
    (told,) = await says(hosted, await board(hosted), line)
    assert "!état" in told
    assert "concierges" not in told


async def test_all_lieux_are_told_in_a_few_lines(hosted: Stage) -> None:
    room_id = await board(hosted)
    (told,) = await says(hosted, room_id, "!état")
    assert "Aucun lieu n’est encore installé" in told
    for name, concierge in (("La Rosée", ANNE), ("Le Phare", BERTHE)):
        await lieu(hosted, name, concierge)
    (told,) = await says(hosted, room_id, "!état")
    assert "2 lieux\u202f: La Rosée et Le Phare" in told
    assert "✗" not in told
    await wanted(hosted, "Le Moulin")
    now = hosted.clock.now()
    away = [Incident(one.id, "nextcloud", now - 60_000, now, "") for one in await hosted.bot.lieux.all()]
    over = Incident(away[0].lieu, "directory", now - 90_000, now - 80_000, "", ended_at=now - 80_000)
    await hosted.database.write(availability.keep, [*away, over])
    (told,) = await says(hosted, room_id, "!état", by=JULES)
    assert "1 espace veut devenir un lieu" in told
    (ill,) = [line for line in told.splitlines() if "✗" in line]
    assert "Nextcloud" in ill
    assert "La Rosée et Le Phare" in ill


async def test_a_stranger_in_their_room_is_told_nothing_of_the_lieux(hosted: Stage) -> None:
    room_id = await board(hosted)
    await lieu(hosted, "La Rosée", ANNE)
    await hosted.enter(EVE, room_id)
    assert not any("La Rosée" in told for told in await says(hosted, room_id, "!état", by=EVE))


async def test_in_safe_mode_the_hosts_are_told_so(tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path, Services(), operators=[INES, JULES], safe="died")
    (told,) = await says(stage, await board(stage), "!état")
    assert "Mode de secours" in told
    await stage.close()


# -- before there is a lieu


@pytest.mark.parametrize("line", ["aide", "!aide"])
async def test_before_any_lieu_help_sends_nobody_to_concierges_that_are_none(hosted: Stage, line: str) -> None:
    private = await hosted.bot.decisions._rooms.direct(PAUL)
    (told,) = await says(hosted, private, line, by=PAUL)
    assert "Aucun lieu n’est encore installé" in told
    assert "!langue" in told
    assert "parler à quelqu’un" not in told.casefold()
    await lieu(hosted, "La Rosée", ANNE)
    (told,) = await says(hosted, private, line, by=PAUL)
    assert "parler à quelqu’un" in told.casefold()
