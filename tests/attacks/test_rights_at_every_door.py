"""Whoever is no concierge any more gets nothing done and is shown nothing, whichever way they come in: and the lieu's
own affairs go on without them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.people import Role
from bot.store import inbox
from bot.talk.script import rights_of
from commands import ALL
from tests.attacks.closing import BOTH, LIEU, accounts, asked, ban, demote, office, typed
from tests.stage.stage import ME
from tests.stage.transcript_header import Scenery, scenery

GONE = {"demoted": demote, "banned": ban}
NEWS = {"demoted": ("m.room.power_levels", {}, ""), "banned": ("m.room.member", {"membership": "ban"}, None)}


@pytest.fixture
async def closing(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with asked(tmp_path) as scene:
        yield scene


# -- the one whose yes is awaited


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not-heard-yet"])
@pytest.mark.parametrize("how", GONE)
async def test_a_misunderstood_answer_is_not_edited_into_a_yes(closing: Scenery, how: str, heard: bool) -> None:
    """Bob answers « hmm », which is no answer. He loses his keys, and edits it into « oui »."""
    stage, room, bob = closing.stage, office(closing), closing.people["Bob"]
    await stage.reply(bob, room, stage.last_question(room), "hmm")
    await GONE[how](closing, "Bob", heard=heard)
    await stage.edit(bob, room, typed(closing, "hmm"), "oui")
    assert accounts(closing) == BOTH


@pytest.mark.parametrize("how", GONE)
async def test_a_click_does_not_count_because_we_have_not_heard_yet(closing: Scenery, how: str) -> None:
    """Bob spoke a minute ago: what he was then is remembered. The homeserver knows better, and is asked."""
    stage, room, bob = closing.stage, office(closing), closing.people["Bob"]
    await stage.write(bob, room, "!état")
    await GONE[how](closing, "Bob", heard=False)
    await stage.click(bob, room, "✅")
    assert accounts(closing) == BOTH


async def test_a_ban_and_a_click_that_come_together(closing: Scenery) -> None:
    """One sync brings both, and rooms are listened to side by side: whichever is heard first, Bob's yes is none."""
    stage, room, bob = closing.stage, office(closing), closing.people["Bob"]
    await stage.write(bob, room, "!état")
    question, space = stage.last_question(room), closing.space
    space.members[bob] = "ban"
    content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": question, "key": "✅"}}
    clicked = stage.happens(room, bob, "m.reaction", content)
    banned = stage.happens(
        space.room_id, closing.people["Clara"], "m.room.member", {"membership": "ban"}, state_key=bob
    )
    await stage.hear(clicked, banned)
    assert accounts(closing) == BOTH


async def test_a_yes_is_asked_anew_when_whoever_said_it_is_gone_before_it_is_done(closing: Scenery) -> None:
    """Bob says yes, and is demoted while the bot looks whether Zoé may be closed out: Clara is asked."""
    stage, room = closing.stage, office(closing)

    async def members(room_id: str) -> dict[str, str]:
        await demote(closing, "Bob", heard=False)
        return await real(room_id)

    real, stage.matrix.facts.members = stage.matrix.facts.members, members  # type: ignore[method-assign]
    await stage.click(closing.people["Bob"], room, "✅")
    assert accounts(closing) == BOTH
    assert any("ne fait plus partie de la conciergerie" in body for body in stage.said(room))
    await stage.click(closing.people["Clara"], room, "✅")
    assert accounts(closing) == {"marc.petit"}


# -- the one who asked


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not-heard-yet"])
@pytest.mark.parametrize("how", GONE)
async def test_a_second_yes_does_nothing_for_somebody_who_has_lost_the_keys(
    closing: Scenery, how: str, heard: bool
) -> None:
    """Anne asked, and is no concierge any more when Bob says yes. The conciergerie is told, once."""
    stage, room = closing.stage, office(closing)
    await GONE[how](closing, "Anne", heard=heard)
    await stage.click(closing.people["Bob"], room, "✅")
    assert accounts(closing) == BOTH
    assert sum("Je m’arrête là avec Anne" in said for said in stage.said(room)) == 1
    assert offered(closing, room) == []
    await stage.click(closing.people["Clara"], room, "✅", on=str(stage.world.rooms[room].events[-1]["event_id"]))
    await stage.wait(4)
    assert accounts(closing) == BOTH
    assert sum("Je m’arrête là avec Anne" in said for said in stage.said(room)) == 1


