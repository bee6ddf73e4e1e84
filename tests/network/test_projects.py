"""Two lieux agree: a room with the people who said yes, and a folder that both clouds show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.network.clouds import FOLDER, TITLE, Pact, pact
from tests.network.lieux import Lieux


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def two(lieux: Lieux, stack: AsyncExitStack) -> Pact:
    return await pact(lieux, stack, "", "")


async def test_one_yes_from_each_side_opens_a_room_for_whoever_said_yes(two: Pact) -> None:
    await two.agree()
    assert two.project.members == {
        two.rosee.stage.me: "join",
        two.moulin.stage.me: "join",
        two.rosee.concierge: "invite",
        two.moulin.concierge: "invite",
    }
    assert (two.project.of(two.rosee.concierge), two.project.of(two.moulin.concierge)) == (50, 0)
    assert two.project.of(two.rosee.stage.me) == 100
    assert "le salon Une découpeuse laser pour samedi est ouvert, avec Le Moulin" in two.here()[-2]
    assert "est ouvert, avec La Rosée" in two.there()[-1]


async def test_one_yes_alone_opens_nothing(two: Pact) -> None:
    await two.yes_here()
    assert not [room for room in two.lieux.rooms.values() if room.name == TITLE]
    assert two.envelopes("state") == [
        {"v": 1, "request": two.request, "lieu": two.request.partition(".")[0], "seq": 1, "state": "agree"}
        | {"with": two.envelopes("offer")[0]["lieu"]}
    ]


async def test_a_member_alone_does_not_decide_but_comes_along(two: Pact) -> None:
    for _ in range(2):
        await two.yes_here(two.rosee.member)
    assert two.envelopes("state") == []
    assert "Il manque le oui" in two.here()[-1]
    await two.agree()
    assert two.project.members[two.rosee.member] == "invite"
    assert two.project.of(two.rosee.member) == 0


async def test_whoever_offered_may_say_yes_too(two: Pact) -> None:
    await two.lieux.click(two.moulin.member, two.moulin.office.room_id, "🙋", on=two.card)
    await two.yes_here()
    await two.yes_there(two.moulin.member)
    assert two.project.members[two.moulin.member] == "invite"
    assert two.moulin.concierge not in two.project.members


async def test_who_says_yes_later_is_invited_too(two: Pact) -> None:
    await two.agree()
    await two.yes_there(two.moulin.member)
    await two.yes_here(two.rosee.member)
    assert two.project.members[two.moulin.member] == two.project.members[two.rosee.member] == "invite"
    assert len([said for said in two.here() if "est ouvert" in said]) == 1


async def test_the_request_and_its_story_are_told_first(two: Pact) -> None:
    first = await two.answer("On en a deux")
    await two.say("Parfait, samedi 9 h ?")
    await two.lieux.edit(two.moulin.concierge, two.moulin.office.room_id, first, "On en a une")
    await two.agree()
    told = two.rosee.stage.said(two.project.room_id)
    assert told[0].startswith("Au départ, La Rosée cherchait du matériel\u202f:")
    assert told[1] == "🙋 Le Moulin peut aider."
    assert told[2:] == ["Le Moulin\u202f: On en a une", "La Rosée\u202f: Parfait, samedi 9 h ?"]


async def test_both_see_that_it_is_settled_and_each_journal_has_a_line(two: Pact) -> None:
    await two.agree()
    for place in (two.rosee, two.moulin):
        assert any("C’est entendu" in said for said in two.lieux.said(place))
        await two.lieux.write(place.concierge, place.office.room_id, "!journal")
        assert "a commencé un projet" in two.lieux.said(place)[-1]
    assert len([said for said in two.here() if "a commencé un projet" in said]) == 1


@pytest.mark.parametrize(("here", "there"), [("34.0.1", "29.0.1"), ("29.0.1", "34.0.1")])
async def test_a_folder_is_there_in_both_clouds(lieux: Lieux, stack: AsyncExitStack, here: str, there: str) -> None:
    two = await pact(lieux, stack, here, there)
    await two.agree()
    assert two.reach(two.rosee) == {"anne": FOLDER}
    assert two.reach(two.moulin) == {"anne": FOLDER}
    (offered,) = [share for share in two.clouds["La Rosée"].shares() if share.type == 6]
    assert offered.to == f"concierge@{two.clouds['Le Moulin'].url}"
    assert "dans notre Nextcloud" in two.there()[-1]


async def test_who_says_yes_later_has_the_folder_too(lieux: Lieux, stack: AsyncExitStack) -> None:
    two = await pact(lieux, stack)
    await two.agree()
    await two.yes_there(two.moulin.member)
    await two.yes_here(two.rosee.member)
    assert two.reach(two.rosee) == two.reach(two.moulin) == {"anne": FOLDER, "marc": FOLDER}


# -- a lieu without a Nextcloud, or with one that is away


async def test_who_has_no_cloud_gets_a_link_and_its_password_apart(lieux: Lieux, stack: AsyncExitStack) -> None:
    two = await pact(lieux, stack, "34.0.1", "")
    await two.agree()
    assert any("n’a pas de Nextcloud" in said for said in two.here())
    await two.enter(two.moulin.concierge, two.project.room_id)
    await two.lieux.click(two.moulin.concierge, two.project.room_id, "✅")
    private = two.rosee.stage.matrix.directs[two.moulin.concierge]
    await two.enter(two.moulin.concierge, private)
    password, link = two.rosee.stage.said(private)
    (share,) = [share for share in two.clouds["La Rosée"].shares() if share.type == 3]
    assert share.token in link
    assert "mot de passe" in password
    assert share.token not in password
    assert share.password
    assert share.password in password
    assert share.password not in link
    assert two.rosee.concierge not in two.rosee.stage.matrix.directs
    assert await _is_kept_nowhere(two, share.password)


async def _is_kept_nowhere(two: Pact, secret: str) -> bool:
    path = two.lieux.path / two.rosee.stage.me[1:].replace(":", "-") / "bot.sqlite"
    await two.rosee.stage.database.backup(path.with_suffix(".copy"))
    return secret.encode() not in path.with_suffix(".copy").read_bytes()


async def test_where_the_lieu_that_asked_has_no_cloud_the_other_makes_the_folder(
    lieux: Lieux, stack: AsyncExitStack
) -> None:
    two = await pact(lieux, stack, "", "29.0.1")
    await two.agree()
    assert list(two.reach(two.moulin)) == ["anne"]
    assert any("Le Moulin fait le dossier dans le sien" in said for said in two.here())
    await two.enter(two.rosee.concierge, two.project.room_id)
    await two.lieux.click(two.rosee.concierge, two.project.room_id, "✅")
    private = two.moulin.stage.matrix.directs[two.rosee.concierge]
    await two.enter(two.rosee.concierge, private)
    assert "le dossier du projet" in two.moulin.stage.said(private)[1]
    await two.yes_here(two.rosee.member)
    await two.enter(two.rosee.member, two.project.room_id)
    await two.lieux.click(two.rosee.member, two.project.room_id, "✅")
    assert two.rosee.member in two.moulin.stage.matrix.directs
    assert len([said for said in two.there() if "est ouvert, avec" in said]) == 1


async def test_without_any_cloud_the_project_has_its_room(two: Pact) -> None:
    await two.agree()
    assert any("pas de dossier partagé" in said for said in two.here())
    assert two.rosee.stage.matrix.directs == two.moulin.stage.matrix.directs == {}
