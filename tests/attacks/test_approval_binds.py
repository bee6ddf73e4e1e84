"""What was approved is what is done: whoever said yes said it to the words that they saw, and to nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.services.nextcloud import NEXTCLOUD
from tests.attacks.closing import BOTH, LIEU, accounts, asked, office, typed
from tests.stage.transcript import FOLDER, scene
from tests.stage.transcript_header import Scenery, scenery
from tests.stage.transcript_pages import acts


@pytest.fixture
async def closing(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with asked(tmp_path) as scene:
        yield scene


# -- the one who asked changes what was asked for


async def test_an_edit_while_another_is_asked_does_not_change_who_is_closed(closing: Scenery) -> None:
    """Bob is asked about Zoé. Anne edits « zoé » into « marc »; Bob says yes to what he was asked. Nobody is closed,
    and Bob is asked about Marc once Anne has agreed to the new recapitulation."""
    stage, room = closing.stage, office(closing)
    about_zoe = stage.last_question(room)
    await stage.edit(closing.people["Anne"], room, typed(closing, "zoé"), "marc")
    await stage.click(closing.people["Bob"], room, "✅", on=about_zoe)
    assert accounts(closing) == BOTH
    await stage.click(closing.people["Anne"], room, "✅")
    assert accounts(closing) == BOTH
    assert "fermer le compte de Marc Petit" in stage.said(room)[-2] + stage.said(room)[-1]
    await stage.click(closing.people["Bob"], room, "✅")
    assert accounts(closing) == {"zoe.martin"}


async def test_a_reply_to_the_question_of_before_is_no_yes_to_the_new_one(closing: Scenery) -> None:
    """The same, with words: Bob answers « oui » in reply to the question about Zoé when Marc is already asked about."""
    stage, room = closing.stage, office(closing)
    about_zoe = stage.last_question(room)
    await stage.edit(closing.people["Anne"], room, typed(closing, "zoé"), "marc")
    await stage.click(closing.people["Anne"], room, "✅")
    await stage.reply(closing.people["Bob"], room, about_zoe, "oui")
    assert accounts(closing) == BOTH
    await stage.thread(closing.people["Bob"], room, about_zoe, "oui")
    assert accounts(closing) == BOTH


async def test_taking_back_closes_what_others_were_asked(closing: Scenery) -> None:
    """« retour » reaches what was asked of others too: whatever Anne answers then, Bob’s yes to what he saw closes
    nobody."""
    stage, room = closing.stage, office(closing)
    about_zoe = stage.last_question(room)
    await stage.write(closing.people["Anne"], room, "!retour")
    await stage.click(closing.people["Bob"], room, "✅", on=about_zoe)
    assert accounts(closing) == BOTH
    await stage.write(closing.people["Anne"], room, "marc")
    await stage.click(closing.people["Bob"], room, "✅", on=about_zoe)
    assert accounts(closing) == BOTH


async def test_a_question_that_no_longer_counts_says_so_and_cannot_be_clicked_on(closing: Scenery) -> None:
    """Whoever reads the conciergerie an hour later must not take the old question for an open one."""
    stage, room = closing.stage, office(closing)
    about_zoe = stage.last_question(room)
    await stage.edit(closing.people["Anne"], room, typed(closing, "zoé"), "marc")
    events = stage.world.rooms[room].events
    offered = [e for e in events if e["type"] == "m.reaction" and not e["redacted"] and e["sender"] == stage.me]
    assert about_zoe not in [e["content"]["m.relates_to"]["event_id"] for e in offered]
    edits = [e["content"] for e in events if e["content"].get("m.relates_to", {}).get("rel_type") == "m.replace"]
    shown = [c["m.new_content"]["body"] for c in edits if c["m.relates_to"]["event_id"] == about_zoe]
    assert shown
    assert "a changé" in shown[-1]


async def test_deleting_the_answer_takes_it_back(closing: Scenery) -> None:
    """Anne deletes the message that named Zoé: it is asked again, and Bob's yes to what he saw closes nobody."""
    stage, room = closing.stage, office(closing)
    about_zoe = stage.last_question(room)
    await stage.delete(closing.people["Anne"], room, typed(closing, "zoé"))
    await stage.click(closing.people["Bob"], room, "✅", on=about_zoe)
    assert accounts(closing) == BOTH


