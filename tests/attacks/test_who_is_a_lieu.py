"""Eve has an account like everybody's, makes a space and invites the bot: that gives her no lieu, and so nothing of the
services, the people and the names of the others. Only who hosts the bot says which space is a lieu."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.lieux import Lieu
from bot.matrix.sync_batch import Reader
from bot.operator import lieu_spaces as spaces
from bot.services.tenancy import NOTHING, Services
from tests.network.lieux import Lieux
from tests.stage.stage import ME, FakeRoom, Stage
from tests.stage.transcript_header import Scenery, scenery

EVE, ANNE, INES = "@eve:lieu.fr", "@anne:lieu.fr", "@ines:lieu.fr"
HEADER = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "membres": "Zoé",
    "autres": "Eve, Paul",
    "hébergeurs": "Inès",
    "comptes": "oui",
    "comptes connus": "Zoé",
    "nextcloud": "oui",
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Anne's lieu, which Inès hosts, with accounts and a cloud."""
    async with scenery(HEADER, tmp_path) as scene:
        yield scene


def space_of(scene: Scenery, person: str, name: str) -> FakeRoom:
    """Somebody's space, in which the bot is not yet."""
    space = scene.stage.matrix.room(name, space=True)
    space.members, space.levels = {person: "join"}, {person: 100, ME: 50}
    return space


async def wants_a_lieu(scene: Scenery, name: str, person: str = EVE) -> FakeRoom:
    space = space_of(scene, person, name)
    await scene.stage.bring_bot(person, space.room_id)
    return space


def private(scene: Scenery, person: str) -> str:
    return scene.stage.matrix.directs[person]


async def tries(scene: Scenery, *lines: str, person: str = EVE) -> list[str]:
    """What the bot answers to all of this, in private."""
    room = private(scene, person)
    before = len(scene.stage.said(room))
    for line in lines:
        await scene.stage.write(person, room, line)
    return scene.stage.said(room)[before:]


async def served(scene: Scenery) -> list[str]:
    return [lieu.name for lieu in await scene.stage.bot.lieux.all()]


INSTALLATION = ("passer", "non", "1", "groupe : phare", "dossier : Phare", "oui")


def board(scene: Scenery) -> str:
    """The room of who hosts the bot."""
    return scene.stage.matrix.made_rooms["operators"]


def cards(scene: Scenery) -> list[str]:
    """What Inès was asked, each question once."""
    made = scene.stage.matrix.made_rooms
    said = scene.stage.said(made["operators"]) if "operators" in made else []
    return [body for body in said if "veut ouvrir le lieu" in body and not body.startswith("* ")]


async def answers(scene: Scenery, key: str, who: str = INES, name: str = "veut ouvrir") -> None:
    room = scene.stage.world.rooms[board(scene)]
    card = next(
        event["event_id"]
        for event in reversed(room.events)
        if name in event["content"].get("body", "") and "m.new_content" not in event["content"]
    )
    await scene.stage.click(who, board(scene), key, on=card)


# -- what Eve is after


async def test_thirty_accounts_in_two_seconds(scene: Scenery) -> None:
    """Her own lieu would make thirty accounts, with a mail to each address that she likes."""
    assert scene.directory
    before = dict(scene.directory.accounts)
    await wants_a_lieu(scene, "Le Phare")
    await tries(scene, *INSTALLATION)
    crowd = ", ".join(f"Nemo {n} <nemo{n}@exemple.fr>" for n in range(30))
    await tries(scene, f"!inviter {crowd}", "oui", "✅")
    assert await served(scene) == ["La Rosée"]
    assert scene.directory.accounts == before
    assert scene.directory.mails == []


@pytest.mark.parametrize("command", ["!inviter zoe@exemple.fr", "!membres Zoé", "!compte zoe", "!suivi", "!état"])
async def test_whose_address_is_behind_an_e_mail(scene: Scenery, command: str) -> None:
    await wants_a_lieu(scene, "Le Phare")
    said = await tries(scene, *INSTALLATION, command, "Zoé", "oui")
    assert not any("@zoe" in line or "Zoé" in line for line in said)


