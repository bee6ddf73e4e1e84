"""Between lieux, a partner is a stranger: what it names is not ours to leave, what it says elsewhere is not heard here,
and whom it sends gets a seat in the common room and nothing else.

Le Moulin has said yes to La Rosée once. From then on the bot of La Rosée is in wrong hands, and says what it likes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.operator.transfer import export
from bot.services.nextcloud import NEXTCLOUD
from tests.network.clouds import BOT, Pact, pact, services
from tests.network.lieux import Lieux, Place
from tests.network.two import Two
from tests.stage.stage import FakeRoom

pytestmark = pytest.mark.sampled(12)

HOUR = 1 / 24


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@dataclass
class Captured:
    """`bot` speaks for La Rosée in the network, whatever its concierges want; `said` counts what it says."""

    two: Pact
    said: int = 0

    @property
    def bot(self) -> str:
        return self.two.rosee.stage.me

    @property
    def home(self) -> str:
        return self.two.request.partition(".")[0]

    @property
    def other(self) -> str:
        return str(self.two.envelopes("offer")[0]["lieu"])

    async def says(self, state: str, **fields: Any) -> None:
        self.said += 1
        body = {"v": 1, "request": self.two.request, "lieu": self.home, "seq": self.said, "state": state}
        await self.two.forge(self.bot, "state", body | fields)

    async def names(self, room: FakeRoom, **fields: Any) -> None:
        """« Here is our common room. »"""
        await self.says("project", **{"with": self.other}, room=room.room_id, **fields)

    def invites(self, room: FakeRoom) -> None:
        """Their bot invites that of Le Moulin, as it should."""
        room.members[self.bot] = "join"
        self.two.lieux.moves(room.room_id, self.bot, self.two.moulin.stage.me, "invite")


async def capture(lieux: Lieux, stack: AsyncExitStack, there: str = "", **how: Any) -> Captured:
    """Both said yes; before La Rosée's bot does what it should, it is stopped, and somebody else speaks in its name."""
    two = await pact(lieux, stack, "", there)
    await two.yes_here()
    found = Captured(two, said=1)
    await lieux.stop(found.bot)
    await two.yes_there()
    lieux.names[found.bot] = "Conciergerie (bot)"
    return found


@pytest.fixture
async def captured(lieux: Lieux, stack: AsyncExitStack) -> Captured:
    return await capture(lieux, stack)


def common(captured: Captured, *, key: str | None = None, creator: str | None = None) -> FakeRoom:
    """A room as La Rosée's bot would make it."""
    room = captured.two.lieux.room("Une découpeuse laser pour samedi")
    room.creator = captured.bot if creator is None else creator
    room.key = f"project/{captured.two.request}" if key is None else key
    return room


async def answers(place: Place, room: FakeRoom, lieux: Lieux) -> bool:
    """Whether the bot of this lieu still hears its concierge in this room, and speaks there."""
    before = len(place.stage.said(room.room_id))
    await lieux.write(place.concierge, room.room_id, "!aide")
    return room.members[place.stage.me] == "join" and len(place.stage.said(room.room_id)) > before


# -- rooms


VICTIMS = ("office", "hall", "space", "network", "coordination", "direct", "other-office")


async def victim(captured: Captured, which: str) -> FakeRoom:
    two, lieux = captured.two, captured.two.lieux
    match which:
        case "office":
            return two.moulin.office
        case "hall":
            return two.moulin.hall
        case "space":
            return lieux.rooms[two.moulin.lieu.space]
        case "network":
            return next(room for room in lieux.rooms.values() if room.network and room.space)
        case "coordination":
            return two.room
        case "direct":
            room = lieux.rooms[await two.moulin.stage.matrix.rooms.direct(two.moulin.concierge)]
            room.members[two.moulin.concierge] = "join"
            return room
    forge = await lieux.build("La Forge", "forge.fr", bot=two.moulin.stage.me)
    return forge.office