async def test_an_answer_that_was_acted_upon_stays_although_it_is_deleted(closing: Scenery) -> None:
    stage, room = closing.stage, office(closing)
    await stage.click(closing.people["Bob"], room, "✅")
    assert accounts(closing) == {"marc.petit"}
    said = len(stage.said(room))
    await stage.delete(closing.people["Anne"], room, typed(closing, "zoé"))
    assert accounts(closing) == {"marc.petit"}
    assert len(stage.said(room)) == said


async def test_who_takes_their_yes_back_before_it_is_done_has_said_none(tmp_path: Path) -> None:
    """Zoé has left for a month. Bob says that her account may be closed, a second yes is awaited, and Bob takes his
    back: Clara's yes, to a closing that Bob had agreed to, closes nothing."""
    header = LIEU | {"membres": "Zoé Martin", "comptes connus": "Zoé Martin", "comptes du lieu": "Zoé Martin"}
    async with scenery(header, tmp_path) as lieu:
        stage, room, bob = lieu.stage, office(lieu), lieu.people["Bob"]
        await stage.write(lieu.people["Anne"], room, "!départ zoé")
        await stage.write(lieu.people["Anne"], room, "1")
        await stage.click(lieu.people["Anne"], room, "✅")
        await stage.wait(29.5)
        yes = await stage.click(bob, room, "✅")
        second = stage.last_question(room)
        await stage.delete(bob, room, yes)
        await stage.click(lieu.people["Clara"], room, "✅", on=second)
        await stage.wait(1)
        assert "zoe.martin" in accounts(lieu)
        await stage.click(bob, room, "✅")
        await stage.click(lieu.people["Clara"], room, "✅")
        await stage.wait(1)
        assert "zoe.martin" not in accounts(lieu)


# -- the rule itself


async def test_switching_the_rule_off_is_no_yes_to_what_waits(closing: Scenery) -> None:
    """Bob is asked. The lieu stops deciding in twos, and Bob says no: his no counts."""
    stage, room = closing.stage, office(closing)
    lieu = (await stage.bot.lieux.all())[0]
    await stage.bot.lieux.choose(lieu.id, two=())
    await stage.click(closing.people["Bob"], room, "❌")
    assert accounts(closing) == BOTH


async def test_who_was_given_back_meanwhile_is_not_closed(closing: Scenery) -> None:
    """Clara gives Zoé her account back while Bob is asked whether to close it: his yes was to closing what is
    suspended."""
    stage, room = closing.stage, office(closing)
    about_zoe = stage.last_question(room)
    await stage.write(closing.people["Clara"], room, "!compte réactiver zoé")
    await stage.click(closing.people["Bob"], room, "✅", on=about_zoe)
    assert accounts(closing) == BOTH


# -- what was changed meanwhile

CHANGED = {
    "until": ("Anne : !partages photos prolonger", "Anne : dans deux jours"),
    "rights": ("Anne : !partages photos droits", "Anne : lire"),
    "ended": ("Anne : !partages photos finir", "Anne : oui"),
}


@pytest.mark.parametrize("how", CHANGED)
async def test_a_share_that_was_changed_meanwhile_is_not_prolonged(how: str) -> None:
    """Bob is asked whether a link is to go on for a month. Anne changes the link; his yes was to what it was."""
    head, _, body = (FOLDER / "partages.txt").read_text().partition("\n---\n")
    async with scene(head) as player:
        for first, *below in acts(body.splitlines()):
            await player.play(first, below)
            if first == "(7 jours passent)":
                break
        stage = player.scenes[0].stage
        question = stage.last_question(office(player.scenes[0]))
        for line in CHANGED[how]:
            await player.play(line, [])
        cloud = stage.services[NEXTCLOUD]
        assert cloud
        before = [share["expires"] for share in await cloud.shares.all()]
        await stage.click(player.scenes[0].people["Bob"], office(player.scenes[0]), "✅", on=question)
        assert [share["expires"] for share in await cloud.shares.all()] == before