async def test_what_anybody_may_ask_without_a_lieu_shows_nothing(scene: Scenery) -> None:
    await wants_a_lieu(scene, "Le Phare")
    said = await tries(scene, "!lieux", "!demande une échelle", "!partages", "!réseau", "!journal", "aide", "où")
    assert not any(word in line for line in said for word in ("La Rosée", "Zoé", "Anne"))


async def test_her_people_knock_and_come_to_a_space_that_is_none(scene: Scenery) -> None:
    """What others do in her space makes no conversation, and nobody of another lieu hears of it."""
    space = await wants_a_lieu(scene, "Le Phare")
    space.join = "knock"
    office = scene.rooms["Conciergerie"].room_id
    before = len(scene.stage.said(office))
    await scene.stage.becomes("@paul:lieu.fr", space.room_id, "knock", reason="Bonjour")
    await scene.stage.enter("@paul:lieu.fr", space.room_id)
    child = {"via": ["lieu.fr"]}
    await scene.stage.event(space.room_id, EVE, "m.space.child", child, state_key=scene.rooms["Conciergerie"].room_id)
    await scene.stage.event(space.room_id, EVE, "m.room.power_levels", {"users": {EVE: 100}}, state_key="")
    assert len(scene.stage.said(office)) == before
    assert "@paul:lieu.fr" not in scene.stage.matrix.directs


# -- who says yes


async def test_a_yes_makes_the_lieu_for_whoever_asked(scene: Scenery) -> None:
    await wants_a_lieu(scene, "Le Phare", "@paul:lieu.fr")
    assert "Paul (@paul:lieu.fr) veut ouvrir le lieu Le Phare" in cards(scene)[0]
    await answers(scene, "✅")
    assert await served(scene) == ["La Rosée", "Le Phare"]
    assert "Il me manque des droits dans Le Phare" in scene.stage.last(private(scene, "@paul:lieu.fr"))


async def test_a_no_is_said_kindly_and_the_bot_goes(scene: Scenery) -> None:
    space = await wants_a_lieu(scene, "Le Phare")
    await answers(scene, "❌")
    assert "n’a pas ouvert Le Phare" in scene.stage.last(private(scene, EVE))
    assert space.members[ME] == "leave"
    await scene.stage.bring_bot(EVE, space.room_id)
    assert space.members[ME] == "leave"
    assert (len(cards(scene)), await served(scene)) == (1, ["La Rosée"])


@pytest.mark.parametrize("who", [EVE, ANNE, "@zoe:lieu.fr", "@ines:ailleurs.fr"])
async def test_nobody_else_answers_for_the_host(scene: Scenery, who: str) -> None:
    """Not even a concierge of another lieu, nor somebody whom an operator let into the room."""
    await wants_a_lieu(scene, "Le Phare")
    await scene.stage.enter(who, board(scene))
    await answers(scene, "✅", who)
    await scene.stage.write(who, board(scene), "oui")
    await scene.stage.reply(who, board(scene), scene.stage.last_question(board(scene)), "oui")
    assert await served(scene) == ["La Rosée"]


async def test_one_yes_of_two_counts_once(tmp_path: Path) -> None:
    async with scenery(HEADER | {"hébergeurs": "Inès, Jules"}, tmp_path) as scene:
        await wants_a_lieu(scene, "Le Phare")
        await answers(scene, "✅")
        await answers(scene, "❌", "@jules:lieu.fr")
        assert await served(scene) == ["La Rosée", "Le Phare"]
        hello = [body for body in scene.stage.said(private(scene, EVE)) if "me voilà dans" in body]
        assert len(hello) == 1


@asynccontextmanager
async def hosted_by(scene: Scenery, path: Path, *operators: str, **settings: list[str]) -> AsyncIterator[Scenery]:
    """The bot starts again, with other settings."""
    await scene.stage.bot.inbox_worker.close()
    await scene.stage.bot.engine.close()
    before = scene.stage
    await before.close()
    clock = before.clock
    scene.stage = await Stage.open(path, before.services, before.matrix, clock, operators=operators, **settings)
    try:
        await scene.stage.bot.decisions.go_on()
        await scene.stage.settle()
        yield scene
    finally:
        await scene.stage.close()


