"""Two lieux of one bot: nothing that one asks, hears or clicks shows anything of the other, between lieux neither."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from commands import ALL
from tests.network.lieux import Lieux, Place
from tests.network.two import below
from tests.stage.stage import FakeRoom

SHARED = "@conciergerie:commun.fr"
LADDER, SECRET, AT_HOME = "un escabeau de deux mètres", "trois barriques de cidre", "Anne a perdu les clefs"


@dataclass
class Together:
    """La Rosée and Le Moulin share a bot. La Rosée is in a network with L’Atelier, and asks for a ladder there."""

    lieux: Lieux
    rosee: Place
    moulin: Place
    atelier: Place

    @property
    def network(self) -> FakeRoom:
        return next(room for room in self.lieux.rooms.values() if room.network and not room.space)

    async def says(self, place: Place, text: str) -> list[str]:
        """What the bot says to this, in the conciergerie and to its concierge alone."""
        rooms = [place.office.room_id, await place.stage.matrix.rooms.direct(place.concierge)]
        before = [len(place.stage.said(room)) for room in rooms]
        await self.lieux.write(place.concierge, place.office.room_id, text)
        return [said for room, n in zip(rooms, before, strict=True) for said in place.stage.said(room)[n:]]

    def moulin_heard(self) -> str:
        """All that the bot ever said at Le Moulin."""
        rooms = [room for room in self.lieux.rooms.values() if room.name.endswith("Le Moulin")]
        rooms += [self.lieux.rooms[room] for who, room in self.moulin.stage.matrix.directs.items() if "moulin" in who]
        return "\n".join(str(event["content"]) for room in rooms for event in room.events)


@pytest.fixture
async def together(lieux: Lieux) -> Together:
    rosee = await lieux.build("La Rosée", "rosee.fr", bot=SHARED)
    moulin = await lieux.build("Le Moulin", "moulin.fr", bot=SHARED)
    found = Together(lieux, rosee, moulin, await lieux.build("L’Atelier", "atelier.fr"))
    await lieux.network(rosee, found.atelier)
    await lieux.ask(rosee, LADDER)
    return found


# Everything that a request of La Rosée, its network and its people are called; Le Moulin has none of them.
MARKS = (LADDER, "Touraine", "La Rosée", "Atelier", "rosee.fr", "atelier.fr")
BARE = [script.name for script in ALL if script.is_command]
ASKED = ("!demande 1", "!demandes", "!demandes toutes", "!réseau", "!journal", "!membres", "!suivi", "!partages")


@pytest.mark.parametrize("name", BARE)
async def test_no_command_shows_anything_of_the_other_lieu(together: Together, name: str) -> None:
    await _fill_journal(together)
    word = together.moulin.stage.bot.words.word("fr", f"command.{name}.word")
    for line in (f"!{word}", f"!{word} 1", f"!{word} Anne", "annuler"):
        await together.says(together.moulin, line)
    assert not [mark for mark in MARKS if mark in together.moulin_heard()]


async def _fill_journal(together: Together) -> None:
    """Acts, people on their way, and an answer, all at La Rosée."""
    office = together.rosee.office.room_id
    await together.lieux.write(together.rosee.concierge, office, "!inviter @zoe:rosee.fr")
    await together.lieux.click(together.rosee.concierge, office, "✅")
    card = together.lieux.card(together.atelier, LADDER)
    await together.lieux.click(together.atelier.concierge, together.atelier.office.room_id, "🙋", on=card)


async def test_the_request_of_a_lieu_has_no_number_and_no_story_in_another(together: Together) -> None:
    told = "\n".join([said for line in ASKED for said in await together.says(together.moulin, line)])
    assert told
    assert not [mark for mark in MARKS if mark in told]
    assert LADDER in "\n".join(await together.says(together.rosee, "!demande 1"))


async def test_a_network_of_one_lieu_is_not_one_of_the_other(together: Together) -> None:
    told = await together.says(together.moulin, "!demande un marteau")
    assert told[-1].startswith("Le lieu n’est encore dans aucun réseau")
    assert await together.moulin.stage.bot.network.networks.of(together.moulin.lieu.id) == []


async def test_envelopes_of_a_network_are_shown_in_the_lieu_that_is_there_alone(together: Together) -> None:
    await together.lieux.ask(together.atelier, SECRET)
    assert SECRET in "\n".join(together.lieux.said(together.rosee))
    assert SECRET not in together.moulin_heard()


async def test_a_click_or_a_line_from_another_lieu_moves_nothing(together: Together) -> None:
    lieux, card = together.lieux, together.lieux.card(together.rosee, LADDER)
    before = len(together.network.events)
    here = together.moulin.office.room_id
    for key in ("🎉", "🚫", "⏳", "🙋"):
        await lieux.click(together.moulin.concierge, here, key, on=card)
    await lieux.write(together.moulin.concierge, here, "C’est pour nous", **below(card))
    assert len(together.network.events) == before
    # … and who is in the room of La Rosée without being of La Rosée has no say there.
    together.rosee.office.members[together.moulin.concierge] = "join"
    await lieux.click(together.moulin.concierge, together.rosee.office.room_id, "🚫", on=card)
    await lieux.write(together.moulin.concierge, together.rosee.office.room_id, "Et là ?", **below(card))
    assert len(together.network.events) == before


async def test_who_knocks_at_a_network_is_shown_to_its_keeper_alone(together: Together) -> None:
    phare = await together.lieux.build("Le Phare", "phare.fr")
    (row,) = await together.rosee.stage.bot.network.networks.of(together.rosee.lieu.id)
    address = await together.rosee.stage.bot.network.networks.address(row["network"])
    await together.lieux.write(phare.concierge, phare.office.room_id, f"!réseau rejoindre {address}")
    await together.lieux.write(phare.concierge, phare.office.room_id, "passer")
    assert "phare.fr" in together.lieux.said(together.rosee)[-1]
    assert "phare.fr" not in together.moulin_heard()


# -- in one network, where each sees the requests of the other


@pytest.fixture
async def neighbours(lieux: Lieux) -> Together:
    """All three in one network; L’Atelier keeps it."""
    rosee = await lieux.build("La Rosée", "rosee.fr", bot=SHARED)
    moulin = await lieux.build("Le Moulin", "moulin.fr", bot=SHARED)
    found = Together(lieux, rosee, moulin, await lieux.build("L’Atelier", "atelier.fr"))
    await lieux.network(found.atelier, rosee, moulin)
    return found


async def test_what_is_asked_of_one_lieu_is_not_told_to_the_other(neighbours: Together) -> None:
    """The bot hears it for both."""
    lieux = neighbours.lieux
    await lieux.ask(neighbours.atelier, LADDER)
    card = lieux.card(neighbours.rosee, LADDER)
    await lieux.write(neighbours.rosee.concierge, neighbours.rosee.office.room_id, SECRET, **below(card))
    assert SECRET in "\n".join(lieux.said(neighbours.atelier))
    assert SECRET not in neighbours.moulin_heard()


async def test_what_is_said_beside_a_request_stays_where_it_was_said(neighbours: Together) -> None:
    await neighbours.lieux.ask(neighbours.atelier, LADDER)
    await neighbours.lieux.write(neighbours.rosee.concierge, neighbours.rosee.office.room_id, AT_HOME)
    assert AT_HOME not in neighbours.moulin_heard()


async def test_what_one_lieu_mutes_the_other_still_hears(neighbours: Together) -> None:
    lieux = neighbours.lieux
    await lieux.ask(neighbours.atelier, LADDER)
    here, there = lieux.card(neighbours.rosee, LADDER), lieux.card(neighbours.moulin, LADDER)
    await lieux.click(neighbours.rosee.concierge, neighbours.rosee.office.room_id, "🔕", on=here)
    await lieux.write(neighbours.moulin.concierge, neighbours.moulin.office.room_id, "Pour quand ?", **below(there))
    asked = lieux.card(neighbours.atelier, "Pour quand ?")
    place = neighbours.atelier
    await lieux.write(place.concierge, place.office.room_id, "Pour samedi", **below(asked, asked))
    assert "Pour samedi" in neighbours.moulin_heard()
    assert "Pour samedi" not in "\n".join(lieux.said(neighbours.rosee))


async def test_each_lieu_numbers_requests_for_itself(neighbours: Together) -> None:
    await neighbours.lieux.ask(neighbours.rosee, LADDER)
    await neighbours.lieux.ask(neighbours.moulin, SECRET)
    assert LADDER in "\n".join(await neighbours.says(neighbours.rosee, "!demande 1"))
    assert LADDER in "\n".join(await neighbours.says(neighbours.moulin, "!demande 1"))
    mine = "\n".join(await neighbours.says(neighbours.moulin, "!demandes nous"))
    assert SECRET in mine


async def test_a_lieu_does_not_change_the_request_of_its_neighbour(neighbours: Together) -> None:
    await neighbours.lieux.ask(neighbours.rosee, LADDER)
    for line in ("!demande 1 retirer", "oui", "!demande 1 pourvue", "oui"):
        await neighbours.says(neighbours.moulin, line)
    found = await neighbours.rosee.stage.bot.network.requests.one(neighbours.rosee.lieu, 1)
    assert found
    assert found["state"] == "open"