@pytest.mark.parametrize("which", VICTIMS)
async def test_a_partner_that_names_a_room_of_ours_does_not_make_us_leave_it(captured: Captured, which: str) -> None:
    """« Our project’s room is your office », says La Rosée; then « the project is over »."""
    two, room = captured.two, await victim(captured, which)
    me = two.moulin.stage.me
    await captured.names(room)
    await captured.says("closed")
    await two.lieux.wait(HOUR)
    assert room.members[me] == "join"
    if which not in ("network", "coordination", "space"):
        place = two.lieux.places["La Forge"] if which == "other-office" else two.moulin
        assert await answers(place, room, two.lieux)


async def test_a_partner_that_names_the_office_of_another_lieu_does_not_make_us_deaf_there(captured: Captured) -> None:
    """The same bot serves La Forge, whose people are strangers to Le Moulin: they are heard in their own office."""
    room = await victim(captured, "other-office")
    await captured.names(room)
    assert await answers(captured.two.lieux.places["La Forge"], room, captured.two.lieux)


async def test_whoever_is_in_a_room_that_a_partner_named_is_not_listed(captured: Captured) -> None:
    """« !projet » tells who is in the common room: not who is in the office of a neighbour."""
    two, room = captured.two, await victim(captured, "other-office")
    two.lieux.names["@zoe:forge.fr"] = "Zoé Secret"
    room.members["@zoe:forge.fr"] = "join"
    await captured.names(room)
    await two.lieux.write(two.moulin.concierge, two.moulin.office.room_id, "!projet 1")
    assert "Zoé Secret" not in "\n".join(two.there())


async def test_a_room_into_which_nobody_invited_us_is_not_entered(captured: Captured) -> None:
    room = common(captured)
    room.join = "public"
    await captured.names(room)
    await captured.two.lieux.wait(HOUR)
    assert two_is_out(captured, room)


def two_is_out(captured: Captured, room: FakeRoom) -> bool:
    return room.members.get(captured.two.moulin.stage.me) != "join"


async def test_an_invitation_of_somebody_else_opens_no_project(captured: Captured) -> None:
    """Mallory invites the bot somewhere, La Rosée calls it the project's room."""
    room, me = common(captured), captured.two.moulin.stage.me
    room.members["@mallory:ailleurs.fr"] = "join"
    captured.two.lieux.moves(room.room_id, "@mallory:ailleurs.fr", me, "invite")
    await captured.two.lieux.settle()
    await captured.names(room)
    await captured.two.lieux.wait(HOUR)
    assert two_is_out(captured, room)


async def test_a_room_that_was_made_for_something_else_is_left_at_once(captured: Captured) -> None:
    """The bot of La Rosée invites us into a room that somebody else made, for another purpose."""
    room = common(captured, key="install/office", creator="@mallory:ailleurs.fr")
    captured.invites(room)
    await captured.names(room)
    await captured.two.lieux.settle()
    assert room.members[captured.two.moulin.stage.me] == "leave"


async def test_one_room_is_not_two_projects(captured: Captured) -> None:
    """What was opened for one request does not serve for another one, nor is it left with it."""
    two, room = captured.two, common(captured)
    captured.invites(room)
    await captured.names(room)
    await two.lieux.settle()
    assert room.members[two.moulin.stage.me] == "join"
    body = dict(two.envelopes("request")[0]) | {
        "id": f"{captured.home}.other",
        "rev": 1,
        "state": "open",
        "what": "une échelle",
    }
    await two.forge(captured.bot, "request", body)
    card = two.lieux.card(two.moulin, "une échelle")
    await two.lieux.click(two.moulin.concierge, two.moulin.office.room_id, "🙋", on=card)
    said = {"v": 1, "request": body["id"], "lieu": captured.home}
    await two.forge(captured.bot, "state", said | {"seq": 1, "state": "agree", "with": captured.other})
    proposal = two.lieux.card(two.moulin, "est d’accord pour le faire avec nous")
    await two.lieux.click(two.moulin.concierge, two.moulin.office.room_id, "✅", on=proposal)
    await two.forge(
        captured.bot, "state", said | {"seq": 2, "state": "project", "with": captured.other, "room": room.room_id}
    )
    await two.forge(captured.bot, "state", said | {"seq": 3, "state": "closed"})
    await two.lieux.wait(HOUR)
    assert room.members[two.moulin.stage.me] == "join"