async def test_whoever_hosts_it_no_more_answers_no_more(scene: Scenery, tmp_path: Path) -> None:
    await wants_a_lieu(scene, "Le Phare")
    await scene.stage.enter(INES, board(scene))
    async with hosted_by(scene, tmp_path, "@jules:lieu.fr"):
        room = scene.stage.world.rooms[board(scene)]
        assert (room.members[INES], room.members["@jules:lieu.fr"]) == ("leave", "invite")
        await answers(scene, "✅", INES)
        assert await served(scene) == ["La Rosée"]
        await answers(scene, "✅", "@jules:lieu.fr")
        assert await served(scene) == ["La Rosée", "Le Phare"]


async def test_silence_is_no_yes(scene: Scenery) -> None:
    await wants_a_lieu(scene, "Le Phare")
    for _ in range(40):
        await scene.stage.wait(days=1)
    assert await served(scene) == ["La Rosée"]
    assert len(cards(scene)) == 2, "a reminder, and no more"


async def test_where_nobody_is_set_to_answer_nothing_opens_by_itself(tmp_path: Path) -> None:
    header = {name: value for name, value in HEADER.items() if name != "hébergeurs"}
    async with scenery(header, tmp_path) as scene:
        await wants_a_lieu(scene, "Le Phare")
        assert "fais-lui signe" in scene.stage.last(private(scene, EVE))
        await tries(scene, *INSTALLATION)
        assert await served(scene) == ["La Rosée"]
        async with hosted_by(scene, tmp_path, INES):
            assert len(cards(scene)) == 1, "whoever is set later is asked"
            await answers(scene, "✅")
            assert await served(scene) == ["La Rosée", "Le Phare"]


# -- a yes is worth what was shown


async def test_a_space_that_is_called_otherwise_meanwhile_is_asked_anew(scene: Scenery) -> None:
    space = await wants_a_lieu(scene, "Le Phare")
    space.name = "La Quincaillerie"
    await answers(scene, "✅")
    assert await served(scene) == ["La Rosée"]
    assert "La Quincaillerie" in cards(scene)[-1]
    await answers(scene, "✅", name="La Quincaillerie")
    assert await served(scene) == ["La Rosée", "La Quincaillerie"]


@pytest.mark.parametrize("how", ["put out", "without power", "without the bot"])
async def test_whoever_asked_must_still_have_the_right(scene: Scenery, how: str) -> None:
    """Eve took over a space for an hour; its people put her out before Inès says yes to her."""
    space = await wants_a_lieu(scene, "Le Phare")
    if how == "put out":
        space.members[EVE] = "ban"
    elif how == "without power":
        space.levels[EVE] = 0
    else:
        space.members[ME] = "leave"
    await answers(scene, "✅")
    assert await served(scene) == ["La Rosée"]
    assert "la demande tombe" in scene.stage.last(board(scene)).casefold()


@pytest.mark.parametrize("name", ["La Rosée", "la rosee", "La Rosée\u200b", "LA ROSE\u0301E !"])
async def test_a_namesake_is_said(scene: Scenery, name: str) -> None:
    await wants_a_lieu(scene, name)
    assert "un lieu de ce nom existe déjà" in cards(scene)[0]


async def test_a_name_is_no_message_of_its_own(scene: Scenery) -> None:
    """A stranger's words: one line, short, without markup or what turns the reading direction."""
    hostile = "Le Phare** ok ?\n\n✅ déjà décidé\u202e <b>@room</b> " + "très " * 400
    await wants_a_lieu(scene, hostile)
    room = scene.stage.world.rooms[board(scene)]
    content = next(e["content"] for e in room.events if "veut ouvrir" in e["content"].get("body", ""))
    assert len(content["body"]) < 500
    assert "\u202e" not in content["body"]
    assert "<b>@room" not in content["formatted_body"]
    assert "déjà décidé\n" not in content["body"].replace("\n\n", "\n")
    assert content["m.mentions"] == {"user_ids": [INES]}


