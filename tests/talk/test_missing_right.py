"""A right that the bot lacks never ends a conversation: it is asked for, waited for, and what was said stays."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage.furnished_lieux import ANNE, BERTHE, ZOE, journal
from tests.stage.guest_bot import Rooms, guest_in_its_room, powers, rename, say, welcomed
from tests.stage.stage import ME, Stage
from tests.stage.transcript_header import Scenery, scenery

OP = f"/op {ME} 100"


@pytest.fixture
async def rosee(stage: Stage) -> Rooms:
    return await guest_in_its_room(stage)


def since(stage: Stage, rooms: Rooms, count: int) -> list[str]:
    return stage.said(rooms["office"].room_id)[count:]


async def test_what_is_missing_is_asked_for_by_the_name_of_its_room_and_of_who_can_give_it(
    stage: Stage, rosee: Rooms
) -> None:
    asked = await rename(stage, rosee)
    assert "room · La Rosée" in asked
    assert "Tu peux" in asked
    assert OP in asked
    assert rosee["room"].name == "room · La Rosée"


async def test_it_goes_on_by_itself_when_the_right_is_given(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"
    assert await journal(stage) == [("room-name", None)]
    frozen = [text for text in stage.said(rosee["office"].room_id) if OP in text]
    assert "✓" in frozen[-1]


async def test_a_change_that_gives_nothing_is_met_with_silence(stage: Stage, rosee: Rooms) -> None:
    await rename(stage, rosee)
    before = len(stage.said(rosee["office"].room_id))
    await powers(stage, rosee["room"], berthe=50)
    assert since(stage, rosee, before) == []
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"


@pytest.mark.parametrize("done", ["c'est fait", "Voilà !", "oui", "fait", "✅", "mais si c'est fait !!"])
async def test_said_too_soon_it_is_asked_again_in_other_words(stage: Stage, rosee: Rooms, done: str) -> None:
    first = await rename(stage, rosee)
    second = await say(stage, rosee, done)
    assert second != first
    assert "Rang" in second
    assert rosee["room"].name == "room · La Rosée"
    rosee["room"].levels[ME] = 100
    await say(stage, rosee, done)
    assert rosee["room"].name == "Atelier"


@pytest.mark.parametrize("without", ["sans cela", "passer", "⏭", "sans"])
async def test_somebody_may_go_on_without(stage: Stage, rosee: Rooms, without: str) -> None:
    await rename(stage, rosee)
    before = len(stage.said(rosee["office"].room_id))
    await say(stage, rosee, without)
    assert any("Je n’ai pas les droits" in text for text in since(stage, rosee, before))
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "room · La Rosée"


@pytest.mark.parametrize("later", ["plus tard", "pourquoi", "bof", "je ne suis pas là"])
async def test_other_words_leave_it_waiting(stage: Stage, rosee: Rooms, later: str) -> None:
    await rename(stage, rosee)
    await say(stage, rosee, later)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"


@pytest.mark.parametrize("why", ["pourquoi", "Pourquoi ?", "à quoi ça sert ?", "c’est quoi ?"])
async def test_why_it_is_asked_for_is_told(stage: Stage, rosee: Rooms, why: str) -> None:
    await rename(stage, rosee)
    before = len(stage.said(rosee["office"].room_id))
    await say(stage, rosee, why)
    assert any("Sans cela, je ne peux pas" in text for text in since(stage, rosee, before))


async def test_whoever_is_asked_whether_to_stop_is_not_overtaken(stage: Stage, rosee: Rooms) -> None:
    rosee["space"].levels[ME] = -1
    private = await welcomed(stage, rosee)
    await stage.write(ZOE, private, "stop")
    await powers(stage, rosee["space"], bot=100)
    assert rosee["space"].members.get(ZOE) != "invite"
    await stage.write(ZOE, private, "tout arrêter")
    assert rosee["space"].members.get(ZOE) != "invite"


async def test_it_still_waits_after_a_restart(stage: Stage, rosee: Rooms, tmp_path: Path) -> None:
    await rename(stage, rosee)
    await stage.close()
    again = await Stage.open(tmp_path, stage.services, stage.matrix, stage.clock)
    await again.bot.engine.resume()
    await again.settle()
    await powers(again, rosee["room"], bot=100)
    assert rosee["room"].name == "Atelier"
    await again.close()


async def test_two_rights_are_asked_for_one_after_the_other(stage: Stage, rosee: Rooms) -> None:
    """Archiving takes power in the room and in its space."""
    rosee["space"].levels[ME] = 0
    await say(stage, rosee, "!salon archiver room · La Rosée")
    await say(stage, rosee, "oui")
    await powers(stage, rosee["space"], bot=100)
    assert rosee["room"].archived is None
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].archived == rosee["space"].room_id


async def test_a_room_that_the_bot_is_not_in_is_asked_into(stage: Stage, rosee: Rooms) -> None:
    del rosee["room"].members[ME]
    rosee["room"].join = "knock"
    asked = await say(stage, rosee, "!installer salon des présentations")
    answered = await say(stage, rosee, "room")
    assert f"/invite {ME}" in answered, asked
    await stage.becomes(ME, rosee["room"].room_id, "invite", by=ANNE)
    assert rosee["room"].members[ME] == "join"
    assert (await stage.bot.lieux.all())[0].choices.hall == rosee["room"].room_id


async def test_a_room_that_cannot_be_opened_yet_keeps_no_newcomer_waiting_and_opens_later(
    stage: Stage, rosee: Rooms
) -> None:
    rosee["room"].levels[ME] = -1
    private = await welcomed(stage, rosee)
    assert rosee["space"].members[ZOE] == "invite"
    assert OP in stage.last(rosee["office"].room_id)
    await powers(stage, rosee["room"], bot=100)
    assert rosee["room"].members[ZOE] == "invite"
    assert "room · La Rosée" in stage.last(private)


async def test_what_a_newcomer_waits_for_is_asked_of_the_conciergerie(stage: Stage, rosee: Rooms) -> None:
    """They can do nothing about it, and are not left without a word."""
    rosee["space"].levels[ME] = -1
    rosee["space"].members[BERTHE], rosee["space"].levels[BERTHE] = "join", 50
    rosee["office"].members[BERTHE] = "join"
    private = await welcomed(stage, rosee)
    assert "Rang" in stage.last(rosee["office"].room_id), stage.said(private)
    assert not any("Rang" in text for text in stage.said(private))
    await powers(stage, rosee["space"], bot=100)
    assert rosee["space"].members[ZOE] == "invite"


# The installation, from a place as Element makes it


@pytest.fixture
async def ordinary(tmp_path: Path) -> AsyncIterator[Scenery]:
    """A space that is Anne's alone, two rooms, one of them private; Berthe looks after it too."""
    header = {
        **{"lieu": "La Rosée", "concierges": "Anne, Berthe", "hébergeurs": "Anne", "installé": "non"},
        **{"salons": "Atelier, Bureau", "salons privés": "Bureau"},
    }
    async with scenery(header, tmp_path) as scene:
        yield scene


