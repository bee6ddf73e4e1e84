"""Whoever leaves in the middle of their welcome, or their lieu after it; and welcomes that an older program began."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import Tx
from tests.stage.stage import ME
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "membres": "Marc",
    "autres": "Zoé @zoe:ailleurs.fr",
    "salons": "Place",
    "salons ouverts": "Place",
    "présentations": "Place",
    "comptes": "oui",
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


def said(scene: Scenery, room: str) -> list[str]:
    return [body.replace("\u202f", " ") for body in scene.stage.said(room)]


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


def direct(scene: Scenery) -> str:
    return scene.stage.matrix.directs[scene.people["Zoé"]]


async def invited(scene: Scenery, who: str = "@zoe:ailleurs.fr") -> None:
    await scene.stage.write(scene.people["Anne"], office(scene), f"!inviter {who}")
    await scene.stage.write(scene.people["Anne"], office(scene), "oui")


async def answers(scene: Scenery, *lines: str) -> None:
    for line in lines:
        await scene.stage.write(scene.people["Zoé"], direct(scene), line)


async def welcomed(scene: Scenery) -> None:
    await invited(scene)
    await scene.stage.enter(scene.people["Zoé"], direct(scene))
    await answers(scene, "Zoé", "zoe", "zoe@exemple.fr", "passer", "oui", "oui")


def introduction(scene: Scenery) -> bool:
    """Whether it still stands in the hall."""
    events = scene.rooms["Place"].events
    return any("Voici Zoé" in event["content"].get("body", "") and not event["redacted"] for event in events)


async def test_an_invitation_says_which_lieu_and_who_invites_until_it_is_accepted(scene: Scenery) -> None:
    await invited(scene)
    room = scene.stage.world.rooms[direct(scene)]
    assert room.name == "La Rosée · Anne t’invite"
    await scene.stage.enter(scene.people["Zoé"], room.room_id)
    assert room.name == ""


async def test_whoever_comes_back_enters_a_conversation_that_is_called_as_the_bot(scene: Scenery) -> None:
    await invited(scene)
    zoe, room = scene.people["Zoé"], scene.stage.world.rooms[direct(scene)]
    await scene.stage.enter(zoe, room.room_id)
    await scene.stage.becomes(zoe, room.room_id, "leave")
    assert room.name.startswith("La Rosée · ")
    await scene.stage.enter(zoe, room.room_id)
    assert room.name == ""


async def test_whoever_leaves_the_lieu_before_a_greeting_is_shown_to_it_no_more(scene: Scenery) -> None:
    await welcomed(scene)
    await scene.stage.enter(scene.people["Zoé"], scene.space.room_id)
    assert introduction(scene)
    await scene.stage.becomes(scene.people["Zoé"], scene.space.room_id, "leave")
    assert not introduction(scene)
    await scene.stage.wait(2)
    assert "salué" not in said(scene, office(scene))[-1]


async def test_a_greeting_stays_where_it_was_said(scene: Scenery) -> None:
    await welcomed(scene)
    await scene.stage.enter(scene.people["Zoé"], scene.space.room_id)
    await scene.stage.click(scene.people["Marc"], scene.rooms["Place"].room_id, "👋")
    await scene.stage.becomes(scene.people["Zoé"], scene.space.room_id, "leave")
    assert introduction(scene)


async def test_nobody_greets_themselves(scene: Scenery) -> None:
    await welcomed(scene)
    await scene.stage.enter(scene.people["Zoé"], scene.space.room_id)
    await scene.stage.click(scene.people["Zoé"], scene.rooms["Place"].room_id, "👋")
    await scene.stage.wait(1.1)
    assert "Personne n’a encore salué Zoé" in said(scene, office(scene))[-1]


async def test_one_invitation_alone_is_left_to_accept_at_the_end(scene: Scenery) -> None:
    await welcomed(scene)
    zoe = scene.people["Zoé"]
    waiting = [room.name for room in scene.stage.world.rooms.values() if room.members.get(zoe) == "invite"]
    assert waiting == ["La Rosée"]


async def test_whoever_is_sent_out_is_not_called_back(scene: Scenery) -> None:
    await invited(scene)
    await scene.stage.enter(scene.people["Zoé"], direct(scene))
    await scene.stage.becomes(scene.people["Zoé"], direct(scene), "leave", by="@admin:ailleurs.fr")
    assert "admin a fait sortir Zoé" in said(scene, office(scene))[-1]
    assert scene.stage.world.rooms[direct(scene)].members[scene.people["Zoé"]] == "leave"


async def test_whoever_blocks_the_second_invitation_is_the_concierges_to_know(scene: Scenery) -> None:
    await invited(scene)
    await scene.stage.enter(scene.people["Zoé"], direct(scene))
    scene.stage.world.wanting_none[scene.people["Zoé"]] = "invitations-blocked"
    await scene.stage.becomes(scene.people["Zoé"], direct(scene), "leave")
    assert "je n’ai pas pu l’y réinviter" in said(scene, office(scene))[-1]


async def test_a_second_invitation_without_an_answer_is_told_once(scene: Scenery) -> None:
    await invited(scene)
    await scene.stage.enter(scene.people["Zoé"], direct(scene))
    before = len(said(scene, direct(scene)))
    await scene.stage.becomes(scene.people["Zoé"], direct(scene), "leave")
    for _ in range(10):
        await scene.stage.wait(1)
    told = [body for body in said(scene, office(scene)) if "sans réponse depuis trois jours" in body]
    assert len(told) == 1
    assert len(said(scene, direct(scene))) == before


async def test_the_bot_that_takes_somebody_out_talks_of_nobody_leaving(scene: Scenery) -> None:
    await invited(scene)
    await scene.stage.enter(scene.people["Zoé"], direct(scene))
    before = said(scene, office(scene))
    await scene.stage.becomes(scene.people["Zoé"], direct(scene), "leave", by=ME)
    assert said(scene, office(scene)) == before


# -- begun by the program of before


def named_since(tx: Tx) -> None:
    """The name was asked of everybody, whoever had said it."""
    told = "UPDATE steps SET value = json_set(value, '$.name', 'Zoé Martin') WHERE key = 'guest'"
    assert tx.execute(told).rowcount == 1


async def test_a_name_that_was_asked_is_still_answered(scene: Scenery) -> None:
    await invited(scene)
    await scene.stage.enter(scene.people["Zoé"], direct(scene))
    await scene.stage.database.write(named_since)
    await answers(scene, "Zouzou", "zoe", "zoe@exemple.fr", "passer", "non")
    assert any("prénom : Zouzou" in body for body in said(scene, direct(scene))[-2:])


def invited_into_rooms(tx: Tx) -> None:
    """Every room was an invitation."""
    of_welcome = "conversation = (SELECT conversation FROM arrivals)"
    row = tx.execute(f"SELECT conversation, max(seq) AS seq FROM steps WHERE {of_welcome}").fetchone()
    add = "INSERT INTO steps (conversation, key, seq, kind, status, value, at) VALUES (?, ?, ?, 'do', 'done', ?, 1)"
    room = tx.execute("SELECT json_extract(choices, '$.open_rooms[0]') AS id FROM lieux").fetchone()["id"]
    tx.execute(add, (row["conversation"], f"room[{room}]", row["seq"] + 1, '"invited"'))


def how_it_ended(tx: Tx) -> str:
    return str(tx.execute("SELECT status FROM conversations WHERE dialogue = 'welcome'").fetchone()["status"])


async def test_doors_that_were_opening_are_open(scene: Scenery) -> None:
    await invited(scene)
    await scene.stage.enter(scene.people["Zoé"], direct(scene))
    await answers(scene, "Zoé", "zoe", "zoe@exemple.fr", "passer", "non")
    scene.weather("l’annuaire", False)
    await answers(scene, "oui")
    await scene.stage.database.write(invited_into_rooms)
    scene.weather("l’annuaire", True)
    await scene.stage.wait(1)
    assert await scene.stage.database.read(how_it_ended) == "done"
