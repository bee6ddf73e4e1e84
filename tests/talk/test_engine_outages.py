"""Services that are away: told once, tried again with patience; and acts that must not run twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import Moved, NotPermitted, Refused, Unavailable
from bot.store import conversations
from bot.store.conversations import Conversation
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


async def test_a_service_that_hangs_is_asked_once_at_a_time_and_keeps_nobody_else_asleep(rehearse: Open) -> None:
    """As a process wakes conversations: in a loop, while one of them waits."""
    hangs, back, told = asyncio.Event(), asyncio.Event(), asyncio.Event()
    ledger = Ledger(*[DOWN] * 9)

    async def act() -> None:
        if ledger.done:
            hangs.set()
            await back.wait()
        await ledger.act()

    async def play(talk: Talk) -> None:
        await talk.do("first", act)

    async def other(talk: Talk) -> None:
        await talk.rest("a-while", timedelta(seconds=40))
        told.set()

    play_ = await rehearse(play, other)
    await play_.engine.start(Conversation("other", ANNE, OFFICE, "$other", 1))
    running = asyncio.create_task(play_.engine.run())
    async with asyncio.timeout(60):
        play_.clock.at += 30_000
        play_.engine._alarm.set()
        await hangs.wait()
        for _ in range(100):  # the loop has looked what is due next, and sleeps
            await asyncio.sleep(0)
        play_.clock.at += 10_000
        play_.engine._alarm.set()
        await told.wait()
        back.set()
        await play_.engine.idle()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert len(ledger.done) == 2
    assert round(((await play_.conversation()).wake_at - play_.clock.at) / 1000) == 60


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


# -- « no answer » is said only where that is so

EXPIRED = Unavailable("nextcloud", 30, cause="certificate-expired", host="nuage.fr")
STOPPED = Unavailable("nextcloud", 30, cause="nobody", host="nuage.fr")


async def test_what_a_human_must_mend_is_told_with_who_and_goes_on_once_it_is_mended(rehearse: Open) -> None:
    ledger = Ledger(*[EXPIRED] * 3)

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)
        await talk.say("bye")

    play_ = await rehearse(play)
    for _ in range(10):
        await play_.wait(MINUTE)
    (why, end) = await play_.said()
    assert why.startswith("Nextcloud présente un certificat périmé")
    assert "La personne qui administre ce serveur doit le renouveler." in why
    assert "Dès que c’est réglé, je finis de moi-même." in why
    assert "réessaie" not in why
    assert end == "bye"


async def test_another_cause_is_another_message_and_each_is_told_once(rehearse: Open) -> None:
    ledger = Ledger(STOPPED, DOWN, STOPPED, EXPIRED, DOWN, EXPIRED)

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)

    play_ = await rehearse(play)
    for _ in range(60):
        await play_.wait(MINUTE)
    stopped, silent, expired = await play_.said()
    assert stopped.startswith("Nextcloud est arrêté")
    assert silent.startswith("L’annuaire des comptes ne répond pas")
    assert expired.startswith("Nextcloud présente un certificat périmé")
    assert await play_.status() == "done"


@pytest.mark.parametrize("down", [Unavailable("nextcloud", cause="new"), Unavailable("nextcloud", cause="moved")])
async def test_a_cause_without_a_sentence_or_its_words_is_told_as_silence(rehearse: Open, down: Unavailable) -> None:
    async def play(talk: Talk) -> None:
        await talk.do("first", Ledger(down).act)

    play_ = await rehearse(play)
    assert (await play_.said())[0].startswith("Nextcloud ne répond pas pour l’instant")


@pytest.mark.parametrize("portal", [False, True])
async def test_a_word_of_a_cause_is_none_of_ours(rehearse: Open, portal: bool) -> None:
    """`to` is where a service sends us: taken for the room of the sentence, it ended the conversation as a bug of
    ours."""
    place, refusals = "https://nuage.lieu.fr", []
    ledger = Ledger(Moved("nextcloud", place, portal=portal))

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)
        refusals.append(talk.because(Refused("nextcloud-moved", to=place)))
        await talk.refused(Refused("nextcloud-moved", to=place, item="un"))

    play_ = await rehearse(play)
    await play_.wait(2 * MINUTE)
    assert all(place in one for one in (*await play_.said(), *refusals))
    assert len(await play_.said()) == 2
    assert await play_.status() == "done"


# -- a right in a service: nobody tells that it was given

NOT_YET = NotPermitted("mail-certificate-expired", host="mail.lieu.fr")


async def test_what_a_service_refuses_is_tried_again_though_nobody_answers(rehearse: Open) -> None:
    ledger = Ledger(*[NOT_YET] * 3)

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)
        await talk.say("bye")

    play_ = await rehearse(play, action="state")
    (asked,) = await play_.said()
    assert asked.startswith("Le serveur des e-mails présente un certificat périmé")
    for _ in range(2):
        await play_.wait(15 * MINUTE)
    assert await play_.said() == [asked], "it is asked once"
    await play_.wait(15 * MINUTE)
    assert "bye" in await play_.said()
    assert len(ledger.done) == 4
    assert await play_.status() == "done"


async def test_an_answer_is_not_waited_for_to_be_tried_again(rehearse: Open) -> None:
    ledger = Ledger(NOT_YET)

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)
        await talk.say("bye")

    play_ = await rehearse(play, action="state")
    await play_.wait(MINUTE)
    assert len(ledger.done) == 1
    await play_.hear("talk.right[first]#1", "c’est fait")
    assert "bye" in await play_.said()


async def test_who_goes_on_without_is_not_overtaken_later(rehearse: Open) -> None:
    ledger = Ledger(NOT_YET)

    async def play(talk: Talk) -> None:
        try:
            await talk.do("first", ledger.act)
        except Refused as no:
            assert no.code == "mail-certificate-expired"  # noqa: PT017
        await talk.say("hello", what=await talk.ask("name", Text(VERBATIM)))

    play_ = await rehearse(play, action="state")
    await play_.hear("talk.right[first]#1", "⏭")
    await play_.wait(1)
    assert len(ledger.done) == 1
    assert "name" in await play_.said()


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
    assert (await there.said(OFFICE))[0].startswith("Une panne est arrivée")
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