class Installing:
    def __init__(self, scene: Scenery) -> None:
        self.scene, self.stage = scene, scene.stage

    async def begin(self) -> None:
        await self.stage.bring_bot(ANNE, self.scene.rooms["La Rosée"].room_id)

    @property
    def said(self) -> list[str]:
        return self.stage.said(self.stage.matrix.directs[ANNE])

    async def answer(self, *lines: str) -> str:
        for line in lines:
            await self.stage.write(ANNE, self.stage.matrix.directs[ANNE], line)
        return self.said[-1]

    async def power(self, name: str) -> None:
        await powers(self.stage, self.scene.rooms[name], bot=100)

    async def invited(self, name: str) -> None:
        await self.stage.becomes(ME, self.scene.rooms[name].room_id, "invite", by=ANNE)


async def test_an_ordinary_installation_meets_no_refusal_and_asks_nothing_twice(ordinary: Scenery) -> None:
    anne = Installing(ordinary)
    await anne.begin()
    assert "La Rosée" in anne.said[-1]
    assert "Administrateur" in anne.said[-1]
    await anne.power("La Rosée")
    assert "un salon privé" in anne.said[-1], "whose name nobody tells the bot"
    assert "Atelier" not in anne.said[-1], "it is in there by itself"
    await anne.invited("Bureau")
    asked = len(anne.said)
    done = await anne.answer("passer", "non", "1", "salons au choix : Bureau", "oui")
    assert f"/op {ME} 100" in done, "Bureau opens to the members only where the bot has power"
    await anne.power("Bureau")
    assert "C’est prêt" in anne.said[-1]
    said = [text for text in anne.said[asked - 1 :] if "✓" not in text and "Voici comment ce sera" not in text]
    questions = [text.split("\n")[0] for text in said]
    assert len(questions) == len(set(questions)), questions
    assert not any("refusé" in text or "recommencer" in text for text in anne.said)
    lieu = (await anne.stage.bot.lieux.all())[0]
    assert lieu.choices.installed
    assert ordinary.rooms["Bureau"].join == "restricted"


async def test_every_concierge_is_invited_into_the_conciergerie(ordinary: Scenery) -> None:
    anne = Installing(ordinary)
    await anne.begin()
    await anne.power("La Rosée")
    await anne.answer("sans cela")
    await anne.answer("passer", "non", "1", "salons ouverts : rien", "oui")
    lieu = (await anne.stage.bot.lieux.all())[0]
    assert lieu.office is not None
    office = anne.stage.world.rooms[lieu.office]
    assert (office.members[ANNE], office.members[BERTHE]) == ("invite", "invite")
    assert office.parent == ordinary.space.room_id


