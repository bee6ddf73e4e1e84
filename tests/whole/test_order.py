"""Eighty commands typed quickly, and the bot killed in the middle: each is answered once, in its order."""

from __future__ import annotations

import asyncio
import re
from random import Random

import pytest

from tests.servers.synapse import Synapse

from .conftest import Open, Settle
from .transcript import events

COMMANDS, READINGS = 80, ("!membres", "!suivi", "!état")
ANSWERS = {"Les membres": "!membres", "Aucune arrivée": "!suivi", "Voilà ce que je vois": "!état"}


def line(n: int) -> str:
    """Some ask more of the homeserver than others."""
    return READINGS[n // 2 % len(READINGS)] if n % 2 else f"!aide mot{n}x"


def answered(body: str) -> str | None:
    """Which line this answers; a word of help that is not known has two messages."""
    if word := re.search(r"mot\d+x", body):
        return f"!aide {word[0]}"
    return next((command for begins, command in ANSWERS.items() if body.startswith(begins)), None)


@pytest.mark.parametrize("kills", [0, 1, 2])
async def test_eighty_commands_are_answered_in_their_order_also_after_a_kill(
    synapse: Synapse, open_lieu: Open, settle: Settle, kills: int
) -> None:
    lieu = await open_lieu(synapse)
    place = await settle("La Rosée", lieu)
    anne, office, chance = place.anne.person, place.office, Random(kills)
    lines = [line(n) for n in range(COMMANDS)]

    async def typed() -> None:
        for each in lines:
            await anne.say(office, each)

    typing = asyncio.create_task(typed())
    for _ in range(kills):
        said = len(anne.messages(office))
        await anne.until(lambda said=said: len(anne.messages(office)) > said + chance.randrange(10), what="an answer")
        await lieu.bot.kill()
        await lieu.bot.start()
    await typing

    def all_answered() -> bool:
        return sum(answered(heard.body) is not None for heard in anne.messages(office)) >= COMMANDS

    await anne.until(all_answered, timeout=60, what="eighty answers")
    said = [
        event["content"].get("body", "")
        for event in await events(place.anne, office)
        if is_said(event, lieu.account.user_id)
    ]
    assert [found for body in said if (found := answered(body))] == lines


def is_said(event: dict[str, object], by: str) -> bool:
    return event["sender"] == by and event["type"] == "m.room.message"