# -- a nuisance


async def test_a_crowd_of_spaces_makes_three_cards(scene: Scenery) -> None:
    spaces = [await wants_a_lieu(scene, f"Lieu {n}") for n in range(12)]
    assert len(cards(scene)) == 3
    assert [space.members[ME] for space in spaces] == ["join"] * 3 + ["leave"] * 9
    said = scene.stage.said(private(scene, EVE))
    assert len(said) == 3, "beyond, it goes without a word"


async def test_a_crowd_of_accounts_makes_no_more_than_a_page(scene: Scenery) -> None:
    for n in range(40):
        await wants_a_lieu(scene, f"Lieu {n}", f"@eve{n}:lieu.fr")
    assert len(cards(scene)) == 24


async def test_the_same_space_again_and_again_is_one_card(scene: Scenery) -> None:
    space = await wants_a_lieu(scene, "Le Phare")
    for membership in ("leave", "invite", "ban", "leave", "invite"):
        await scene.stage.becomes(ME, space.room_id, membership, by=EVE)
    assert len(cards(scene)) == 1
    assert len(scene.stage.said(private(scene, EVE))) == 1
    await answers(scene, "✅")
    assert await served(scene) == ["La Rosée", "Le Phare"]


# -- by the side


async def test_an_invitation_that_somebody_else_is_said_to_have_sent(scene: Scenery) -> None:
    """Her server tells that Inès invited the bot, into a space where Inès has all power and has never been."""
    space = scene.stage.matrix.room("Le Phare", space=True)
    space.members, space.levels = {EVE: "join"}, {EVE: 100, INES: 100}
    await scene.stage.bring_bot(INES, space.room_id)
    assert await served(scene) == ["La Rosée"]
    assert space.members[ME] == "leave"


def test_the_invitation_itself_counts_and_not_what_is_told_beside_it() -> None:
    """What the inviter's server tells of the room comes before the invitation, which is signed: it may hold another."""
    told = [
        {"type": "m.room.member", "state_key": ME, "sender": who, "content": {"membership": "invite"}, **more}
        for who, more in ((INES, {"event_id": "$forged"}), (EVE, {}))
    ]
    raw = {"next_batch": "s1", "rooms": {"invite": {"!1": {"invite_state": {"events": told}}}}}
    batch = Reader(ME, lambda room_id, event: None).read(raw, {}, first=False)
    assert [event.sender for event in batch.events] == [EVE]
    assert batch.invited == {"!1": EVE}


async def test_as_a_private_conversation(scene: Scenery) -> None:
    space = space_of(scene, EVE, "Le Phare")
    await scene.stage.becomes(ME, space.room_id, "invite", by=EVE, is_direct=True)
    for line in (*INSTALLATION, "!installer", "!inviter zoe@exemple.fr"):
        await scene.stage.write(EVE, space.room_id, line)
    assert await served(scene) == ["La Rosée"]
    assert not any("Zoé" in said or "@zoe" in said for said in scene.stage.said(space.room_id))


async def test_by_a_room_that_becomes_a_space(scene: Scenery) -> None:
    """A room is no lieu; the space that it is upgraded to is a new one, and asks."""
    room = scene.stage.matrix.room("Atelier")
    room.members, room.levels = {EVE: "join"}, {EVE: 100}
    await scene.stage.bring_bot(EVE, room.room_id)
    assert cards(scene) == []
    await wants_a_lieu(scene, "La Rosée")
    assert len(cards(scene)) == 1
    assert await served(scene) == ["La Rosée"]


async def test_a_lieu_that_comes_back_keeps_the_name_under_which_it_was_let_in(scene: Scenery) -> None:
    """An honest lieu's concierge renames the space, sends the bot away and invites it again: services go by names."""
    space = scene.space
    await scene.stage.becomes(ME, space.room_id, "leave", by=ANNE)
    assert await served(scene) == []
    space.name = "Le Phare"
    await scene.stage.bring_bot(ANNE, space.room_id)
    assert await served(scene) == ["La Rosée"]
    assert cards(scene) == []


