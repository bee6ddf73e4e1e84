"""Projects in bad weather: clouds that are away, a bot that dies at every write, lies, two lieux in one process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.network.clouds import FOLDER, Pact, pact, services
from tests.network.lieux import Lieux
from tests.stage.stage import FakeRoom
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

HOUR, QUARTER = 1 / 24, 1 / 96


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def two(lieux: Lieux, stack: AsyncExitStack) -> Pact:
    return await pact(lieux, stack)


async def test_a_cloud_of_ours_that_is_away_delays_the_folder_alone(two: Pact) -> None:
    two.clouds["La Rosée"].weather.maintenance = True
    await two.agree()
    assert two.project.members[two.moulin.concierge] == "invite"
    assert two.reach(two.rosee) == {}
    two.clouds["La Rosée"].weather.clear()
    await two.lieux.wait(QUARTER)
    assert two.reach(two.rosee) == two.reach(two.moulin) == {"anne": FOLDER}


async def test_whose_server_is_away_keeps_nobody_from_the_project(two: Pact) -> None:
    """Léa, of ours, said yes; her server went away since. She is invited once it answers, and the others at once."""
    lea = "@lea:panne.fr"
    space = two.lieux.rooms[two.rosee.lieu.space]
    for room in (space, two.rosee.office):
        room.members[lea], room.levels[lea] = "join", 50
    await two.yes_here(lea)
    two.lieux.cut.add("panne.fr")
    await two.yes_there()
    assert two.project.members[two.moulin.concierge] == "invite"
    assert lea not in two.project.members
    await two.lieux.mend("panne.fr")
    await two.lieux.wait(HOUR)
    assert two.project.members[lea] == "invite"


@pytest.mark.parametrize("after", ["fails", pytest.param("hangs", marks=pytest.mark.full)])
@pytest.mark.parametrize("whose", ["La Rosée", "Le Moulin"])
async def test_a_write_of_which_nobody_heard_the_end_is_made_once(
    lieux: Lieux, stack: AsyncExitStack, after: str, whose: str
) -> None:
    two = await pact(lieux, stack)
    two.clouds[whose].weather.after_writing = after  # type: ignore[assignment]
    two.clouds[whose].weather.writes = 2
    await two.agree()
    for _ in range(4):
        await two.lieux.wait(QUARTER)
    assert two.reach(two.rosee) == two.reach(two.moulin) == {"anne": FOLDER}
    assert len([share for share in two.clouds["La Rosée"].shares() if share.type == 6]) == 1
    assert [offer.mount for offer in two.clouds["Le Moulin"].memory.offers.values()] == [f"/{FOLDER}"]


async def test_too_many_requests_are_waited_out(two: Pact) -> None:
    two.clouds["Le Moulin"].weather.limited = True
    await two.agree()
    assert two.reach(two.moulin) == {}
    two.clouds["Le Moulin"].weather.clear()
    for _ in range(4):
        await two.lieux.wait(HOUR)
    assert two.reach(two.moulin) == {"anne": FOLDER}


async def test_a_partner_whose_cloud_is_away_is_tried_until_tomorrow(two: Pact) -> None:
    await two.clouds["Le Moulin"].down()
    await two.agree()
    assert any("Le nuage du Moulin ne répond pas" in said for said in two.here())
    await two.clouds["Le Moulin"].up()
    await two.lieux.wait(2 * HOUR)
    assert two.reach(two.moulin) == {"anne": FOLDER}
    assert two.rosee.stage.matrix.directs == {}


async def test_a_partner_whose_cloud_stays_away_gets_links(two: Pact) -> None:
    await two.clouds["Le Moulin"].down()
    await two.agree()
    for _ in range(4):
        await two.lieux.wait(2)
    assert any("Chaque personne de là-bas peut donc demander un lien" in said for said in two.here())
    assert two.rosee.stage.matrix.directs == {}
    await two.enter(two.moulin.concierge, two.project.room_id)
    await two.lieux.click(two.moulin.concierge, two.project.room_id, "✅")
    assert list(two.rosee.stage.matrix.directs) == [two.moulin.concierge]


# -- one process


async def test_two_lieux_of_one_bot_and_one_cloud(lieux: Lieux, stack: AsyncExitStack) -> None:
    equipment, cloud = await services(stack, "34.0.1")
    assert cloud
    two = Pact(*await _housemates(lieux, equipment), clouds={"La Rosée": cloud, "Le Moulin": cloud})
    cloud.add_account("nina")
    two.moulin.concierge = "@nina:rosee.fr"
    lieux.rooms[two.moulin.lieu.space].members["@nina:rosee.fr"] = "join"
    lieux.rooms[two.moulin.lieu.space].levels["@nina:rosee.fr"] = 100
    two.moulin.office.members["@nina:rosee.fr"] = "join"
    await two.ask()
    await two.offer_help()
    await two.agree()
    assert two.project.members == {
        two.rosee.stage.me: "join",
        two.rosee.concierge: "invite",
        "@nina:rosee.fr": "invite",
    }
    assert two.reach(two.rosee) == {"anne": FOLDER, "nina": FOLDER}
    assert [share.type for share in cloud.shares()] == [0, 0]
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "!projet 1")
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "terminer")
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "oui")
    assert cloud.shares() == []


async def _housemates(lieux: Lieux, equipment: object) -> tuple[Lieux, object, object, object]:
    rosee = await lieux.build("La Rosée", "rosee.fr", services=equipment)  # type: ignore[arg-type]
    moulin = await lieux.build("Le Moulin", "rosee.fr", bot=rosee.stage.me)
    return lieux, rosee, moulin, lieux.rooms[await lieux.network(rosee, moulin)]


# -- death


async def _play(two: Pact) -> object:
    """All that people see, while it goes on and in the end."""
    await two.agree()
    before = _outcome(two)
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "!projet 1")
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "terminer")
    await two.lieux.write(two.rosee.concierge, two.rosee.office.room_id, "oui")
    await two.lieux.wait(2 * HOUR)
    return before, _outcome(two)


def _outcome(two: Pact) -> object:
    """In every room and every cloud."""
    spoken = {room.name: _spoken(room) for room in two.lieux.rooms.values()}
    shares = [[(share.type, share.path) for share in cloud.shares()] for cloud in two.clouds.values()]
    offers = [[offer.mount for offer in cloud.memory.offers.values()] for cloud in two.clouds.values()]
    folders = [cloud.folders("concierge") for cloud in two.clouds.values()]
    return spoken, dict(two.project.members), dict(two.project.levels), shares, offers, folders


def _spoken(room: FakeRoom) -> list[list[str]]:
    """Each message with what it was corrected to: a correction shows where its message stands, whenever it came."""
    spoken: dict[str, list[str]] = {}
    for event in room.events:
        if event["type"] == "m.room.message":
            relation = event["content"].get("m.relates_to", {})
            first = relation["event_id"] if relation.get("rel_type") == "m.replace" else event["event_id"]
            spoken.setdefault(first, []).append(event["content"].get("body"))
    return list(spoken.values())


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("whose", [0, 1], ids=["here", "there"])
async def test_a_bot_that_dies_at_any_write_leaves_no_trace(
    tmp_path: Path, sweep: Sweep, whose: int, after: bool
) -> None:
    calm, writes = await _lived(tmp_path / "calm", whose, 0, after)
    assert len(writes) > 30
    for deadly in sweep(writes, after=after):
        told, _ = await _lived(tmp_path / f"{deadly}", whose, deadly, after)
        assert told == calm, f"died at write {deadly} of {len(writes)}"


async def _lived(path: Path, whose: int, deadly: int, after: bool) -> tuple[object, list[str]]:
    """What is left of a life in which a bot dies at its `deadly`-th write since the offer, and how many it wrote."""
    stores = [Mortal.another(), Mortal.another()]
    lieux = Lieux(path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(lieux.close)
        two = await pact(lieux, stack, store=stores[0], other=stores[1])
        mortal = stores[whose]
        mortal.dies_at(deadly, after=after)
        outcome, writes = await _play(two), [*mortal.kinds]
        assert not mortal.deadly, f"nobody died at write {deadly}"
        return outcome, writes


# -- lies


async def _hear(two: Pact, **fields: object) -> None:
    """Le Moulin's bot says what it should not, in its own name."""
    said = {"v": 1, "request": two.request, "lieu": two.envelopes("offer")[0]["lieu"]}
    seq = 1 + max(one["seq"] for kind in ("offer", "state", "message") for one in two.envelopes(kind) if _is(one, said))
    await two.forge(two.moulin.stage.me, "state", said | {"seq": seq} | fields)