def offered(scene: Scenery, room: str) -> list[str]:
    """What the bot still offers to click on."""
    events = scene.stage.world.rooms[room].events
    own = [e for e in events if e["type"] == "m.reaction" and e["sender"] == ME and not e["redacted"]]
    return [e["content"]["m.relates_to"]["key"] for e in own]


FOLDERS = LIEU | {"nextcloud": "oui", "dossiers": "La Rosée, La Rosée/Comptes secrets, La Rosée/Ateliers"}
WAYS_IN = ("!où", "où", "!retour", "retour", "!modifier", "modifier", "!pourquoi", "pourquoi", "1", "oui", "passer")


@pytest.fixture
async def choosing(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Anne is shown the folders of the lieu, in private."""
    async with scenery(FOLDERS, tmp_path) as scene:
        private = await scene.stage.matrix.rooms.direct(scene.people["Anne"])
        await scene.stage.enter(scene.people["Anne"], private)
        await scene.stage.write(scene.people["Anne"], private, "!dossier renommer")
        assert "Comptes secrets" in scene.stage.last(private)
        yield scene


@pytest.mark.parametrize("how", GONE)
@pytest.mark.parametrize("words", WAYS_IN)
async def test_no_word_shows_folders_to_somebody_who_has_lost_the_keys(choosing: Scenery, words: str, how: str) -> None:
    """They are told once, kindly, and not what the lieu's folders are called."""
    stage, anne = choosing.stage, choosing.people["Anne"]
    private = stage.matrix.directs[anne]
    await GONE[how](choosing, "Anne")
    said = len(stage.said(private))
    for _ in range(3):
        await stage.write(anne, private, words)
    new = stage.said(private)[said:]
    assert not [body for body in new if "Comptes secrets" in body or "Ateliers" in body]
    assert sum("tu n’as plus ce rôle" in body for body in new) <= 1


async def test_a_ban_and_a_word_that_come_together(choosing: Scenery) -> None:
    """« où » is heard before the ban that the same sync brought: it shows nothing."""
    stage, anne, space = choosing.stage, choosing.people["Anne"], choosing.space
    private = stage.matrix.directs[anne]
    said = len(stage.said(private))
    space.members[anne] = "ban"
    asks = stage.happens(private, anne, "m.room.message", {"msgtype": "m.text", "body": "où"})
    banned = stage.happens(
        space.room_id, choosing.people["Bob"], "m.room.member", {"membership": "ban"}, state_key=anne
    )
    await stage.hear(asks, banned)
    assert not [body for body in stage.said(private)[said:] if "Comptes secrets" in body]


@pytest.mark.parametrize("how", GONE)
async def test_time_shows_nothing_either(choosing: Scenery, how: str) -> None:
    """Whoever has lost the keys is reminded of nothing; the conversation ends."""
    stage, private = choosing.stage, choosing.stage.matrix.directs[choosing.people["Anne"]]
    await GONE[how](choosing, "Anne")
    said = len(stage.said(private))
    await stage.wait(1)
    assert not [body for body in stage.said(private)[said:] if "Comptes secrets" in body]
    assert await stage.database.read(
        lambda tx: [r["status"] for r in tx.execute("SELECT status FROM conversations WHERE dialogue = 'folders'")]
    ) == ["stopped"]


async def test_an_edited_answer_is_not_done_for_somebody_who_has_lost_the_keys(tmp_path: Path) -> None:
    """Anne answers « hmm » to her own recapitulation, loses her keys, and edits it into « oui »."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, room, anne = scene.stage, office(scene), scene.people["Anne"]
        await stage.write(anne, room, "!compte suspendre zoé")
        await stage.write(anne, room, "hmm")
        await demote(scene, "Anne", heard=False)
        await stage.edit(anne, room, typed(scene, "hmm"), "oui")
        assert scene.directory
        assert scene.directory.accounts["zoe.martin"].active


async def test_what_a_service_kept_waiting_is_not_done_for_somebody_who_has_lost_the_keys(tmp_path: Path) -> None:
    """The directory is away when Anne invites somebody. Once it is back, she is no concierge: no account is made."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, room, anne = scene.stage, office(scene), scene.people["Anne"]
        await stage.write(anne, room, "!inviter Eve Noir eve@exemple.fr")
        scene.weather("l’annuaire", False)
        await stage.click(anne, room, "✅")
        await demote(scene, "Anne")
        scene.weather("l’annuaire", True)
        await stage.wait(1)
        assert "eve.noir" not in accounts(scene)


@pytest.mark.parametrize("how", ["demoted", "banned"])
async def test_a_long_row_of_effects_ends_where_its_person_loses_the_keys(tmp_path: Path, how: str) -> None:
    """Anne invites three people, and the directory takes its time for each: after the first, she is shown out."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, room, anne, directory = scene.stage, office(scene), scene.people["Anne"], scene.directory
        assert directory

        async def ensure_account(login: str, name: str, email: str) -> tuple[dict[str, Any], bool]:
            if login == "ada.un":
                await GONE[how](scene, "Anne", heard=False)
                kind, content, key = NEWS[how]
                news = stage.happens(
                    scene.space.room_id, scene.people["Clara"], kind, content, state_key=anne if key is None else key
                )
                await stage.database.write(inbox.receive, [news], None, stage.clock.now())
            return await real(login, name, email)

        real, directory.ensure_account = directory.ensure_account, ensure_account  # type: ignore[method-assign]
        people = ("Ada Un ada@exemple.fr", "Béa Deux bea@exemple.fr", "Cid Trois cid@exemple.fr")
        await stage.write(anne, room, "!inviter")
        await stage.write(anne, room, "\n".join(people))
        await stage.click(anne, room, "✅")
        made = {"ada.un", "bea.deux", "cid.trois"} & accounts(scene)
        assert made == {"ada.un"}


async def test_an_announcement_is_not_made_for_somebody_who_has_lost_the_keys(tmp_path: Path) -> None:
    """What is said in the lieu's rooms is an act like any other, though no service is asked."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, room, anne = scene.stage, office(scene), scene.people["Anne"]
        village = scene.rooms["Place du village"].room_id
        await stage.write(anne, room, "!annonce Tout est annulé")
        await stage.write(anne, room, "1")
        await demote(scene, "Anne", heard=False)
        await stage.click(anne, room, "✅")
        assert not [body for body in stage.said(village) if "annulé" in body]


async def test_what_is_asked_in_ones_own_name_is_not_done_in_it(tmp_path: Path) -> None:
    """A warning is nothing but words in private: Anne, demoted before she confirms it, warns nobody."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, room, anne, marc = scene.stage, office(scene), scene.people["Anne"], scene.people["Marc Petit"]
        private = await stage.matrix.rooms.direct(marc)
        await stage.enter(marc, private)
        await stage.write(anne, room, "!modérer Marc")
        await stage.write(anne, room, "1")
        await stage.write(anne, room, "Tais-toi")
        await demote(scene, "Anne", heard=False)
        await stage.click(anne, room, "✅")
        assert not [body for body in stage.said(private) if "Tais-toi" in body]


# -- what is remembered


async def test_what_was_asked_before_a_change_is_not_remembered_after_it(closing: Scenery) -> None:
    """The news of Bob's demotion is heard while the homeserver still answers what he was: that answer is forgotten."""
    stage, people, bob = closing.stage, closing.stage.bot.people, closing.people["Bob"]
    lieu = (await stage.bot.lieux.all())[0]

    async def powers(room_id: str) -> object:
        before = replace(await real(room_id), levels={**closing.space.levels})  # type: ignore[type-var]
        stage.matrix.facts.powers = real  # type: ignore[method-assign]
        await demote(closing, "Bob")
        return before

    real, stage.matrix.facts.powers = stage.matrix.facts.powers, powers  # type: ignore[method-assign,assignment]
    people.forget(lieu.space)
    assert await people.may(bob, "approve", lieu)  # so it was answered
    assert not await people.may(bob, "approve", lieu)


async def test_many_effects_in_a_row_ask_the_homeserver_once(tmp_path: Path) -> None:
    """Ten invitations are not ten times two questions about Anne."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, room, anne = scene.stage, office(scene), scene.people["Anne"]
        lines = "\n".join(f"@n{n}:ailleurs.fr" for n in range(10))
        await stage.write(anne, room, f"!inviter {lines}")
        asked = []

        async def membership(room_id: str, person: str) -> str:
            asked.append(person)
            return await real(room_id, person)

        real, stage.matrix.facts.membership = stage.matrix.facts.membership, membership  # type: ignore[method-assign]
        await stage.click(anne, room, "✅")
        assert {f"@n{n}:ailleurs.fr" for n in range(10)} <= stage.matrix.directs.keys()
        assert asked.count(anne) <= 2


# -- what the lieu wants whoever asked for it

LASTING = {
    "departing": "the day of a departure comes although the concierge who announced it has left",
    "shown-out": "a departure that was decided goes on where the bot lacked a right, whoever decided it",
    "closing": "what was locked is closed a month later, with the yes of whoever is there then",
    "expiry": "the end of a share is announced to the conciergerie",
    "voice-back": "a silence ends when it was said to end",
    "listed": "a list that the lieu reads goes on meaning people; where it applied it, it is proposed from then on",
    "listed-many": "a sentence",
    "reported": "what a member reported is to be decided although they have left",
    "erasure": "whoever wants to be forgotten leaves the lieu by it, and it is done",
    "called": "what somebody asked is to be answered, in the lieu or before its door",
    "knock": "whoever knocks has no right yet",
    "levels": "rooms follow the space, whoever changed it",
    "inherit": "silences and exclusions hold in new rooms, whoever added them",
    "at-the-door": "a network that does not answer is not waited for for ever",
    "admit-lieu": "begun by the bot",
    "settle-in": "begun by the bot",
    "bidden": "begun by the bot",
    "part": "begun by the bot",
    "project-begins": "the lieux agreed; whoever asked is a member, who agrees to nothing alone",
    "project-there": "the same",
    "project-folder": "the same",
    "project-offer": "the same",
    "project-more": "the same",
    "project-guests": "begun by the other lieu's word; about whoever is not of its servers, a concierge is asked",
    "project-late": "whoever was to come comes, once their server answers",
    "project-end": "whoever ended it has said so: nobody reaches the folder any more",
    "project-over": "another lieu ended it",
    "project-left": "another lieu left",
    "watch-request": "begun by the bot",
    "later": "begun by the bot",
    "missing": "begun by the bot",
    "monday": "begun by the bot",
}


def test_what_goes_on_without_its_person_is_written_here_with_the_reason() -> None:
    assert {script.name for script in ALL if script.lasting} == set(LASTING)


def test_no_command_goes_on_without_its_person() -> None:
    assert not [script.name for script in ALL if script.lasting and script.is_command]


def test_a_newcomer_goes_on_although_whoever_invited_them_has_left() -> None:
    """What begins with a newcomer asks nothing of them but to be there."""
    assert rights_of(ALL)["be-welcomed"].role is Role.STRANGER
    assert {script.action for script in ALL if script.name in ("welcome", "opening", "opened", "week")} == {
        "be-welcomed"
    }


LEAVING = LIEU | {"concierges": "Anne, Bob, Clara", "administration": "oui", "actes à deux": ""}


@pytest.mark.parametrize("how", GONE)
async def test_a_departure_goes_on_without_the_concierge_who_began_it(tmp_path: Path, how: str) -> None:
    """Anne sees Zoé out, and leaves the lieu herself. A month later Bob is asked, and the account is closed."""
    async with scenery(LEAVING, tmp_path) as scene:
        stage, room = scene.stage, office(scene)
        await stage.write(scene.people["Anne"], room, "!départ zoé")
        await stage.write(scene.people["Anne"], room, "1")
        await stage.click(scene.people["Anne"], room, "✅")
        assert scene.directory
        assert not scene.directory.accounts["zoe.martin"].active
        await GONE[how](scene, "Anne")
        await stage.wait(29.5)
        await stage.click(scene.people["Bob"], room, "✅")
        await stage.wait(1)
        assert "zoe.martin" not in accounts(scene)


async def test_a_newcomer_is_welcomed_although_whoever_invited_them_has_left(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, room = scene.stage, office(scene)
        eve = "@eve:ailleurs.fr"
        await stage.write(scene.people["Anne"], room, f"!inviter {eve}")
        await stage.click(scene.people["Anne"], room, "✅")
        await ban(scene, "Anne")
        private = stage.matrix.directs[eve]
        await stage.enter(eve, private)
        await stage.write(eve, private, "Ève")
        assert "Bienvenue" in "\n".join(stage.said(private))
        assert not [body for body in stage.said(private) if "plus ce rôle" in body]
