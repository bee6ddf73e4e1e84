"""What was approved waits for a right: it stays bound to what was shown, and to who said yes."""

from __future__ import annotations

from bot.errors import MissingRight, Unavailable
from bot.talk import VERBATIM, Text
from bot.talk.talk import Talk
from tests.stage.rehearsal import ANNE, ZOE, Ledger, Open, Rehearsal

BOB = "@bob:lieu.fr"
LEVELS = {"!x": "Atelier"}
ledger = Ledger()


async def close(talk: Talk) -> None:
    who = await talk.ask("sure", Text(VERBATIM))
    if await talk.seconded("close", about=who):
        await talk.do("done", ledger.act, who, once=True)
        await talk.say("done", what="closed")


def lacking() -> MissingRight:
    return MissingRight(LEVELS, {ANNE: "Anne"})


async def begun(rehearse: Open, *fates: Exception) -> Rehearsal:
    ledger.done, ledger.fates = [], list(fates)
    play: Rehearsal = await rehearse(close)
    space = play.matrix.world.rooms["!space"]
    space.members[BOB], space.levels[BOB] = "join", 100
    await play.lieux.choose(1, two=["close"])
    await play.hear("sure", "Marc")
    await play.hear("talk.second", "oui", by=ANNE)
    return play


async def looks(play: Rehearsal) -> None:
    await play.engine.look_again(play.id, "done")
    await play.engine.idle()


async def is_asked_for(play: Rehearsal) -> bool:
    return any(key.startswith("talk.right") and row.status == "asked" for key, row in (await play.steps()).items())


async def test_it_is_done_once_and_for_what_was_approved(rehearse: Open) -> None:
    play = await begun(rehearse, lacking())
    assert await is_asked_for(play)
    await play.engine.back(play.id, "$b")
    await play.engine.edit(play.id, "$e", {"text": "modifier sure", "by": ZOE})
    raw = {"text": "Zoé", "by": ZOE, "name": "zoe", "event_id": "$event1"}
    await play.engine.reword(play.id, "$r", "sure", raw)
    await play.engine.unsay(play.id, "$u", "sure")
    await play.engine.unsay(play.id, "$u2", "talk.second")
    await play.engine.idle()
    await looks(play)
    assert ledger.done == ["Marc", "Marc"]
    assert (await play.said())[-1] == "done closed"
    await looks(play)
    assert len(ledger.done) == 2


async def test_whoever_agreed_and_lost_the_keys_is_no_yes(rehearse: Open) -> None:
    play = await begun(rehearse, lacking())
    space = play.matrix.world.rooms["!space"]
    space.levels[ANNE] = 0
    await looks(play)
    assert ledger.done == ["Marc"]
    assert (await play.steps())["talk.second"].status == "asked"
    assert not await is_asked_for(play)
    await play.hear("talk.second", "oui", by=BOB)
    assert ledger.done == ["Marc", "Marc"]


async def test_once_with_unknown_outcome_asks_and_leaves_no_question_open(rehearse: Open) -> None:
    play = await begun(rehearse, lacking(), Unavailable("matrix", 1, unknown=True))
    await looks(play)
    await play.wait(1)
    steps = await play.steps()
    mend = next(key for key in steps if key.startswith("talk.mend"))
    await play.hear(mend, "c’est fait", by=ANNE)
    steps = await play.steps()
    assert await play.status() == "done"
    assert len(ledger.done) == 2
    assert not [k for k, v in steps.items() if v.status == "asked"]
