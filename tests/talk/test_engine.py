"""The engine: steps kept by their keys, replayed to the next open question, taken back, ended."""

from __future__ import annotations

from pathlib import Path

from bot.errors import Refused
from bot.store import conversations
from bot.talk import VERBATIM, Text, YesNo, days
from bot.talk.run import MOST_STEPS
from bot.talk.talk import Silence, Talk
from tests.stage.old_talks import forget_talks
from tests.stage.rehearsal import ANNE, OFFICE, ROOM, ZOE, Ledger, Open, Rehearsal


async def test_a_script_goes_on_from_answer_to_answer(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.say("hello")
        name = await talk.ask("name", Text(VERBATIM))
        colour = await talk.ask("colour", Text(VERBATIM))
        await talk.say("done", what=f"{name} {colour}")

    play_ = await rehearse(play)
    assert await play_.said() == ["hello", "name"]
    await play_.hear("name", "Zoé")
    await play_.hear("colour", "bleu")
    assert await play_.said() == ["hello", "name", "colour", "done Zoé bleu"]
    assert await play_.status() == "done"


async def test_steps_in_a_loop_are_numbered_or_named(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        for _ in range(2):
            await talk.ask("name", Text(VERBATIM))
        for item in ("a", "b"):
            await talk.say("hello", item=item)

    play_ = await rehearse(play)
    await play_.hear("name", "un")
    await play_.hear("name#2", "deux")
    assert list(await play_.steps()) == ["name", "name#2", "hello[a]", "hello[b]"]


async def test_an_answer_to_a_question_that_is_closed_changes_nothing(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.say("done", what=await talk.ask("name", Text(VERBATIM)))
        await talk.ask("colour", Text(VERBATIM))

    play_ = await rehearse(play)
    assert await play_.hear("name", "Zoé")
    assert not await play_.hear("name", "Zouzou")
    assert await play_.said() == ["name", "done Zoé", "colour"]


async def test_an_act_is_done_once_however_often_the_script_is_replayed(rehearse: Open) -> None:
    ledger = Ledger()

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act, 1)
        await talk.look("second", ledger.act, 2)
        await talk.ask("name", Text(VERBATIM))
        await talk.ask("colour", Text(VERBATIM))

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    assert ledger.done == [1, 2]


async def test_a_refusal_is_kept_and_refuses_again_at_each_replay(rehearse: Open) -> None:
    ledger = Ledger(Refused("login-taken", login="zoe"))

    async def play(talk: Talk) -> None:
        try:
            await talk.do("first", ledger.act)
        except Refused as no:
            await talk.say("done", what=f"{no.code} {no.words['login']}")
        await talk.ask("name", Text(VERBATIM))
        await talk.ask("colour", Text(VERBATIM))

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    assert len(ledger.done) == 1
    assert await play_.said() == ["done login-taken zoe", "name", "colour"]


async def test_a_refusal_that_no_script_expected_is_told_and_ends(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.do("first", Ledger(Refused("nextcloud-full")).act)

    play_ = await rehearse(play)
    assert "plein" in (await play_.said())[0]
    assert await play_.status() == "stopped"


async def test_a_refusal_without_a_sentence_of_its_own_is_told_too(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.do("first", Ledger(Refused("a-code-that-nobody-wrote-down")).act)

    assert "a refusé" in (await (await rehearse(play)).said())[0]


async def test_back_asks_the_last_answer_again(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        name = await talk.ask("name", Text(VERBATIM))
        colour = await talk.ask("colour", Text(VERBATIM))
        await talk.say("done", what=f"{name} {colour}")

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    await play_.engine.back(play_.id, play_.event())
    assert await play_.said() == ["name", "colour", "name"]
    await play_.hear("name", "Zouzou")
    await play_.hear("colour", "vert")
    assert (await play_.said())[-2:] == ["colour", "done Zouzou vert"]


async def test_back_stops_at_what_is_done(rehearse: Open) -> None:
    ledger = Ledger()

    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM))
        await talk.do("first", ledger.act)
        await talk.ask("colour", Text(VERBATIM))

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    await play_.engine.back(play_.id, play_.event())
    assert "la suite est déjà faite" in (await play_.said())[-1]
    assert (await play_.steps())["name"].status == "done"


async def test_edit_asks_one_answer_again_and_reads_anew_what_followed_it(rehearse: Open) -> None:
    ledger = Ledger()

    async def play(talk: Talk) -> None:
        name = await talk.ask("name", Text(VERBATIM))
        seen = await talk.look("other", ledger.act, name)
        await talk.ask("colour", Text(VERBATIM))
        await talk.confirm("summary", answers=talk.answers())
        await talk.say("done", what=seen)

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    await play_.hear("colour", "bleu")
    assert await play_.engine.edit(play_.id, play_.event(), {"text": "modifier name", "by": ZOE})
    await play_.hear("name", "Awa")
    await play_.hear("summary", "oui")
    assert ledger.done == ["Zoé", "Awa"]
    assert (await play_.said())[-2] == "done Awa"  # then the question is closed


async def test_edit_leaves_alone_what_only_begins_like_it(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM))
        await talk.ask("colour", Text(VERBATIM))

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    assert not await play_.engine.edit(play_.id, play_.event(), {"text": "Changer d’air", "by": ZOE})
    assert (await play_.steps())["colour"].status == "asked"


async def test_a_reworded_answer_counts_anew(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        name = await talk.ask("name", Text(VERBATIM))
        await talk.ask("colour", Text(VERBATIM))
        await talk.say("done", what=name)

    play_ = await rehearse(play)
    await play_.hear("name", "Zo", event_id="$said")
    for text in ("Zoé", "Zoé M."):  # edited twice
        raw = {"text": text, "by": ZOE, "event_id": "$said"}
        await play_.engine.reword(play_.id, play_.event(), "name", raw)
    await play_.hear("colour", "bleu")
    assert (await play_.said())[-1] == "done Zoé M."


async def test_a_reworded_answer_that_was_not_understood_is_understood(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.say("done", what=await talk.ask("name", Text(VERBATIM, max=3)))

    play_ = await rehearse(play)
    await play_.hear("name", "bien trop long", event_id="$said")
    await play_.engine.reword(play_.id, play_.event(), "name", {"text": "Zoé", "by": ZOE, "event_id": "$said"})
    assert (await play_.said())[-1] == "done Zoé"


async def test_cancel_ends_it_and_tells_those_who_were_asked(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM))
        await talk.ask("sure", YesNo(), to=OFFICE, of="approve")

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    await play_.engine.cancel(play_.id, play_.event())
    assert await play_.status() == "cancelled"
    assert "annulé" in (await play_.said())[-1]
    assert (await play_.said(OFFICE))[-1].startswith("zoe vient d’arrêter")
    assert not await play_.hear("sure", "oui", by=ANNE)


async def test_where_am_i_says_the_question_again(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM))

    play_ = await rehearse(play)
    await play_.engine.repeat(play_.id, play_.event())
    assert await play_.said() == ["name", "name"]


async def test_a_third_person_answers_in_another_room(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        yes = await talk.ask("sure", YesNo(), to=OFFICE, of="approve")
        await talk.say("done", what=yes)

    play_ = await rehearse(play)
    assert (await play_.steps())["sure"].of == "approve"
    await play_.hear("sure", "non", by=ANNE)
    assert await play_.said(OFFICE) == ["sure", "* sure"]
    assert await play_.said() == ["done non"]


async def test_a_pause_is_not_an_error_that_a_script_could_swallow(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        try:
            await talk.ask("name", Text(VERBATIM))
        except Exception:
            await talk.say("hello")

    play_ = await rehearse(play)
    assert await play_.said() == ["name"]


async def test_a_script_without_end_is_an_error_and_not_a_frozen_bot(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        while True:
            talk.note("again")

    play_ = await rehearse(play)
    assert await play_.status() == "stopped"
    assert "Quelque chose s’est mal passé" in (await play_.said())[0]
    assert (await play_.said(OFFICE))[0].startswith("Ma conversation avec")


async def test_the_longest_script_ends(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        for n in range(MOST_STEPS):
            await talk.say("hello", item=str(n))

    assert await (await rehearse(play)).status() == "done"


async def test_an_act_under_the_name_of_a_question_has_diverged(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.do("first", Ledger().act)
        await talk.ask("name", Text(VERBATIM))
        if "first" in talk.run.rows:
            talk.run.at("first", "ask")

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    assert await play_.status() == "stopped"


async def test_another_conversation_begins_once(rehearse: Open) -> None:
    async def greeting(talk: Talk, name: str) -> None:
        await talk.say("greeting")
        await talk.ask("again", Text(VERBATIM))

    async def play(talk: Talk) -> None:
        await talk.begin("greeting", ANNE, OFFICE, name="Zoé")
        await talk.ask("name", Text(VERBATIM))
        await talk.ask("colour", Text(VERBATIM))

    play_ = await rehearse(play, greeting)
    await play_.hear("name", "Zoé")
    assert await play_.said(OFFICE) == ["greeting", "again"]


async def test_one_message_is_edited_as_the_work_goes_on(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        for n in range(3):
            await talk.show("done", what=n)

    assert await (await rehearse(play)).said() == ["done 0", "* done 1", "* done 2"]


async def test_what_the_line_gave_is_not_asked_and_can_be_changed(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        name = await talk.ask("name", Text(VERBATIM))
        await talk.confirm("summary", answers=talk.answers())
        await talk.say("done", what=name)

    play_ = await rehearse(play, given={"name": "Zoé"})
    assert await play_.said() == ["summary • name : Zoé"] or (await play_.said())[0].startswith("summary")
    await play_.hear("summary", "modifier name")
    assert (await play_.said())[-1] == "name"
    await play_.hear("name", "Awa")
    await play_.hear("summary", "oui")
    assert (await play_.said())[-2] == "done Awa"  # then the question is closed


async def test_what_the_line_gave_and_nobody_understands_is_asked(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.say("done", what=await talk.ask("sure", YesNo()))

    play_ = await rehearse(play, given={"sure": "peut-être"})
    assert (await play_.said())[-1] == "sure"
    assert len(await play_.said()) == 2
    await play_.hear("sure", "oui")
    assert (await play_.said())[-2] == "done oui"


async def test_nothing_secret_and_nothing_old_is_kept(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM))

    play_ = await rehearse(play)
    await play_.hear("name", "Zoé")
    await play_.database.write(forget_talks, play_.clock.at - 1_000_000)
    assert await play_.steps() != {}
    await play_.database.write(forget_talks, play_.clock.at + 1_000_000)
    assert await play_.steps() == {}


async def test_an_unanswered_question_ends_the_script_where_it_says_so(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        try:
            await talk.ask("name", Text(VERBATIM), within=days(3))
        except Silence:
            await talk.say("bye")

    play_ = await rehearse(play)
    await play_.wait(2.9)
    assert await play_.status() == "open"
    await play_.wait(0.2)
    assert await play_.said() == ["name", "bye"]


async def test_an_unanswered_question_is_told_where_the_script_says_nothing(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM), within=days(3))

    play_ = await rehearse(play)
    await play_.wait(3.1)
    assert await play_.status() == "expired"
    assert "à temps" in (await play_.said())[-1]


async def test_a_silence_is_broken_once_by_a_reminder_and_once_by_a_word_to_the_concierges(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        talk.patience(remind=days(2), worry=days(5))
        await talk.ask("name", Text(VERBATIM))

    play_ = await rehearse(play)
    play_.here.add((ROOM, ZOE))
    for _ in range(12):
        await play_.wait(0.5)
    said = await play_.said()
    assert len(said) == 2
    assert "sans te presser" in said[1]
    assert len(await play_.said(OFFICE)) == 1
    assert "zoe ne répond plus" in (await play_.said(OFFICE))[0]


async def test_nobody_is_reminded_in_a_room_that_they_left(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        talk.patience(remind=days(2), worry=days(5))
        await talk.ask("name", Text(VERBATIM))

    play_ = await rehearse(play)
    play_.here.add((ROOM, ZOE))
    await play_.wait(1)
    play_.here.clear()
    play_.elsewhere = "leave"
    for _ in range(6):
        await play_.wait(1)
    assert await play_.said() == ["name"]
    assert await play_.said(OFFICE) == []


async def test_a_held_conversation_is_left_in_peace(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        talk.patience(remind=days(2))
        await talk.ask("name", Text(VERBATIM))

    play_ = await rehearse(play)
    play_.here.add((ROOM, ZOE))
    await play_.database.write(conversations.hold, play_.id, ANNE)
    await play_.wait(3)
    assert await play_.said() == ["name"]
    assert await play_.database.read(conversations.next_wake) is None
    await play_.database.write(conversations.hold, play_.id, None)
    await play_.wait(0)
    assert len(await play_.said()) == 2


async def test_who_is_awaited_is_noticed(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        await talk.joined("where", ROOM, ZOE)
        await talk.say("hello")

    play_ = await rehearse(play)
    assert await play_.said() == []
    play_.here.add((ROOM, ZOE))
    await play_.engine.entered(play_.id, "where")
    assert await play_.said() == ["hello"]


async def test_who_is_there_already_is_not_waited_for(rehearse: Open, tmp_path: Path) -> None:
    async def play(talk: Talk) -> None:
        await talk.joined("where", ROOM, ZOE)
        await talk.say("hello")

    there = await Rehearsal.open(tmp_path, play)
    there.here.add((ROOM, ZOE))
    await there.start()
    assert await there.said() == ["hello"]
    await there.close()


async def test_a_conversation_whose_script_is_gone_harms_nobody(rehearse: Open, tmp_path: Path) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM), within=days(1))

    before = await rehearse(play)
    await before.close()
    after = Rehearsal(await type(before.database).open(tmp_path / "bot.sqlite"), [], before.clock)
    await after.engine.resume()
    await after.wait(2)
    assert await after.database.read(conversations.due, after.clock.now()) != []  # it waits for the script to come back
    before.database = after.database