async def test_an_honest_partner_is_followed_as_before(captured: Captured) -> None:
    room = common(captured)
    captured.invites(room)
    await captured.names(room)
    me = captured.two.moulin.stage.me
    assert room.members[me] == "join"
    assert "est ouvert, avec La Rosée" in captured.two.there()[-1]
    await captured.says("closed")
    assert room.members[me] == "leave"


async def test_an_invitation_that_comes_after_the_word_is_awaited(captured: Captured) -> None:
    """Servers are not as quick as each other."""
    room = common(captured)
    await captured.names(room)
    assert two_is_out(captured, room)
    captured.invites(room)
    await captured.two.lieux.settle()
    await captured.two.lieux.wait(HOUR / 60)
    assert room.members[captured.two.moulin.stage.me] == "join"


async def test_a_room_of_a_closed_project_makes_nobody_deaf(captured: Captured) -> None:
    """It is over; the room became the office of another lieu of the same bot."""
    two, room = captured.two, common(captured)
    captured.invites(room)
    await captured.names(room)
    await captured.says("closed")
    forge = await two.lieux.build("La Forge", "forge.fr", bot=two.moulin.stage.me)
    room.members |= dict.fromkeys((forge.concierge, two.moulin.stage.me), "join")
    await two.moulin.stage.bot.lieux.choose(forge.lieu.id, office=room.room_id)
    assert await answers(forge, room, two.lieux)


# -- networks


@dataclass
class Elsewhere:
    """Le Moulin is in a second network, too: La Forge keeps it, declares there whom it likes, and knows the id of the
    request that La Rosée made in the first one."""

    two: Two
    forge: Place
    room: FakeRoom

    @property
    def bot(self) -> str:
        return self.forge.stage.me

    async def poses_as(self, lieu: str, name: str) -> None:
        """« In my network, I am this lieu. »"""
        networks = self.forge.stage.bot.network.networks
        (row,) = await networks.of(self.forge.lieu.id)
        await networks.administration.declare(row["network"], lieu, {"v": 1, "bot": self.bot, "name": name})
        await self.two.lieux.settle()

    async def says(self, kind: str, body: dict[str, Any], **content: Any) -> str:
        key = f"org.conciergerie.{kind}"
        return await self.two.lieux.write(self.bot, self.room.room_id, "…", **{key: body}, **content)


@pytest.fixture
async def elsewhere(lieux: Lieux) -> Elsewhere:
    two = await Two.meet(lieux)
    forge = await lieux.build("La Forge", "forge.fr")
    room = lieux.rooms[await lieux.network(forge, two.moulin, name="Fournaise", town="Loches")]
    await two.ask()
    await two.answer("On en a une")
    return Elsewhere(two, forge, room)


async def test_a_line_of_another_network_is_not_shown_as_hers(elsewhere: Elsewhere) -> None:
    """In her own network, La Forge calls herself La Rosée and answers below the request of the other network."""
    two = elsewhere.two
    request = two.envelopes("request")[0]
    await elsewhere.poses_as(request["lieu"], "La Rosée")
    forged = {
        "v": 1,
        "request": request["id"],
        "lieu": request["lieu"],
        "seq": 1,
        "id": "x",
        "text": "Envoyez un chèque",
    }
    await elsewhere.says("message", forged)
    await two.say("Parfait, à samedi")
    assert not [said for said in two.there() if "chèque" in said]
    assert two.there()[-1] == "La Rosée (rosee.fr)\u202f: Parfait, à samedi"


