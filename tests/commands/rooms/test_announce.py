"""`!annonce`: what is sent, where, how often, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.store.database import Tx
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.stage import ME, FakeRoom, Stage

Rooms = dict[str, FakeRoom]
NEWS = "Samedi, on jardine."


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    rooms = await lieu(stage, "La Rosée", ANNE)
    stage.matrix.names = {ANNE: "Anne"}
    rooms["garden"] = stage.matrix.room("Jardin", parent=rooms["space"].room_id)
    rooms["garden"].members, rooms["garden"].levels = dict(rooms["space"].members), {ME: 100}
    return rooms


async def say(stage: Stage, rooms: Rooms, *lines: str, by: str = ANNE) -> str:
    for line in lines:
        await stage.write(by, rooms["office"].room_id, line)
    return stage.last(rooms["office"].room_id)


async def test_it_is_seen_as_it_will_be_and_sent_once_in_each_room(stage: Stage, rosee: Rooms) -> None:
    office, places = rosee["office"].room_id, (rosee["room"].room_id, rosee["garden"].room_id)
    await say(stage, rosee, f"!annonce {NEWS}", "tout")
    assert [stage.said(place) for place in places] == [[], []]
    (preview,) = [said for said in stage.said(office) if NEWS in said]
    question = stage.last_question(office)
    await stage.click(ANNE, office, "✅", question)
    await stage.click(ANNE, office, "✅", question)
    await say(stage, rosee, "oui")
    assert [stage.said(place) for place in places] == [[preview], [preview]]
    assert "Anne" in preview


async def test_what_was_rewritten_is_seen_again(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin", "modifier message", "Dimanche, plutôt.")
    said = stage.said(rosee["office"].room_id)
    assert len([each for each in said if each.startswith("Dimanche, plutôt.")]) == 1
    await say(stage, rosee, "oui")
    (sent,) = stage.said(rosee["garden"].room_id)
    assert sent.startswith("Dimanche, plutôt.")


async def test_the_journal_has_one_line_and_not_the_words(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin", "oui")

    def look(tx: Tx) -> list[tuple[str, str, dict[str, str]]]:
        return [(row["by"], row["what"], json.loads(row["words"])) for row in tx.execute("SELECT * FROM acts")]

    assert await stage.database.read(look) == [(ANNE, "announced", {"rooms": "Jardin"})]


async def test_only_rooms_of_the_lieu_where_the_bot_may_speak_are_offered(stage: Stage, rosee: Rooms) -> None:
    phare = await lieu(stage, "Le Phare", BERTHE)
    rosee["garden"].also.add(phare["space"].room_id)
    rosee["room"].silent = 101
    offered = await say(stage, rosee, f"!annonce {NEWS}")
    assert "Jardin" in offered
    assert not [name for name in ("room", "office", "Phare") if name in offered]
    assert "Jardin" not in await say(stage, phare, f"!annonce {NEWS}", by=BERTHE)


async def test_nothing_leaves_without_a_yes(stage: Stage, rosee: Rooms) -> None:
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin", "annuler")
    await say(stage, rosee, f"!annonce {NEWS}", "Jardin")
    await stage.wait(1 / 24)
    await say(stage, rosee, "oui")
    assert stage.said(rosee["garden"].room_id) == []


BOLD = {"format": "org.matrix.custom.html"}


def sent(rooms: Rooms) -> dict[str, Any]:
    """What the garden was told."""
    (told,) = [
        event["content"] for event in rooms["garden"].events if event["sender"] == ME and "body" in event["content"]
    ]
    return dict(told)


async def test_an_announcement_keeps_its_form(stage: Stage, rosee: Rooms) -> None:
    office, html = rosee["office"].room_id, "<p>Samedi <strong>9 h</strong> :</p><ul><li>gants</li><li>bottes</li></ul>"
    await stage.write(ANNE, office, "!annonce")
    await stage.write(ANNE, office, "Samedi **9 h** :\n- gants\n- bottes", **BOLD, formatted_body=html)
    await say(stage, rosee, "Jardin", "oui")
    assert sent(rosee)["formatted_body"].startswith(html)
    assert sent(rosee)["body"].startswith("Samedi 9 h :\n• gants\n• bottes\n\n")


async def test_the_same_on_the_line_of_the_command(stage: Stage, rosee: Rooms) -> None:
    line = {
        "formatted_body": '!annonce Samedi <strong>9 h</strong>, <a href="https://matrix.to/#/@anne:lieu.fr">Anne</a>'
    }
    await stage.write(ANNE, rosee["office"].room_id, "!annonce Samedi **9 h**, Anne", **BOLD, **line)
    await say(stage, rosee, "Jardin", "oui")
    assert "<p>Samedi <strong>9 h</strong>, Anne</p>" in sent(rosee)["formatted_body"]
    assert "annonce" not in sent(rosee)["body"]


PILL = f'<a href="https://matrix.to/#/{ME}">{{}}</a>'


@pytest.mark.parametrize("called", ["Conciergerie :", f"{PILL.format('bot')}:", PILL.format(ME)])
async def test_an_answer_that_calls_the_bot_keeps_its_form(stage: Stage, rosee: Rooms, called: str) -> None:
    """By its name alone, or as the client of this person calls it."""
    await stage.write(ANNE, rosee["office"].room_id, "!annonce")
    html = f"{called} Samedi <strong>9 h</strong>"
    await stage.write(ANNE, rosee["office"].room_id, "Conciergerie : Samedi **9 h**", **BOLD, formatted_body=html)
    await say(stage, rosee, "Jardin", "oui")
    assert sent(rosee)["formatted_body"].startswith("<p>Samedi <strong>9 h</strong></p>")


@pytest.mark.parametrize("on_the_line", [True, False])
async def test_a_picture_is_announced_with_its_words(stage: Stage, rosee: Rooms, on_the_line: bool) -> None:
    office, words = rosee["office"].room_id, "L’affiche de samedi"
    if not on_the_line:
        await stage.write(ANNE, office, "!annonce")
    picture = {"body": f"!annonce {words}" if on_the_line else words, "filename": "affiche.png"}
    await stage.photo(ANNE, office, **picture)
    await say(stage, rosee, "Jardin", "oui")
    assert (sent(rosee)["msgtype"], sent(rosee)["url"]) == ("m.image", "mxc://lieu.fr/photo")
    assert sent(rosee)["body"].startswith(words)


async def test_a_picture_alone_is_announced(stage: Stage, rosee: Rooms) -> None:
    await stage.write(ANNE, rosee["office"].room_id, "!annonce")
    await stage.photo(ANNE, rosee["office"].room_id)
    await say(stage, rosee, "Jardin", "oui")
    assert (sent(rosee)["msgtype"], sent(rosee)["filename"]) == ("m.image", "IMG_2041.jpg")
    assert "Anne" in sent(rosee)["body"]


async def test_a_place_is_announced(stage: Stage, rosee: Rooms) -> None:
    place: dict[str, Any] = {"msgtype": "m.location", "geo_uri": "geo:47.39,0.68"}
    place["m.location"] = {"uri": "geo:47.39,0.68", "description": "La halle"}
    await stage.write(ANNE, rosee["office"].room_id, "!annonce")
    await stage.write(ANNE, rosee["office"].room_id, "geo", **place)
    await say(stage, rosee, "Jardin", "oui")
    assert "📍 La halle" in sent(rosee)["body"]


async def test_another_picture_is_seen_before_it_leaves(stage: Stage, rosee: Rooms) -> None:
    office = rosee["office"].room_id
    await stage.write(ANNE, office, "!annonce")
    await stage.photo(ANNE, office)
    await say(stage, rosee, "Jardin", "modifier message")
    await stage.photo(ANNE, office, url="mxc://lieu.fr/other")
    shown = [e["content"].get("url") for e in rosee["office"].events if e["sender"] == ME]
    assert [url for url in shown if url] == ["mxc://lieu.fr/photo", "mxc://lieu.fr/other"]
    await say(stage, rosee, "oui")
    assert sent(rosee)["url"] == "mxc://lieu.fr/other"
