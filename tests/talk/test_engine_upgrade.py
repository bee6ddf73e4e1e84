"""Conversations that an older script began finish on the new one; what cannot go on stops, and a concierge knows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.talk import VERBATIM, Text, YesNo
from bot.talk.script import Function
from bot.talk.talk import Talk
from tests.stage.rehearsal import ANNE, OFFICE, Ledger, Rehearsal

LEDGER = Ledger()
Upgrade = Callable[[Function], Awaitable[Rehearsal]]


async def first(talk: Talk) -> None:
    """The script of last year: a name and a colour, an act, and a summary."""
    await talk.say("hello")
    name = await talk.ask("name", Text(VERBATIM))
    await talk.do("first", LEDGER.act, name)
    colour = await talk.ask("colour", Text(VERBATIM))
    await talk.say("done", what=f"{name} {colour}")


@pytest.fixture
async def upgraded(tmp_path: Path) -> AsyncIterator[Upgrade]:
    """A conversation of last year, whose name is given and whose colour is asked, on another script."""
    old = await Rehearsal.open(tmp_path, first)
    await old.start()
    await old.hear("name", "Zoé")
    await old.close()
    opened: list[Rehearsal] = []

    async def upgrade(function: Function) -> Rehearsal:
        opened.append(await Rehearsal.open(tmp_path, function, clock=old.clock))
        opened[-1].id = old.id
        opened[-1].events = 100
        return opened[-1]

    yield upgrade
    for each in opened:
        await each.close()


async def test_a_question_added_before_is_asked_now(upgraded: Upgrade) -> None:
    async def play(talk: Talk) -> None:
        await talk.say("hello")
        again = await talk.ask("again", Text(VERBATIM))
        name = await talk.ask("name", Text(VERBATIM))
        await talk.do("first", LEDGER.act, name)
        colour = await talk.ask("colour", Text(VERBATIM))
        await talk.say("done", what=f"{again} {name} {colour}")

    there = await upgraded(play)
    await there.hear("colour", "bleu")
    assert (await there.said())[-1] == "again"
    await there.hear("again", "2027")
    if (await there.steps())["colour"].status == "asked":
        await there.hear("colour", "bleu")
    assert (await there.said())[-1] == "done 2027 Zoé bleu"


async def test_a_question_added_after_is_asked_in_its_turn(upgraded: Upgrade) -> None:
    async def play(talk: Talk) -> None:
        await talk.say("hello")
        name = await talk.ask("name", Text(VERBATIM))
        await talk.do("first", LEDGER.act, name)
        colour = await talk.ask("colour", Text(VERBATIM))
        again = await talk.ask("again", Text(VERBATIM))
        await talk.say("done", what=f"{name} {colour} {again}")

    there = await upgraded(play)
    await there.hear("colour", "bleu")
    await there.hear("again", "2027")
    assert (await there.said())[-1] == "done Zoé bleu 2027"


async def test_questions_in_another_order_keep_their_answers(upgraded: Upgrade) -> None:
    async def play(talk: Talk) -> None:
        colour = await talk.ask("colour", Text(VERBATIM))
        name = await talk.ask("name", Text(VERBATIM))
        await talk.do("first", LEDGER.act, name)
        await talk.say("done", what=f"{colour} {name}")

    there = await upgraded(play)
    await there.hear("colour", "bleu")
    assert (await there.said())[-1] == "done bleu Zoé"


async def test_a_yes_that_is_awaited_since_before_approvals_were_bound_counts_for_what_it_shows(tmp_path: Path) -> None:
    """Rows of last year have no mark: they are of what they show, and are answered as they were."""
    ledger = Ledger()

    async def play(talk: Talk) -> None:
        name = await talk.ask("name", Text(VERBATIM))
        if await talk.ask("sure", YesNo(), to=OFFICE, of="approve", what=name):
            await talk.do("act", ledger.act, name)

    old = await Rehearsal.open(tmp_path, play)
    await old.start()
    await old.hear("name", "Zoé")
    await old.database.write(
        lambda tx: tx.execute("UPDATE steps SET value = json_remove(value, '$.bound', '$.since') WHERE key = 'sure'")
    )
    asked = (await old.steps())["sure"]
    raw = {"text": "oui", "by": ANNE, "name": "Anne", "event_id": old.event()}
    assert await old.engine.hear(old.id, "sure", raw, asked)
    await old.engine.idle()
    assert ledger.done == ["Zoé"]
    await old.close()


async def test_a_question_that_is_gone_is_not_open_any_more(upgraded: Upgrade) -> None:
    async def play(talk: Talk) -> None:
        name = await talk.ask("name", Text(VERBATIM))
        await talk.do("first", LEDGER.act, name)
        await talk.ask("again", Text(VERBATIM))
        await talk.say("done", what=name)

    there = await upgraded(play)
    await there.engine.advance(there.id)
    assert [key for key, row in (await there.steps()).items() if row.status == "asked"] == ["again"]
    await there.hear("again", "oui")
    assert (await there.said())[-1] == "done Zoé"


async def test_a_sentence_said_once_is_not_said_again_in_other_words(upgraded: Upgrade) -> None:
    before = len(LEDGER.done)

    async def play(talk: Talk) -> None:
        await talk.say("hello")
        await talk.say("greeting")
        name = await talk.ask("name", Text(VERBATIM))
        await talk.do("first", LEDGER.act, name)
        await talk.ask("colour", Text(VERBATIM))

    there = await upgraded(play)
    await there.hear("colour", "bleu")
    assert (await there.said()).count("hello") == 1
    assert (await there.said())[-1] == "greeting"
    assert len(LEDGER.done) == before  # what is done is not done again


async def test_an_act_that_the_script_no_longer_knows_stops_it_and_a_concierge_is_told(upgraded: Upgrade) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM))
        await talk.ask("colour", Text(VERBATIM))

    there = await upgraded(play)
    await there.hear("colour", "bleu")
    assert await there.status() == "stopped"
    assert (await there.said(OFFICE))[0].startswith("Ma conversation avec")