async def test_a_request_of_the_same_name_elsewhere_is_another_one(elsewhere: Elsewhere) -> None:
    """… and « withdraws » it there, or asks for something else under its name."""
    two = elsewhere.two
    request = two.envelopes("request")[0]
    await elsewhere.poses_as(request["lieu"], "La Rosée (bis)")
    await elsewhere.says("request", request | {"rev": 9, "state": "open", "what": "un prêt de 500 euros"})
    await two.say("Parfait, à samedi")
    assert two.there()[-1] == "La Rosée\u202f: Parfait, à samedi"
    await two.lieux.write(two.moulin.concierge, two.moulin.office.room_id, "!demande 1")
    shown = "\n".join(two.there()[-3:])
    assert "laser" in shown
    assert "500 euros" not in shown
    await elsewhere.says("request", request | {"rev": 10, "state": "withdrawn", "what": "un prêt de 500 euros"})
    (row,) = [
        one for one in await two.moulin.stage.bot.network.networks.of(two.moulin.lieu.id) if one["name"] == "Touraine"
    ]
    assert row["status"] == "declared"
    found = await two.moulin.stage.bot.network.requests.one(two.moulin.lieu, 1)
    assert found
    assert found["state"] == "open"


async def test_a_request_elsewhere_comes_first_and_takes_no_place(lieux: Lieux, elsewhere: Elsewhere) -> None:
    """La Forge guesses the id of the next request of La Rosée, and is the first to use it."""
    two = elsewhere.two
    first = two.envelopes("request")[0]
    await elsewhere.poses_as(first["lieu"], "La Rosée (bis)")
    lieux.cut |= {"moulin.fr"}
    await lieux.ask(two.rosee, "une échelle")
    lieux.cut.clear()
    second = two.envelopes("request")[-1]
    assert second["id"] != first["id"]
    await elsewhere.says("request", second | {"rev": 99, "what": "de l’argent"})
    await lieux.mend()
    assert [said for said in two.there() if "une échelle" in said]


async def test_a_deletion_elsewhere_takes_nothing_back(elsewhere: Elsewhere) -> None:
    """Whoever moderates any room that the bot is in « redacts » there what was said in an office."""
    two = elsewhere.two
    line = await two.answer("Elle fait 60 par 40")
    before = len(two.envelopes("message"))
    for room, who in ((elsewhere.room.room_id, elsewhere.bot), (two.moulin.hall.room_id, two.moulin.member)):
        await two.lieux.event(room, who, "m.room.redaction", {"redacts": line})
    assert len(two.envelopes("message")) == before
    assert not [said for said in two.here() if "a retiré" in said]


async def test_a_bystander_of_one_network_is_not_corrected_in_another(elsewhere: Elsewhere) -> None:
    two, zoe = elsewhere.two, "@zoe:ailleurs.fr"
    two.room.members[zoe] = elsewhere.room.members[zoe] = "join"
    root = next(e["event_id"] for e in two.room.events if "org.conciergerie.request" in e["content"])
    relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
    line = await two.lieux.write(zoe, two.room.room_id, "J’habite à côté", **relation)
    shown = two.lieux.card(two.rosee, "J’habite à côté")
    await two.lieux.event(elsewhere.room.room_id, elsewhere.bot, "m.room.redaction", {"redacts": line})
    assert not two.lieux.is_redacted(two.rosee, shown)


# -- people


@pytest.fixture
async def folder(lieux: Lieux, stack: AsyncExitStack) -> Pact:
    """La Rosée has a cloud, Le Moulin none; Le Moulin said yes, La Rosée not yet."""
    return await pact(lieux, stack, "34.0.1", "")