async def test_a_namesake_takes_no_services_and_switches_none_off(scene: Scenery) -> None:
    """LIEU_LE_PHARE_… says no space: as long as there is one lieu its name is enough, then the id is demanded."""
    own = Services()
    services = replace(scene.stage.services, own={"LA_ROSEE": own})
    (rosee,) = await scene.stage.bot.lieux.all()
    assert services.of(rosee, [rosee]) is own
    await wants_a_lieu(scene, "La Rosée")
    assert services.of(rosee, await scene.stage.bot.lieux.all()) is own, "a stranger's space changes nothing"
    await answers(scene, "✅")
    both = await scene.stage.bot.lieux.all()
    assert [services.of(lieu, both) for lieu in both] == [NOTHING, NOTHING]
    sure = replace(services, own={rosee.space: own})
    assert [sure.of(lieu, both) for lieu in both] == [own, sure]


# -- on the command line, beside the bot that runs


async def says(scene: Scenery, *, end: str = "", allow: str = "", path: Path) -> str:
    """The operator's command, and what the bot does when it sees it."""
    told = await (spaces.allow(path, allow) if allow else spaces.end(path, end))
    await scene.stage.bot.decisions.go_on()
    await scene.stage.settle()
    return told


async def test_the_command_is_a_yes_too(scene: Scenery, tmp_path: Path) -> None:
    await wants_a_lieu(scene, "Le Phare")
    assert "goes on with the installation" in await says(scene, allow="le phare", path=tmp_path)
    assert await served(scene) == ["La Rosée", "Le Phare"]
    assert "Il me manque des droits dans Le Phare" in scene.stage.last(private(scene, EVE))
    assert "déjà décidé" in scene.stage.last(board(scene))
    await answers(scene, "❌")
    assert await served(scene) == ["La Rosée", "Le Phare"]


async def test_what_was_ended_is_over_at_once(scene: Scenery, tmp_path: Path) -> None:
    """Whatever goes on there: no right, no service, and it does not come back by itself."""
    stage, office, space = scene.stage, scene.rooms["Conciergerie"].room_id, scene.space
    await stage.write(ANNE, office, "!inviter")
    told = await spaces.end(tmp_path, "La Rosée")
    assert "within seconds" in told
    assert scene.stage.services.of(Lieu(1, space.room_id, "La Rosée"), await stage.bot.lieux.all()) is NOTHING
    await stage.bot.decisions.go_on()
    await stage.settle()
    assert "a mis fin à ce lieu" in stage.last(office)
    assert space.members[ME] == "leave"
    before = len(stage.said(office))
    await stage.write(ANNE, office, "!membres")
    assert not any("Zoé" in said for said in stage.said(office)[before:])
    await stage.bring_bot(ANNE, space.room_id)
    assert await served(scene) == []
    await says(scene, allow=space.room_id, path=tmp_path)
    await stage.bring_bot(ANNE, space.room_id)
    assert await served(scene) == ["La Rosée"]


async def test_what_was_ended_is_over_although_the_bot_has_not_seen_it(tmp_path: Path) -> None:
    """Somebody looks after two lieux, and is asked which one is meant. It is ended, and they answer before the bot sees
    it: who they were a moment ago is remembered, and counts no more."""
    async with scenery(HEADER | {"autre lieu": "La Dune"}, tmp_path) as scene:
        private = await scene.stage.matrix.rooms.direct(ANNE)
        await scene.stage.enter(ANNE, private)
        await scene.stage.write(ANNE, private, "!membres")
        assert "plusieurs lieux" in scene.stage.last(private)
        await spaces.end(tmp_path, "La Dune")
        await scene.stage.write(ANNE, private, "La Dune")
        assert not any("Les membres" in said for said in scene.stage.said(private))