SHARING = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc",
    "nextcloud": "oui",
    "dossiers": "La Rosée, La Rosée/Photos, La Rosée/Compta",
}


async def test_a_folder_that_took_the_name_of_another_is_not_shared(tmp_path: Path) -> None:
    """Anne is shown that Photos gets a link. Bob renames Photos, and Compta is called Photos when she says yes."""
    async with scenery(SHARING, tmp_path) as lieu:
        stage, room = lieu.stage, office(lieu)
        await stage.write(lieu.people["Anne"], room, "!partage lien Photos")
        for answer in ("lire", "demain", "passer", "non"):
            await stage.write(lieu.people["Anne"], room, answer)
        assert "C’est bon" in "\n".join(stage.said(room)[-2:])
        question = stage.last_question(room)
        for line in ("!dossier renommer Photos en Images", "oui", "!dossier renommer Compta en Photos", "oui"):
            await stage.write(lieu.people["Bob"], room, line)
        cloud = stage.services[NEXTCLOUD]
        assert cloud
        before = await cloud.shares.all()
        await stage.click(lieu.people["Anne"], room, "✅", on=question)
        assert await cloud.shares.all() == before


async def test_what_is_asked_in_the_conciergerie_is_not_answered_from_elsewhere(closing: Scenery) -> None:
    """A click that names the question, in a room where nobody sees it, is no yes."""
    stage, bob = closing.stage, closing.people["Bob"]
    question, private = stage.last_question(office(closing)), await stage.matrix.rooms.direct(bob)
    await stage.enter(bob, private)
    await stage.click(bob, private, "✅", on=question)
    await stage.reply(bob, private, question, "oui")
    assert accounts(closing) == BOTH


async def test_what_was_said_in_the_conciergerie_is_not_changed_from_elsewhere(closing: Scenery) -> None:
    """An edit that comes in an open room, where nothing is encrypted, names what Anne typed in the conciergerie: a
    server may have written it in her name. Bob is still asked about Zoé."""
    stage, room = closing.stage, office(closing)
    before, elsewhere = len(stage.said(room)), closing.rooms["Place du village"].room_id
    await stage.edit(closing.people["Anne"], elsewhere, typed(closing, "zoé"), "marc")
    assert len(stage.said(room)) == before
    await stage.click(closing.people["Bob"], room, "✅")
    assert accounts(closing) == {"marc.petit"}


# -- a name that now is somebody else's

LEAVING = (
    LIEU
    | {"actes à deux": "", "membres": "Zoé Martin"}
    | dict.fromkeys(("comptes connus", "comptes du lieu"), "Zoé Martin")
)


@pytest.mark.parametrize("when", ["before-the-eve", "after-the-yes"])
async def test_a_departure_does_not_close_the_account_of_a_namesake(tmp_path: Path, when: str) -> None:
    """Zoé leaves. Her account is closed before its time, and another Zoé Martin is welcomed, who gets the name that is
    free again. A month after the departure of the first, the account of the second stays."""
    async with scenery(LEAVING, tmp_path) as lieu:
        stage, room, anne = lieu.stage, office(lieu), lieu.people["Anne"]
        await stage.write(anne, room, "!départ zoé")
        await stage.write(anne, room, "1")
        await stage.click(anne, room, "✅")
        if when == "after-the-yes":
            await stage.wait(29.5)
            await stage.click(lieu.people["Bob"], room, "✅")
        for act in ("suspendre", "fermer"):
            await stage.write(anne, room, f"!compte {act} zoé")
            await stage.click(anne, room, "✅")
        assert "zoe.martin" not in accounts(lieu)
        await stage.write(anne, room, "!inviter Zoé Martin autre.zoe@exemple.fr")
        await stage.click(anne, room, "✅")
        assert "zoe.martin" in accounts(lieu)
        for _ in range(4):
            await stage.wait(9)
            if any(e["type"] == "m.reaction" and not e["redacted"] for e in stage.world.rooms[room].events[-4:]):
                await stage.click(lieu.people["Bob"], room, "✅")
        assert "zoe.martin" in accounts(lieu)