async def names(two: Pact, people: list[str], **fields: Any) -> None:
    """Le Moulin's bot says yes, and whom it sends; then La Rosée says yes."""
    body = {"v": 1, "request": two.request, "lieu": two.envelopes("offer")[0]["lieu"], "state": "agree"}
    said = [one["seq"] for kind in ("offer", "state") for one in two.envelopes(kind) if one["lieu"] == body["lieu"]]
    fields |= {"with": two.request.partition(".")[0], "people": people, "seq": max(said) + 1}
    await two.forge(two.moulin.stage.me, "state", body | fields)


def seats(two: Pact) -> list[str]:
    return [person for person, how in two.project.members.items() if how in ("invite", "join")]


async def test_whoever_is_named_has_no_say_in_the_common_room(folder: Pact) -> None:
    """« They are concierges of ours », says the partner: a guest among others."""
    await folder.agree()
    await names(folder, ["@eve:moulin.fr"], concierges=["@eve:moulin.fr"])
    assert folder.project.members["@eve:moulin.fr"] == "invite"
    assert folder.project.of("@eve:moulin.fr") == 0


async def test_fifty_people_come_a_few_an_hour(folder: Pact) -> None:
    """Named all at once, or in fifty letters: our bot is nobody’s machine for invitations."""
    await folder.agree()
    people = [f"@p{n}:moulin.fr" for n in range(20)]
    await names(folder, people[:10])
    for person in people[10:]:
        await names(folder, [person])
    invited = [person for person in seats(folder) if person in people]
    assert 1 <= len(invited) <= 8
    for _ in range(3):
        await folder.lieux.wait(HOUR * 1.1)
    assert len([person for person in seats(folder) if person in people]) == 20


async def test_people_of_elsewhere_are_invited_by_our_concierges_or_not_at_all(folder: Pact) -> None:
    """A partner names a victim at a third server; nobody hears of us there before somebody here says yes."""
    await folder.agree()
    await names(folder, ["@victime:ailleurs.fr"])
    assert "@victime:ailleurs.fr" not in folder.project.members
    assert "@victime:ailleurs.fr" in folder.here()[-1]
    await folder.lieux.click(folder.rosee.concierge, folder.rosee.office.room_id, "✅")
    assert folder.project.members["@victime:ailleurs.fr"] == "invite"


async def test_an_approval_brings_those_who_were_shown(folder: Pact) -> None:
    """More names come while the question waits: they are another question."""
    await folder.agree()
    await names(folder, ["@ami:ailleurs.fr"])
    question = folder.lieux.last_question(folder.rosee.office.room_id)
    await names(folder, ["@eve:ailleurs.fr"])
    await folder.lieux.click(folder.rosee.concierge, folder.rosee.office.room_id, "✅", on=question)
    assert folder.project.members["@ami:ailleurs.fr"] == "invite"
    assert "@eve:ailleurs.fr" not in folder.project.members


async def test_strangers_are_asked_about_a_few_times_a_day(folder: Pact) -> None:
    await folder.agree()
    for n in range(12):
        await names(folder, [f"@eve{n}:ailleurs.fr"])
    assert len([said for said in folder.here() if "Leur adresse n’est pas de là-bas" in said]) <= 3


async def test_nobody_is_written_to_in_private_because_a_partner_named_them(folder: Pact) -> None:
    """Neither a private room nor a link, before they came into the common room and said yes there."""
    await folder.agree()
    await names(folder, ["@eve:moulin.fr", "@zoe:rosee.fr"])
    cloud = folder.clouds["La Rosée"]
    assert folder.rosee.stage.matrix.directs == {}
    await folder.enter("@eve:moulin.fr", folder.project.room_id)
    assert folder.rosee.stage.matrix.directs == {}
    assert [share for share in cloud.shares() if share.type == 3] == []
    await folder.lieux.click(folder.moulin.concierge, folder.project.room_id, "✅")  # not hers to answer
    assert folder.rosee.stage.matrix.directs == {}
    await folder.lieux.click("@eve:moulin.fr", folder.project.room_id, "✅")
    assert list(folder.rosee.stage.matrix.directs) == ["@eve:moulin.fr"]