def _is(one: dict[str, object], said: dict[str, object]) -> bool:
    return one["lieu"] == said["lieu"]


async def test_a_yes_that_nobody_asked_for_invites_nobody(two: Pact) -> None:
    me = two.request.partition(".")[0]
    await _hear(two, state="agree", **{"with": me}, people=["@victime:ailleurs.fr"])
    await _hear(two, state="project", **{"with": me}, room=two.rosee.hall.room_id, folder="La Rosée")
    await _hear(two, state="closed")
    assert two.envelopes("request")[-1]["state"] == "discussed"
    assert not [room for room in two.lieux.rooms.values() if "@victime:ailleurs.fr" in room.members]
    assert [share for cloud in two.clouds.values() for share in cloud.shares()] == []


async def test_another_lieu_names_at_most_fifty_people_however_often(two: Pact) -> None:
    await two.agree()
    me = two.request.partition(".")[0]
    for hundred in range(3):
        people = [f"@p{hundred}{n}:moulin.fr" for n in range(50)]
        await _hear(two, state="agree", **{"with": me}, people=people, concierges=people)
    assert len([person for person in two.project.members if person.endswith(":moulin.fr")]) <= 51


async def test_whoever_is_excluded_here_does_not_come_back_through_another_lieu(two: Pact) -> None:
    two.lieux.rooms[two.rosee.lieu.space].members[two.moulin.concierge] = "ban"
    await two.agree()
    assert two.moulin.concierge not in two.project.members
    assert any("Je n’ai pas pu inviter" in said for said in two.here())