async def test_who_becomes_a_concierge_later_is_invited_there_and_who_left_is_not_called_back(
    ordinary: Scenery,
) -> None:
    anne = Installing(ordinary)
    await anne.begin()
    await anne.power("La Rosée")
    await anne.answer("sans cela")
    await anne.answer("passer", "non", "1", "salons ouverts : rien", "oui")
    office = anne.stage.world.rooms[str((await anne.stage.bot.lieux.all())[0].office)]
    await anne.stage.becomes(BERTHE, office.room_id, "leave")
    ordinary.space.members[ZOE], ordinary.space.levels[ZOE] = "join", 50
    await powers(anne.stage, ordinary.space)
    assert (office.members[ZOE], office.members[BERTHE]) == ("invite", "leave")


async def test_a_lieu_may_be_installed_without_any_right_and_is_told_what_it_lacks(ordinary: Scenery) -> None:
    anne = Installing(ordinary)
    await anne.begin()
    await anne.answer("sans cela", "sans cela")
    assert "!état" in " ".join(anne.said[-4:])
    last = await anne.answer("passer", "non", "1", "on peut frapper : oui", "oui")
    assert any("Il me manque encore des droits" in text for text in anne.said[-3:]), last
    report = await anne.answer("!état")
    assert "La Rosée" in report
    assert "Administrateur" in report
    office = anne.stage.world.rooms[str((await anne.stage.bot.lieux.all())[0].office)]
    assert office.parent is None
    await anne.power("La Rosée")
    assert office.parent == ordinary.space.room_id, "it is seen as soon as it can be shown"


async def test_an_installation_begun_by_its_command_asks_for_its_rights_first_too(ordinary: Scenery) -> None:
    anne = Installing(ordinary)
    await anne.begin()
    await anne.answer("annuler", "tout arrêter", "!installer")
    assert "Administrateur" in anne.said[-1]
    await anne.power("La Rosée")
    assert "un salon privé" in anne.said[-1]


async def test_a_conciergerie_that_the_bot_was_put_out_of_is_told(stage: Stage, rosee: Rooms) -> None:
    """It is private: the homeserver does not even show it any more."""
    private = await stage.matrix.rooms.direct(ANNE)
    await stage.enter(ANNE, private)
    rosee["office"].members[ME] = "leave"
    await stage.write(ANNE, private, "!état")
    assert "je n’y suis plus" in stage.last(private)


async def test_an_invitation_into_one_of_two_rooms_leaves_the_other_asked_for(tmp_path: Path) -> None:
    header = {
        **{"lieu": "La Rosée", "concierges": "Anne", "hébergeurs": "Anne", "installé": "non"},
        **{"salons": "Atelier, Bureau", "salons privés": "Atelier, Bureau"},
    }
    async with scenery(header, tmp_path) as scene:
        anne = Installing(scene)
        await anne.begin()
        await anne.power("La Rosée")
        assert "(×2)" in anne.said[-1]
        await anne.invited("Atelier")
        assert "(×2)" not in anne.said[-1]
        assert "un salon privé" in anne.said[-1]
        await anne.invited("Bureau")
        assert "Avez-vous une charte" in anne.said[-1]


@pytest.mark.parametrize("stops", [("annuler", "tout arrêter"), ("annuler",), ("plus tard",)])
async def test_what_came_while_it_rested_is_seen_when_it_is_taken_up(ordinary: Scenery, stops: tuple[str, ...]) -> None:
    anne = Installing(ordinary)
    await anne.begin()
    await anne.answer("c’est fait", *stops)
    asked = len(anne.said)
    await anne.power("La Rosée")
    await anne.answer("reprendre")
    assert not any("Je ne vois pas encore" in text and "✓" not in text for text in anne.said[asked:])
    assert "un salon privé" in anne.said[-1]


@pytest.mark.parametrize("creators", [frozenset({ANNE}), frozenset[str]()])
async def test_whoever_made_a_space_of_a_recent_kind_is_told_beforehand_which_application_shows_how(
    tmp_path: Path, creators: frozenset[str]
) -> None:
    told = {"lieu": "La Rosée", "concierges": "Anne", "hébergeurs": "Anne", "installé": "non"}
    async with scenery(told, tmp_path) as scene:
        space = scene.rooms["La Rosée"]
        space.creators = creators
        await scene.stage.bring_bot(ANNE, space.room_id)
        (asked,) = [text for text in scene.stage.said(scene.stage.matrix.directs[ANNE]) if "Rang" in text]
        assert ("version 12" in asked) is bool(creators)
        assert "tu peux me" in asked.lower()