async def test_whoever_left_the_common_room_gets_no_link(folder: Pact) -> None:
    await folder.agree()
    await folder.enter(folder.moulin.concierge, folder.project.room_id)
    await folder.lieux.click(folder.moulin.concierge, folder.project.room_id, "✅")
    folder.lieux.moves(folder.project.room_id, folder.rosee.stage.me, folder.moulin.concierge, "leave")
    await folder.enter(folder.moulin.concierge, folder.rosee.stage.matrix.directs[folder.moulin.concierge])
    assert [share for share in folder.clouds["La Rosée"].shares() if share.type == 3] == []


# -- invitations


def network_of(lieux: Lieux, owner: str, name: str = "Réseau d’or") -> FakeRoom:
    """Somebody makes a space that says to be a network; it costs nothing."""
    space = lieux.room(name, space=True)
    space.network, space.join = True, "knock"
    space.members, space.levels = {owner: "join"}, {owner: 100}
    return space


async def bid(lieux: Lieux, space: FakeRoom, owner: str, bot: str) -> None:
    lieux.moves(space.room_id, owner, bot, "invite")
    await lieux.settle()


async def test_a_lieu_without_a_network_is_not_asked_by_strangers(lieux: Lieux) -> None:
    moulin, mallory = await lieux.build("Le Moulin", "moulin.fr"), "@mallory:ailleurs.fr"
    space = network_of(lieux, mallory)
    await bid(lieux, space, mallory, moulin.stage.me)
    assert lieux.said(moulin) == []
    assert space.members[moulin.stage.me] == "leave"
    assert await moulin.stage.bot.network.networks.of(moulin.lieu.id) == []


async def test_a_stranger_s_network_does_not_reach_an_office(lieux: Lieux) -> None:
    """Nor does one that calls itself like ours."""
    two = await Two.meet(lieux)
    before = len(two.there())
    for name in ("Réseau d’or", "Touraine"):
        space = network_of(lieux, "@mallory:ailleurs.fr", name)
        await bid(lieux, space, "@mallory:ailleurs.fr", two.moulin.stage.me)
        assert space.members[two.moulin.stage.me] == "leave"
    assert two.there()[before:] == []


async def test_even_those_we_know_invite_a_few_times_a_day(lieux: Lieux) -> None:
    two = await Two.meet(lieux)
    for n in range(12):
        space = network_of(lieux, two.rosee.stage.me, f"Réseau {n}")
        await bid(lieux, space, two.rosee.stage.me, two.moulin.stage.me)
    assert len([said for said in two.there() if "nous invite dans le réseau" in said]) <= 3
    assert two.moulin.stage.bot.network
    await lieux.wait(2)
    await bid(lieux, network_of(lieux, two.rosee.stage.me, "Demain"), two.rosee.stage.me, two.moulin.stage.me)
    assert "Demain" in two.there()[-1]


async def test_a_declined_network_leaves_no_trace(lieux: Lieux) -> None:
    """A room that was once shown as a network is heard as what it is."""
    moulin, mallory = await lieux.build("Le Moulin", "moulin.fr"), "@mallory:ailleurs.fr"
    space = network_of(lieux, mallory)
    await bid(lieux, space, mallory, moulin.stage.me)
    assert await moulin.stage.database.read(lambda tx: tx.execute("SELECT * FROM networks").fetchall()) == []


# -- names


