"""A question that was left for another command, or for people: what is said below something else does not answer it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob, Cléa",
    "autres": "Zoé Martin @zoe.martin:lieu.fr",
    "comptes": "oui",
    "salons": "Jardin",
}
NEWS, SENDS, SUSPENDS = "le four est cassé", "Je l’envoie", "Je suspends le compte"
AGAIN, STILL = "Une question attend encore ici", "attend encore ta réponse"
INVITES, INVITED = "J’invite cette personne", "L’invitation est partie"
OPENED, SUSPENDED = "C’est noté", "est suspendu"


@pytest.fixture
async def rosee(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def say(scene: Scenery, *lines: str, by: str = "Anne") -> str:
    """What the conciergerie reads after the last of these."""
    said = ""
    for line in lines:
        before = len(scene.stage.said(office(scene)))
        await scene.stage.write(scene.people[by], office(scene), line)
        said = "\n".join(scene.stage.said(office(scene))[before:])
    return said


def is_sent(scene: Scenery) -> bool:
    return any(NEWS in line for id in scene.stage.world.rooms if id != office(scene) for line in scene.stage.said(id))


@pytest.fixture
async def left(rosee: Scenery) -> Scenery:
    """Anne was asked whether her announcement is sent, and changed the opening hours instead."""
    assert SENDS in await say(rosee, "!annonce", NEWS, "1")
    assert OPENED in await say(rosee, "!horaires mardi au samedi, 9h-19h", "oui")
    return rosee


async def test_thanks_below_other_hours_send_no_announcement(left: Scenery) -> None:
    said = await say(left, "ok merci")
    assert not is_sent(left)
    assert AGAIN in said
    assert SENDS in said
    await say(left, "oui")
    assert is_sent(left)


async def test_thanks_below_the_state_suspend_nobody(rosee: Scenery) -> None:
    await say(rosee, "!compte créer Zoé Martin zoe@exemple.fr", "oui")
    assert SUSPENDS in await say(rosee, "!compte suspendre zoé")
    await say(rosee, "!état")
    said = await say(rosee, "ok merci")
    assert AGAIN in said
    assert SUSPENDS in said
    assert SUSPENDED not in "".join(rosee.stage.said(office(rosee)))
    assert SUSPENDED in await say(rosee, "oui")


PLAIN = ["oui", "d’accord, merci", "oui merci", "oui, envoie", "non", "non merci", "non, pas lundi", "question", "2"]


@pytest.mark.parametrize("text", PLAIN)
async def test_nothing_plain_is_for_what_was_left(left: Scenery, text: str) -> None:
    assert AGAIN in await say(left, text)
    assert not is_sent(left)
    await say(left, "oui")
    assert is_sent(left)


async def test_a_click_is_for_what_it_is_on(left: Scenery) -> None:
    await left.stage.click(left.people["Anne"], office(left), "✅", on=left.stage.last_question(office(left)))
    assert is_sent(left)


async def test_where_it_was_asked_last_it_is_answered(rosee: Scenery) -> None:
    await say(rosee, "!annonce", NEWS, "1", "oui merci")
    assert is_sent(rosee)


@pytest.mark.parametrize("text", ["ok merci", "oui", "non"])
async def test_nothing_plain_is_for_what_stands_above_news(rosee: Scenery, text: str) -> None:
    await say(rosee, "!inviter @lou:ailleurs.fr")
    await rosee.stage.monday()
    assert "semaine" in rosee.stage.last(office(rosee))
    assert AGAIN in await say(rosee, text)
    assert INVITED not in "".join(rosee.stage.said(office(rosee)))
    assert INVITED in await say(rosee, "oui")


# -- where people talked meanwhile


@pytest.fixture
async def asked(rosee: Scenery) -> Scenery:
    """Anne is asked whether her announcement is sent."""
    assert SENDS in await say(rosee, "!annonce", NEWS, "1")
    return rosee


@pytest.mark.parametrize("text", PLAIN)
async def test_nothing_plain_is_for_a_question_below_which_somebody_spoke(asked: Scenery, text: str) -> None:
    await say(asked, "Tu as les clés ?", by="Bob")
    said = await say(asked, text)
    assert AGAIN in said
    assert SENDS in said
    assert not is_sent(asked)
    await say(asked, "oui")
    assert is_sent(asked)


async def test_people_who_go_on_talking_are_left_alone(asked: Scenery) -> None:
    told = []
    for _ in range(4):
        await say(asked, "Et samedi ?", by="Bob")
        told.append(await say(asked, "oui"))
    assert [AGAIN in said for said in told] == [True, True, False, False]
    assert told[2:] == ["", ""]
    assert not is_sent(asked)


async def test_two_who_each_talk_with_the_bot_do_not_disturb_each_other(asked: Scenery) -> None:
    await say(asked, "!horaires mardi au samedi, 9h-19h", by="Bob")
    assert AGAIN not in await say(asked, "oui")
    assert is_sent(asked)
    assert OPENED in await say(asked, "oui", by="Bob")


async def test_two_who_are_both_asked_back_come_to_their_ends(asked: Scenery) -> None:
    await say(asked, "!horaires mardi au samedi, 9h-19h", by="Bob")
    await say(asked, "Coucou !", by="Cléa")
    for person in ("Anne", "Bob"):
        assert AGAIN in await say(asked, "oui", by=person)
    await say(asked, "oui")
    assert is_sent(asked)
    assert OPENED in await say(asked, "oui", by="Bob")


async def test_what_is_said_in_a_thread_is_another_talk(asked: Scenery) -> None:
    root = await asked.stage.write(asked.people["Anne"], office(asked), "!état")
    await say(asked, "!annonce", NEWS, "1")
    await asked.stage.thread(asked.people["Bob"], office(asked), root, "Tu as les clés ?")
    assert AGAIN not in await say(asked, "oui")
    assert is_sent(asked)


@pytest.mark.parametrize("text", ["oui", "non", "2"])
async def test_whoever_calls_the_bot_or_replies_is_understood(asked: Scenery, text: str) -> None:
    await say(asked, "Tu as les clés ?", by="Bob")
    assert AGAIN not in await say(asked, f"Conciergerie : {text}")


@pytest.mark.parametrize("text", ["oui", "non merci", "2"])
async def test_a_reply_to_somebody_is_for_them(asked: Scenery, text: str) -> None:
    theirs = await asked.stage.write(asked.people["Bob"], office(asked), "Tu as les clés ?")
    before = asked.stage.said(office(asked))
    await asked.stage.reply(asked.people["Anne"], office(asked), theirs, text)
    assert asked.stage.said(office(asked)) == before
    assert not is_sent(asked)


async def test_a_reply_is_for_what_it_is_on(asked: Scenery) -> None:
    question = asked.stage.last_question(office(asked))
    await say(asked, "Tu as les clés ?", by="Bob")
    await asked.stage.reply(asked.people["Anne"], office(asked), question, "oui")
    assert is_sent(asked)


# -- where it was long ago


@pytest.fixture
async def forgotten(rosee: Scenery) -> Scenery:
    """Anne was asked in the morning whether Lou is invited, and people have talked of other things since."""
    assert INVITES in await say(rosee, "!inviter @lou:ailleurs.fr")
    await rosee.stage.wait(1 / 4)
    await say(rosee, "Tu viens à midi ?", by="Bob")
    return rosee


@pytest.mark.parametrize("text", ["oui", "non", "2"])
async def test_nothing_plain_is_for_what_was_forgotten(forgotten: Scenery, text: str) -> None:
    told = await say(forgotten, text)
    assert STILL in told
    assert "!inviter" in told
    await say(forgotten, "Et samedi ?", by="Bob")
    assert await say(forgotten, text) == "", "told once"
    assert INVITED not in "".join(forgotten.stage.said(office(forgotten)))
    assert INVITES in await say(forgotten, "!où")
    assert INVITED in await say(forgotten, "oui")


@pytest.mark.parametrize(
    "text", ["Zoé arrive demain", "oui, dès que Marc a fini de ranger la cuisine", "à midi, ça va"]
)
async def test_talk_is_not_for_what_was_forgotten(forgotten: Scenery, text: str) -> None:
    assert await say(forgotten, text) == ""


async def test_what_was_forgotten_is_answered_by_a_click(forgotten: Scenery) -> None:
    question = forgotten.stage.last_question(office(forgotten))
    await forgotten.stage.click(forgotten.people["Anne"], office(forgotten), "✅", on=question)
    assert INVITED in forgotten.stage.last(office(forgotten))


async def test_where_nobody_else_spoke_it_is_answered_however_late(rosee: Scenery) -> None:
    await say(rosee, "!inviter @lou:ailleurs.fr")
    await rosee.stage.wait(1 / 4)
    assert INVITED in await say(rosee, "oui")
