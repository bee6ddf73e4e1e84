"""Somebody is erased while something else about them is open: what is said to it afterwards brings nothing of them
back. And whoever comes again is somebody new."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.store import audit, personal
from bot.store.conversations import Conversation
from tests.commands.people.test_own_data import HERS, LIEU, handed, left, says, zoe_is_welcomed
from tests.stage.old_talks import forget_talks
from tests.stage.transcript_header import Scenery, scenery

YEAR = 365 * 86_400_000
# The bot's own log of the erasure goes with it, a month later; where somebody is written to in private is said to stay.
SAID_TO_STAY = {"people.person"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def anne_says(scene: Scenery, *lines: str) -> list[str]:
    """What is said in the conciergerie meanwhile."""
    before = len(scene.stage.said(office(scene)))
    for line in lines:
        await scene.stage.write(scene.people["Anne"], office(scene), line)
    await scene.stage.wait(0.001)
    return scene.stage.said(office(scene))[before:]


async def is_erased(scene: Scenery, card: str) -> None:
    await scene.stage.click(scene.people["Bob"], office(scene), "✅", on=card)
    await scene.stage.wait(0.03)
    assert "est effacé, et elle le sait" in scene.stage.last(office(scene))


async def asks(scene: Scenery, who: str) -> str:
    """Their erasure, and is the card of it."""
    await says(scene, who, "!effacer-mes-données", "oui")
    return scene.stage.last_question(office(scene))


async def kept(scene: Scenery, *words: str) -> set[str]:
    """Where they are named a month later."""
    await scene.stage.wait(40)
    await scene.stage.database.write(forget_talks, scene.stage.clock.at)
    await scene.stage.bot.forget()
    return {place.partition("/")[0] for place in await left(scene, *words)}


@pytest.mark.parametrize(("who", "words"), [("Nour", ("nour",)), ("Zoé Martin", HERS)])
@pytest.mark.parametrize("upto", [1, 2, 3])
async def test_a_departure_that_was_being_asked_about_is_asked_no_more(
    scene: Scenery, who: str, words: tuple[str, ...], upto: int
) -> None:
    if who == "Zoé Martin":
        await zoe_is_welcomed(scene)
    card = await asks(scene, who)
    lines = (f"!départ {who.split(maxsplit=1)[0].lower()}", "tout de suite", "oui")
    await anne_says(scene, *lines[:upto])
    await is_erased(scene, card)
    said = await anne_says(scene, *lines[upto:])
    await scene.stage.wait(0.1)
    assert not [one for one in said if "Le départ de" in one]
    assert await kept(scene, *words) <= SAID_TO_STAY


async def test_what_is_asked_of_somebody_else_goes_on(scene: Scenery) -> None:
    """Marc is not whom it is about."""
    card = await asks(scene, "Nour")
    await anne_says(scene, "!départ marc")
    await is_erased(scene, card)
    said = await anne_says(scene, "tout de suite", "non")
    assert any("Je fais sortir maintenant Marc Petit" in one for one in said)


async def test_an_account_that_was_about_to_be_paused_is_not(scene: Scenery) -> None:
    await zoe_is_welcomed(scene)
    card = await asks(scene, "Zoé Martin")
    await anne_says(scene, "!compte suspendre zoé")
    await is_erased(scene, card)
    assert await anne_says(scene, "oui") == []
    assert await kept(scene, *HERS) == set()


async def test_whoever_is_on_the_list_of_those_who_could_be_adopted_is_not_adopted(tmp_path: Path) -> None:
    before = {"comptes d’avant": "Anne, Bob, Marc Petit", "dans le groupe": "anne, bob, marc.petit"}
    header = {name: value for name, value in LIEU.items() if name != "comptes connus"} | before
    async with scenery(header, tmp_path) as scene:
        card = await asks(scene, "Marc Petit")
        told = await anne_says(scene, "!membres adopter")
        assert "Marc Petit → marc.petit" in told[-1]
        listed = scene.stage.last_question(office(scene))
        await is_erased(scene, card)
        await scene.stage.click(scene.people["Anne"], office(scene), "✅", on=listed)
        await scene.stage.wait(0.1)
        assert "Anne" in scene.stage.last(office(scene))
        assert await kept(scene, "marc") <= SAID_TO_STAY


@pytest.mark.parametrize("fate", ["1 oui", "1 non", "1 plus tard"])
async def test_whoever_is_on_the_list_of_accounts_that_sleep_is_not_on_the_next(tmp_path: Path, fate: str) -> None:
    async with scenery({**LIEU, "comptes du lieu": "Marc Petit", "nextcloud du lieu": "Marc Petit"}, tmp_path) as scene:
        assert scene.nextcloud
        scene.nextcloud.memory.accounts["marc.petit"].last_login = (scene.stage.clock.at - 5 * YEAR) // 1000
        (lieu,) = await scene.stage.bot.lieux.all()
        await scene.stage.bot.engine.start(Conversation("asleep", scene.stage.bot.me, office(scene), "asleep", lieu.id))
        await scene.stage.wait(0.001)
        assert "1. Marc Petit" in scene.stage.last(office(scene))
        listed = scene.stage.last_question(office(scene))
        await is_erased(scene, await asks(scene, "Marc Petit"))
        await scene.stage.write(scene.people["Anne"], office(scene), fate, reply_to=listed)
        await scene.stage.wait(0.1)
        assert "Le départ de" not in scene.stage.last(office(scene))
        assert await kept(scene, "marc") == set()


async def welcomed_again(scene: Scenery, newcomer: str, *lines: str) -> dict[str, Any]:
    """Their arrival ends, and is what `!mes-données` tells of them then."""
    direct = scene.stage.matrix.directs[newcomer]
    await scene.stage.enter(newcomer, direct)
    for line in lines:
        await scene.stage.write(newcomer, direct, line)
    status = "SELECT status FROM arrivals WHERE person = ?"
    (row,) = await scene.stage.database.read(lambda tx: tx.execute(status, (newcomer,)).fetchall())
    assert row["status"] == "welcomed", scene.stage.last(direct)
    await scene.stage.write(newcomer, direct, "!mes-données")
    return handed(scene)


@pytest.mark.parametrize("way", ["by mail", "by address"])
async def test_whoever_is_invited_again_is_somebody_new(scene: Scenery, way: str) -> None:
    """The invitation works; nothing of before is told of them, and what is told is of now."""
    by_mail = way == "by mail"
    line = "!inviter Zoé Martin zoe@exemple.fr" if by_mail else "!inviter @nour:ailleurs.fr"
    newcomer = "@zoe.martin2:lieu.fr" if by_mail else "@nour:ailleurs.fr"
    if by_mail:
        await zoe_is_welcomed(scene)
    await is_erased(scene, await asks(scene, "Zoé Martin" if by_mail else "Nour"))
    await scene.stage.wait(3)
    erased_at = scene.stage.clock.at
    assert "je ne trouve personne" in (await anne_says(scene, f"!membres {'zoé' if by_mail else 'nour'}"))[-1]
    await scene.answers_to("Anne", line, "oui")
    answers = ("passer", "oui") if by_mail else ("Nour", "oui", "nour@exemple.fr", "passer", "oui")
    told = await welcomed_again(scene, newcomer, *answers)
    assert told["known"]["persons"][0] == newcomer
    assert "@zoe.martin:lieu.fr" not in json.dumps(told)
    assert len(told["rows"]["arrivals"]) == 1
    since = datetime.fromtimestamp(erased_at / 1000, UTC).isoformat(timespec="seconds")
    for name in ("arrivals", "acts", "acts.by", "owned"):
        for row in told["rows"].get(name, ()):
            assert row.get("at", row.get("created_at")) >= since, (name, row)
    assert await scene.stage.database.read(lambda tx: list(audit.broken(tx))) == []
    for _ in range(2):  # and a start does not take them for whoever was erased
        assert await scene.stage.bot.personal_data.replay() == 0
    assert (await scene.stage.database.read(personal.told, 1, personal.Known((newcomer,))))["arrivals"]