@pytest.mark.parametrize("name", ["La Rosée", "LA ROSEE", "La  Rosée\u200b", "Lа Rosée", "La R0sée", "La Rоsее"])
async def test_a_lieu_that_calls_itself_like_another_one_is_shown_with_its_server(lieux: Lieux, name: str) -> None:
    """Its keeper lets it in without looking closely; our people see which is which."""
    two = await Two.meet(lieux)
    networks = two.rosee.stage.bot.network.networks
    (row,) = await networks.of(two.rosee.lieu.id)
    await networks.administration.declare(row["network"], "impostor", {"v": 1, "bot": "@bot:ailleurs.fr", "name": name})
    await lieux.settle()
    body = {
        "v": 1,
        "id": "impostor.1",
        "lieu": "impostor",
        "rev": 1,
        "state": "open",
        "kind": "other",
        "what": "un prêt",
    }
    await two.forge("@bot:ailleurs.fr", "request", body)
    (card,) = [said for said in two.there() if "un prêt" in said]
    assert "(ailleurs.fr)" in card.splitlines()[0]
    await two.ask()
    assert "(rosee.fr)" in next(said for said in two.there() if "laser" in said)
    assert "(ailleurs.fr)" in "\n".join(said for said in two.there() if "vient de rejoindre" in said)


async def test_a_lieu_that_takes_our_own_name_is_shown_with_its_server(lieux: Lieux) -> None:
    two = await Two.meet(lieux)
    networks = two.rosee.stage.bot.network.networks
    (row,) = await networks.of(two.rosee.lieu.id)
    await networks.administration.declare(
        row["network"], "impostor", {"v": 1, "bot": "@bot:ailleurs.fr", "name": "le moulin"}
    )
    await lieux.settle()
    assert "le moulin (ailleurs.fr) vient de rejoindre" in "\n".join(two.there())


async def test_an_ordinary_name_stays_as_it_is(lieux: Lieux) -> None:
    two = await Two.meet(lieux)
    await two.ask()
    assert "La Rosée (Tours) cherche" in two.there()[-1]


# -- what is ours stays ours


async def test_a_partner_that_leaves_takes_nobody_of_ours_with_it(lieux: Lieux, stack: AsyncExitStack) -> None:
    """« Anne is one of mine », it says of our concierge, and leaves: what is ended with it is not her access."""
    two = await pact(lieux, stack)
    await two.agree()
    await names(two, [two.rosee.concierge])
    assert two.reach(two.rosee) == {"anne": "Une découpeuse laser pour samedi · La Rosée 1"}
    body = {"v": 1, "request": two.request, "lieu": two.envelopes("offer")[0]["lieu"], "state": "closed"}
    last = max(one["seq"] for kind in ("offer", "state") for one in two.envelopes(kind) if one["lieu"] == body["lieu"])
    await two.forge(two.moulin.stage.me, "state", body | {"seq": last + 1})
    assert any("Le Moulin quitte le projet" in said for said in two.here())
    assert two.reach(two.rosee) == {"anne": "Une découpeuse laser pour samedi · La Rosée 1"}


async def test_a_guest_is_offered_one_link_however_often_they_are_named(folder: Pact) -> None:
    await folder.agree()
    for n in range(5):
        await names(folder, ["@eve:moulin.fr", f"@p{n}:moulin.fr"])
    await folder.enter("@eve:moulin.fr", folder.project.room_id)
    asked = [said for said in folder.rosee.stage.said(folder.project.room_id) if "veux-tu un lien" in said]
    assert len(asked) == 1


async def test_a_lieu_that_moves_away_takes_no_room_of_its_neighbour(lieux: Lieux, tmp_path: Path) -> None:
    """It had called the office of La Forge its own; its new bot gets nothing there."""
    me = "@conciergerie:commun.fr"
    moulin, forge = (
        await lieux.build("Le Moulin", "moulin.fr", bot=me),
        await lieux.build("La Forge", "forge.fr", bot=me),
    )
    await moulin.stage.bot.lieux.choose(moulin.lieu.id, open_rooms=[moulin.hall.room_id, forge.office.room_id])
    await lieux.stop(me)
    folder = lieux.path / me[1:].replace(":", "-")
    await export(folder, "Le Moulin", "@autre:moulin.fr", tmp_path / "moulin.json")
    stage = await lieux.start(me)
    found = await stage.database.read(lambda tx: tx.execute("SELECT room_id FROM moved_rooms").fetchall())
    assert forge.office.room_id not in [row["room_id"] for row in found]
    assert moulin.hall.room_id in [row["room_id"] for row in found]