async def test_a_folder_of_somebody_else_is_not_taken_for_the_project(two: Pact) -> None:
    """Another account offers a folder of that name at the same time."""
    cloud = two.clouds["Le Moulin"]
    url = two.clouds["La Rosée"].url
    told = {"remote": f"{url}/", "remote_id": "7", "token": "t", "owner": "mallory"}
    offer = cloud.memory.offer(**told, name=f"/{FOLDER}", user="concierge")
    del cloud.memory.offers[offer.id]
    offer.id = "9" * 15  # newer than the true one
    cloud.memory.offers[offer.id] = offer
    await two.agree()
    assert [offer.owner for offer in cloud.memory.offers.values() if not offer.accepted] == ["mallory"]
    assert [offer.owner for offer in cloud.memory.offers.values() if offer.accepted] == ["concierge"]


async def test_a_message_cannot_pass_for_a_proposal(two: Pact) -> None:
    """A line is answered by a thumb, which is no yes to being invited."""
    await two.answer("On se voit samedi ?")
    line = two.lieux.card(two.rosee, "On se voit samedi")
    await two.lieux.click(two.rosee.concierge, two.rosee.office.room_id, "✅", on=line)
    assert two.envelopes("state") == []


async def test_a_bot_answers_only_its_own_people_in_the_common_room(two: Pact) -> None:
    await two.agree()
    for person in (two.rosee.concierge, two.moulin.concierge):
        await two.enter(person, two.project.room_id)
        await two.lieux.write(person, two.project.room_id, "!aide")
    talked = [event["sender"] for event in two.project.events if "!demandes" in event["content"].get("body", "")]
    assert talked == [two.rosee.stage.me, two.moulin.stage.me]
