"""Where the lieu wants two concierges for an act, the yes of one is not enough."""

from __future__ import annotations

from bot.talk import VERBATIM, Text
from bot.talk.talk import Talk
from tests.stage.rehearsal import ANNE, OFFICE, Open, Rehearsal


async def close(talk: Talk) -> None:
    await talk.ask("sure", Text(VERBATIM))  # while it waits, the lieu makes its rule
    if await talk.seconded("close", about="Marc"):
        await talk.say("done", what="closed")


async def begun(rehearse: Open, *acts: str) -> Rehearsal:
    play: Rehearsal = await rehearse(close)
    await play.lieux.choose(1, two=acts)
    await play.hear("sure", "oui")
    return play


async def test_it_goes_on_at_once_where_the_lieu_does_not_want_it(rehearse: Open) -> None:
    play = await begun(rehearse, "exclude")
    assert (await play.said())[-1] == "done closed"
    assert await play.said(OFFICE) == []


async def test_another_concierge_says_yes(rehearse: Open) -> None:
    play = await begun(rehearse, "close", "exclude")
    assert "se décide à deux" in (await play.said())[-1]
    assert "fermer le compte de Marc" in (await play.said(OFFICE))[0]
    assert (await play.steps())["talk.second"].of == "second"
    await play.hear("talk.second", "oui", by=ANNE)
    assert (await play.said())[-1] == "done closed"


async def test_another_concierge_says_no(rehearse: Open) -> None:
    play = await begun(rehearse, "close")
    await play.hear("talk.second", "non", by=ANNE)
    assert "je n’ai rien fait" in (await play.said())[-1]
    assert await play.status() == "done"


async def test_nobody_says_anything(rehearse: Open) -> None:
    play = await begun(rehearse, "close")
    await play.wait(1)
    assert len(await play.said(OFFICE)) == 2  # asked again
    await play.wait(2)
    assert "je n’ai rien fait" in (await play.said())[-1]


async def test_a_question_of_yesterday_goes_on(rehearse: Open) -> None:
    """Asked before anybody looked at who may answer."""
    play = await begun(rehearse, "close")
    await play.database.write(lambda tx: tx.execute("DELETE FROM steps WHERE key = 'second-others'").close())
    await play.hear("talk.second", "oui", by=ANNE)
    assert (await play.said())[-1] == "done closed"


async def test_the_only_one_waits_a_week_and_the_lieu_knows(rehearse: Open) -> None:
    play: Rehearsal = await rehearse(close)
    play.matrix.world.rooms["!space"].levels[ANNE] = 0
    await play.lieux.choose(1, two=("close",))
    await play.hear("sure", "oui")
    assert "sept jours" in (await play.said())[-1]
    assert "fermer le compte de Marc" in (await play.said(OFFICE))[0]
    await play.wait(6.9)
    assert "done closed" not in await play.said()
    await play.wait(0.2)
    assert (await play.said())[-1] == "done closed"