@pytest.mark.parametrize("name", ["La Rosée", "la rosee", "Le Moulin"])
async def test_a_person_does_not_pass_for_a_lieu_by_their_name(lieux: Lieux, name: str) -> None:
    """Whoever may write in the coordination room calls themselves like the lieu that asks, below its request."""
    two = await Two.meet(lieux)
    await two.ask()
    await two.answer("On en a une")
    mallory = "@mallory:ailleurs.fr"
    lieux.names[mallory], two.room.members[mallory] = name, "join"
    root = next(e["event_id"] for e in two.room.events if "org.conciergerie.request" in e["content"])
    relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
    await lieux.write(mallory, two.room.room_id, "Envoyez un chèque", **relation)
    for said in (two.here(), two.there()):
        assert mallory in next(line for line in said if "chèque" in line)


async def test_a_person_is_called_by_their_name(lieux: Lieux) -> None:
    two = await Two.meet(lieux)
    await two.ask()
    zoe = "@zoe:ailleurs.fr"
    lieux.names[zoe], two.room.members[zoe] = "Zoé", "join"
    root = next(e["event_id"] for e in two.room.events if "org.conciergerie.request" in e["content"])
    relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": root}}
    await lieux.write(zoe, two.room.room_id, "J’en ai une", **relation)
    assert two.here()[-1] == "Zoé\u202f: J’en ai une"


async def test_the_partners_bot_is_a_guest_in_the_common_room(lieux: Lieux, stack: AsyncExitStack) -> None:
    """It passes on what is said there. With a level, whoever has it would put our people out, and name it anew."""
    two = await pact(lieux, stack, "", "")
    await two.yes_here()
    await two.yes_there()
    bot = two.moulin.stage.me
    assert two.project.members[bot] == "join"
    assert two.project.of(bot) == 0


@pytest.mark.parametrize("accepted", [True, False])
async def test_a_partner_that_names_the_cloud_of_another_one(
    lieux: Lieux, stack: AsyncExitStack, accepted: bool
) -> None:
    """Le Phare shares its plans with Le Moulin. « My cloud is that of Le Phare, our folder is called Plans », says La
    Rosée; whoever comes for the laser would read them, and when she goes they would be let go of."""
    captured = await capture(lieux, stack, there="34.0.1")
    moulin = captured.two.moulin
    phare, server = await services(stack, "34.0.1")
    cloud = moulin.stage.services[NEXTCLOUD]
    assert phare[NEXTCLOUD] is not None
    assert server is not None
    assert cloud is not None
    server.add_folder(BOT, "Plans")
    await phare[NEXTCLOUD].federated.offer("Plans", await cloud.federated.cloud_id())
    (offer,) = await cloud.federated.offers()
    if accepted:
        await cloud.federated.accept(offer["id"])
        await cloud.shares.ensure("Plans", person="marc")
    before = await cloud.shares.all()
    network = next(room for room in lieux.rooms.values() if room.network and not room.space)
    network.declared[captured.home]["content"]["cloud"] = theirs = await phare[NEXTCLOUD].federated.cloud_id()
    card = {"v": 1, "bot": "@conciergerie:phare.fr", "name": "Le Phare", "languages": ["fr"], "cloud": theirs}
    network.declared["f" * 16] = {"content": card, "sender": captured.bot}
    (known,) = await moulin.stage.bot.network.networks.of(moulin.lieu.id)
    declarations = moulin.stage.bot.network.networks.declarations
    await declarations.refresh(await declarations.get(known["network"]))
    captured.invites(room := common(captured))
    await captured.names(room, folder="Plans")
    await lieux.wait(3)
    assert await cloud.shares.all() == before
    await captured.says("closed")
    await lieux.wait(1)
    assert [one["accepted"] for one in await cloud.federated.offers()] == [accepted]
