"""What is said below a request arrives as it was said, or its writer is told that it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.network.lieux import Lieux
from tests.network.two import Two, below

HTML = "org.matrix.custom.html"
PICTURE = {"msgtype": "m.image", "filename": "laser.jpg", "url": "mxc://moulin.fr/abc", "info": {"w": 4, "h": 3}}
VOICE = {"msgtype": "m.audio", "url": "mxc://moulin.fr/v", "info": {"duration": 900}, "org.matrix.msc3245.voice": {}}
LISTED = "<p>Il faut&nbsp;:</p><ul><li><b>60 × 40</b></li><li>du bois</li></ul>"


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    two = await Two.meet(lieux)
    await two.ask()
    return two


async def other(two: Two, type: str, **content: Any) -> str:
    """Something of another type, in the thread of the card."""
    place = two.moulin
    return await two.lieux.event(place.office.room_id, place.concierge, type, content | below(two.card))


async def test_a_picture_keeps_the_words_under_it(two: Two) -> None:
    await two.answer("Celle-ci, **60 × 40**", **PICTURE, format=HTML, formatted_body="Celle-ci, <b>60 × 40</b>")
    shown = two.lieux.last_message(two.rosee)
    assert (shown["msgtype"], shown["url"], shown["filename"]) == ("m.image", "mxc://moulin.fr/abc", "laser.jpg")
    assert shown["body"] == "Le Moulin\u202f: Celle-ci, 60 × 40"
    assert "<strong>60 × 40</strong>" in shown["formatted_body"]


async def test_a_line_keeps_its_form(two: Two) -> None:
    await two.answer("Il faut :\n- **60 × 40**\n- du bois", format=HTML, formatted_body=LISTED)
    shown = two.lieux.last_message(two.rosee)
    assert shown["body"] == "Le Moulin\u202f:\nIl faut\u00a0:\n• 60 × 40\n• du bois"
    assert "<ul><li><strong>60 × 40</strong></li><li>du bois</li></ul>" in shown["formatted_body"]
    in_common = [e["content"] for e in two.room.events if "org.conciergerie.message" in e["content"]][-1]
    assert "<ul><li><strong>60 × 40</strong></li>" in in_common["formatted_body"]


async def test_whoever_is_named_is_named_and_not_called(two: Two) -> None:
    pill = '<a href="https://matrix.to/#/@anne:rosee.fr">@anne:rosee.fr</a> ?'
    mentions = {"user_ids": ["@anne:rosee.fr"]}
    named = {"format": HTML, "formatted_body": pill, "m.mentions": mentions}
    await two.answer("[@anne:rosee.fr](https://matrix.to/#/@anne:rosee.fr) ?", **named)
    shown = two.lieux.last_message(two.rosee)
    assert shown["m.mentions"] == {}
    assert not [part for part in ("matrix.to", "@anne") if part in shown["body"] + shown["formatted_body"]]
    assert shown["body"].endswith("?")


async def test_what_is_corrected_keeps_its_form_too(two: Two) -> None:
    first = await two.answer("Celle-ci", **PICTURE)
    new = {"body": "L’autre", **PICTURE, "format": HTML, "formatted_body": "<i>L’autre</i>"}
    relation = {"rel_type": "m.replace", "event_id": first}
    office = two.moulin.office.room_id
    await two.lieux.write(two.moulin.concierge, office, "* …", **{"m.new_content": new, "m.relates_to": relation})
    shown = two.lieux.last_message(two.rosee)["m.new_content"]
    assert (shown["msgtype"], shown["body"]) == ("m.image", "Le Moulin\u202f: L’autre")
    assert "<em>L’autre</em>" in shown["formatted_body"]


async def test_a_voice_and_a_place_arrive(two: Two) -> None:
    await two.answer("Message vocal.ogg", **VOICE)
    assert two.lieux.last_message(two.rosee)["url"] == "mxc://moulin.fr/v"
    place = {"uri": "geo:47.39,0.68", "description": "La halle"}
    await two.answer("geo", msgtype="m.location", geo_uri="geo:47.39,0.68", **{"org.matrix.msc3488.location": place})
    shown = two.lieux.last_message(two.rosee)["body"]
    assert "📍 La halle" in shown
    assert "mlat=47.39&mlon=0.68" in shown


async def test_a_sticker_and_a_poll_arrive_and_a_deleted_one_goes(two: Two) -> None:
    sticker = await other(two, "m.sticker", body="Bravo", url="mxc://moulin.fr/s", info={"w": 9, "h": 9})
    assert two.lieux.last_message(two.rosee)["url"] == "mxc://moulin.fr/s"
    shown = two.lieux.card(two.rosee, "Bravo")
    await two.lieux.event(two.moulin.office.room_id, two.moulin.concierge, "m.room.redaction", {"redacts": sticker})
    assert two.lieux.is_redacted(two.rosee, shown)
    poll = {"question": {"body": "Quel jour ?"}, "answers": [{"id": "a", "m.text": [{"body": "samedi"}]}]}
    await other(two, "m.poll.start", **{"m.poll": poll})
    assert "📊 Quel jour ?\n• samedi" in two.here()[-1]


async def test_what_cannot_pass_is_told_to_its_writer_once(two: Two) -> None:
    before = len(two.here())
    for _ in range(2):
        await two.answer("galerie", msgtype="org.example.gallery", items=[])
    assert len([said for said in two.there() if "ne passe pas d’un lieu à l’autre" in said]) == 1
    assert len(two.here()) == before


async def test_what_bots_say_is_neither_passed_on_nor_answered(two: Two) -> None:
    before = len(two.here()), len(two.there())
    await two.answer("bruit", msgtype="m.notice")
    assert (len(two.here()), len(two.there())) == before


@pytest.mark.parametrize("letter", ["m", "🙂"])
async def test_a_cut_is_told_on_both_sides(two: Two, letter: str) -> None:
    await two.answer(letter * 6_000)
    assert "La suite se lit chez Le Moulin" in two.here()[-1]
    assert "seul son début est passé" in two.there()[-1]


async def test_what_a_hostile_bot_calls_formatted_is_made_safe(two: Two) -> None:
    """The envelope is another program's: nothing in it is shown as it comes."""
    await two.answer("On en a une")
    (body,) = two.envelopes("message")
    forged = body | {"seq": 2, "id": "forged", "formatted": '<script>x</script><b>oui</b><img src="mxc://a/b">'}
    await two.forge(two.moulin.stage.bot.me, "message", forged)
    assert "<strong>oui</strong>" in json.dumps(two.lieux.last_message(two.rosee))
    assert not [part for part in ("script", "img") if part in two.lieux.last_message(two.rosee)["formatted_body"]]


async def test_a_question_that_keeps_words_alone_says_that_the_picture_is_not_kept(two: Two) -> None:
    """« !demande », answered by a photo with a caption: the words are the request, and nothing is lost in silence."""
    place = two.rosee
    await two.lieux.write(place.concierge, place.office.room_id, "!demande")
    await two.lieux.write(place.concierge, place.office.room_id, "une perceuse", **PICTURE)
    assert "Je garde tes mots, mais pas laser.jpg" in "\n".join(two.here()[-3:])