async def test_two_of_one_name_are_told_apart(scene: Scenery, tmp_path: Path) -> None:
    space = await wants_a_lieu(scene, "La Rosée")
    with pytest.raises(spaces.NotMeant, match="several"):
        await spaces.end(tmp_path, "la rosée")
    await says(scene, end=space.room_id, path=tmp_path)
    assert await served(scene) == ["La Rosée"]
    assert space.members[ME] == "leave"
    lines = await spaces.listed(tmp_path)
    assert [("is a lieu" in line, "was refused" in line) for line in lines] == [(True, False), (False, True)]


async def test_a_space_that_is_called_by_the_id_of_another_is_not_meant(scene: Scenery, tmp_path: Path) -> None:
    """Eve calls her space by the id of one that the host is about to allow, and another by that of Anne's lieu: an id
    is never a name, so hers is not let in, and Anne's can still be ended."""
    paul = space_of(scene, "@paul:lieu.fr", "Le Phare")
    paul.room_id = "!phare:lieu.fr"
    scene.stage.world.rooms[paul.room_id] = paul
    await wants_a_lieu(scene, paul.room_id)
    await wants_a_lieu(scene, scene.space.room_id)
    assert "as soon as somebody" in await says(scene, allow=paul.room_id, path=tmp_path)
    assert await served(scene) == ["La Rosée"]
    assert "is no lieu any more" in await says(scene, end=scene.space.room_id, path=tmp_path)
    assert await served(scene) == []


async def test_a_space_may_be_allowed_before_anybody_asks(scene: Scenery, tmp_path: Path) -> None:
    space = space_of(scene, "@paul:lieu.fr", "Le Phare")
    assert "as soon as somebody" in await says(scene, allow=space.room_id, path=tmp_path)
    await scene.stage.bring_bot("@paul:lieu.fr", space.room_id)
    assert await served(scene) == ["La Rosée", "Le Phare"]
    assert cards(scene) == []


async def test_a_setting_is_a_yes_too(scene: Scenery, tmp_path: Path) -> None:
    """LIEUX is written after the question was put: it needs no answer any more."""
    space = await wants_a_lieu(scene, "Le Phare", "@paul:lieu.fr")
    async with hosted_by(scene, tmp_path, INES, spaces=[space.room_id]):
        assert await served(scene) == ["La Rosée", "Le Phare"]
        assert "déjà décidé" in scene.stage.last(board(scene))
        assert "Il me manque des droits dans Le Phare" in scene.stage.last(private(scene, "@paul:lieu.fr"))
        await answers(scene, "❌")
        other = space_of(scene, EVE, "Le Moulin")
        await scene.stage.bring_bot(EVE, other.room_id)
        assert await served(scene) == ["La Rosée", "Le Phare"]


async def test_settings_that_go_by_a_name_are_said_to_be_nobodys_once(scene: Scenery, tmp_path: Path) -> None:
    async with hosted_by(scene, tmp_path, INES, by_name=["LIEU_LA_ROSEE_"]):
        assert "operators" not in scene.stage.matrix.made_rooms, "there is one lieu"
        await wants_a_lieu(scene, "Le Phare")
        await answers(scene, "✅")
        for _ in range(3):
            await scene.stage.bot.decisions.go_on()
            await scene.stage.settle()
        told = [body for body in scene.stage.said(board(scene)) if "LIEU_LA_ROSEE_SPACE" in body]
        assert len(told) == 1


async def test_an_ended_lieu_hears_nothing_more_of_its_networks(lieux: Lieux) -> None:
    """Its people are in their rooms, and the bot too: what other lieux ask is not shown to them any more."""
    rosee, moulin = await lieux.build("La Rosée", "rosee.fr"), await lieux.build("Le Moulin", "moulin.fr")
    await lieux.network(rosee, moulin)
    await spaces.end(lieux.path / moulin.stage.me[1:].replace(":", "-"), "Le Moulin")
    await moulin.stage.bot.decisions.go_on()
    await lieux.settle()
    before = len(lieux.said(moulin))
    await lieux.ask(rosee, "une échelle")
    assert lieux.said(moulin)[before:] == []
    await lieux.write(moulin.concierge, moulin.office.room_id, "!demande un marteau")
    assert not any("un marteau" in said for said in lieux.said(rosee))
