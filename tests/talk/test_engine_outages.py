"""Services that are away: told once, tried again with patience; and acts that must not run twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Refused, Unavailable
from bot.store import conversations
from bot.talk import VERBATIM, Text, Username
from bot.talk.talk import Talk
from tests.stage.rehearsal import ANNE, OFFICE, Ledger, Open, Rehearsal

DOWN = Unavailable("directory", 30)
MINUTE = 1 / 1440


async def test_an_outage_is_told_once_and_the_rest_is_done_when_it_is_over(rehearse: Open) -> None:
    ledger = Ledger(*[DOWN] * 4)

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)
        await talk.say("bye")

    play_ = await rehearse(play)
    for _ in range(30):
        await play_.wait(MINUTE)
    said = await play_.said()
    assert len(said) == 2
    assert said[0].startswith("L’annuaire des comptes ne répond pas")
    assert said[1] == "bye"
    assert len(ledger.done) == 5


async def test_each_try_waits_longer_up_to_a_quarter_of_an_hour(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.do("first", Ledger(*[DOWN] * 20).act)

    play_ = await rehearse(play)
    delays = []
    for _ in range(8):
        wake = (await play_.conversation()).wake_at
        delays.append(round((wake - play_.clock.at) / 1000))
        await play_.wait((wake - play_.clock.at) / 86_400_000)
    assert delays == [30, 60, 120, 240, 480, 900, 900, 900]


async def test_the_patience_that_a_service_asks_for_is_given(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.do("first", Ledger(Unavailable("nextcloud", 300)).act)

    play_ = await rehearse(play)
    assert round(((await play_.conversation()).wake_at - play_.clock.at) / 1000) == 300


async def test_a_reading_waits_too(rehearse: Open) -> None:
    ledger = Ledger(DOWN)

    async def play(talk: Talk) -> None:
        await talk.say("done", what=await talk.look("first", ledger.act, 7))

    play_ = await rehearse(play)
    await play_.wait(MINUTE)
    assert (await play_.said())[-1] == "done 7"


async def test_an_answer_that_a_service_must_check_is_not_asked_again(rehearse: Open) -> None:
    ledger = Ledger(DOWN)

    async def is_free(login: str) -> bool:
        await ledger.act(login)
        return True

    async def play(talk: Talk) -> None:
        await talk.say("done", what=await talk.ask("name", Username(free=is_free)))

    play_ = await rehearse(play)
    await play_.hear("name", "zoe")
    await play_.wait(MINUTE)
    assert ledger.done == ["zoe", "zoe"]
    assert (await play_.said())[0] == "name"
    assert (await play_.said())[-1] == "done zoe"
    assert len(await play_.said()) == 3


async def test_an_outage_of_the_homeserver_is_not_told_through_the_homeserver(rehearse: Open) -> None:
    ledger = Ledger(Unavailable("matrix", 5))

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)

    play_ = await rehearse(play)
    assert await play_.said() == []
    await play_.wait(MINUTE)
    assert await play_.status() == "done"


# -- what was begun when the process died


async def interrupted(path: Path, play: object, ledger: Ledger) -> Rehearsal:
    """The process died between the act and its record."""
    there = await Rehearsal.open(path, play)  # type: ignore[arg-type]
    ledger.fates.append(Unavailable("directory", 30, unknown=True))
    await there.start()
    return there


async def test_an_interrupted_act_runs_again(tmp_path: Path) -> None:
    ledger = Ledger()

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act, 1)

    there = await interrupted(tmp_path, play, ledger)
    await there.engine.resume()
    await there.engine.idle()
    assert ledger.done == [1, 1]
    assert await there.status() == "done"
    await there.close()


@pytest.mark.parametrize(("answer", "times", "end"), [("c’est fait", 1, "bye"), ("à refaire", 2, "bye"), ("3", 1, "")])
async def test_a_concierge_says_what_became_of_an_act_that_must_not_run_twice(
    tmp_path: Path, answer: str, times: int, end: str
) -> None:
    ledger = Ledger()

    async def play(talk: Talk) -> None:
        try:
            await talk.do("first", ledger.act, 1, once=True)
        except Refused as no:
            assert no.code == "dropped"  # noqa: PT017
            return
        await talk.say("bye")

    there = await interrupted(tmp_path, play, ledger)
    await there.engine.resume()
    await there.engine.idle()
    assert ledger.done == [1]
    assert (await there.said(OFFICE))[0].startswith("Une panne m’a interrompu")
    await there.hear("talk.mend[first]", answer, by=ANNE)
    assert len(ledger.done) == times
    assert (await there.said())[-1:] == [end] * bool(end) or not end
    assert await there.status() == "done"
    await there.close()


async def test_an_act_interrupted_twice_is_asked_about_twice(tmp_path: Path) -> None:
    ledger = Ledger()

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act, 1, once=True)

    there = await interrupted(tmp_path, play, ledger)
    await there.engine.resume()
    await there.engine.idle()
    ledger.fates.append(Unavailable("directory", 30, unknown=True))
    await there.hear("talk.mend[first]", "à refaire", by=ANNE)
    await there.wait(MINUTE)
    questions = [line for line in await there.said(OFFICE) if line.startswith("Une panne")]
    assert len(questions) == 2
    await there.close()


async def test_an_act_that_was_surely_not_done_needs_no_concierge(tmp_path: Path) -> None:
    ledger = Ledger(DOWN)

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act, 1, once=True)

    there = await Rehearsal.open(tmp_path, play)
    await there.start()
    await there.wait(MINUTE)
    assert ledger.done == [1, 1]
    assert await there.said(OFFICE) == []
    await there.close()


async def test_what_was_said_and_not_understood_before_the_end_is_understood_at_the_start(tmp_path: Path) -> None:
    async def play(talk: Talk) -> None:
        talk.patience(remind=timedelta(days=2))
        await talk.say("done", what=await talk.ask("name", Text(VERBATIM)))

    there = await Rehearsal.open(tmp_path, play)
    await there.start()
    row = (await there.steps())["name"]
    heard = type(row)(
        row.conversation, "name", row.seq, "ask", "heard", row.at, {"text": "Zoé", "by": "@zoe:lieu.fr"}, row.value
    )
    await there.database.write(conversations.keep, heard)
    await there.engine.resume()
    await there.engine.idle()
    assert (await there.said())[-1] == "done Zoé"
    await there.close()
