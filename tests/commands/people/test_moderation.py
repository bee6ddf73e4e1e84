"""Moderation acts where the bot has power, gives back exactly what it took, and spares whom it must."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import MatrixRefused
from tests.stage.furnished_lieux import ANNE, BERTHE, MARC, ZOE, acts, lieu
from tests.stage.stage import ME, FakeRoom, Stage


@pytest.fixture
async def here(stage: Stage) -> dict[str, FakeRoom]:
    """La Rosée, with Anne its concierge and Marc a member, where the bot may ban."""
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].levels[ME] = 50
    for room in (rooms["space"], rooms["room"]):
        room.members[MARC] = "join"
    return rooms


async def ask(stage: Stage, room: FakeRoom, *lines: str, by: str = ANNE) -> str:
    for line in lines:
        await stage.write(by, room.room_id, line)
    return stage.last(room.room_id)


EXCLUDE = ("exclure", "Insultes", "oui")


async def test_an_exclusion_holds_in_the_space_and_every_room_and_leaves_one_line(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    assert [room.members.get(MARC) for room in here.values()] == ["ban"] * 3
    assert await acts(stage) == [(ANNE, "excluded", MARC)]
    await ask(stage, here["office"], f"!modérer {MARC}", "oui")
    assert [room.members.get(MARC) for room in here.values()] == ["leave"] * 3
    assert (await acts(stage))[1:] == [(ANNE, "lifted", MARC)]


async def test_what_could_not_be_done_is_said_with_the_names_of_the_rooms(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    here["room"].levels[ME] = 0
    said = await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    assert "room · La Rosée" in said
    assert here["room"].members[MARC] == "join"
    assert len(await acts(stage)) == 1


async def test_where_nothing_could_be_done_nothing_is_noted(stage: Stage, here: dict[str, FakeRoom]) -> None:
    for room in here.values():
        room.levels[ME] = 0
    assert "rien pu faire" in await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    assert await acts(stage) == []


@pytest.mark.parametrize("before", [{}, {MARC: 0}, {MARC: 25}, {MARC: 25, ANNE: 50}])
async def test_a_silence_gives_back_exactly_what_it_took(
    stage: Stage, here: dict[str, FakeRoom], before: dict[str, int]
) -> None:
    here["room"].levels |= before
    levels = dict(here["room"].levels)
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "un jour", "Du calme", "oui")
    assert here["room"].levels == levels | {MARC: -1}
    assert MARC not in here["space"].levels
    await stage.wait(0.9)
    assert here["room"].levels == levels | {MARC: -1}
    await stage.wait(0.2)
    assert here["room"].levels == levels
    assert await acts(stage) == [(ANNE, "silenced", MARC), (ANNE, "silence-over", MARC)]


async def test_a_longer_silence_is_not_ended_by_the_first(stage: Stage, here: dict[str, FakeRoom]) -> None:
    levels = dict(here["room"].levels)
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "une heure", "Du calme", "oui")
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "un jour", "Encore", "oui")
    await stage.wait(0.5)
    assert here["room"].levels[MARC] == -1
    await stage.wait(0.6)
    assert here["room"].levels == levels


async def test_what_somebody_changed_meanwhile_stays(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "une heure", "Du calme", "oui")
    here["room"].levels[MARC] = 50
    await stage.wait(1)
    assert here["room"].levels[MARC] == 50


async def test_a_silence_that_cannot_be_ended_is_kept_to_be_tried_again(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "une heure", "Du calme", "oui")
    here["room"].levels[ME] = 0
    await stage.wait(1)
    assert "room · La Rosée" in stage.last(here["office"].room_id)
    here["room"].levels[ME] = 100
    await ask(stage, here["office"], f"!modérer {MARC}", "lever", "oui")
    assert MARC not in here["room"].levels


async def test_a_silence_waits_for_a_homeserver_that_is_away(stage: Stage, here: dict[str, FakeRoom]) -> None:
    office = here["office"]
    await ask(stage, office, f"!modérer {MARC}", "faire taire", "un jour", "Du calme")
    stage.matrix.down = True
    await ask(stage, office, "oui")
    assert MARC not in here["room"].levels
    stage.matrix.down = False
    await stage.wait(0.02)
    assert here["room"].levels[MARC] == -1
    assert await acts(stage) == [(ANNE, "silenced", MARC)]


@pytest.mark.parametrize("act", ["avertir", "faire taire", "effacer", "exclure"])
async def test_the_bot_a_concierge_an_administrator_and_oneself_are_spared(
    stage: Stage, here: dict[str, FakeRoom], act: str
) -> None:
    office, space = here["office"], here["space"]
    space.members |= {BERTHE: "join", ZOE: "join"}
    space.levels |= {BERTHE: 50, ZOE: 50}
    for person, why in ((ME, "C’est moi"), (ANNE, "C’est toi"), (BERTHE, "conciergerie"), (ZOE, "conciergerie")):
        assert why in await ask(stage, office, f"!modérer {person}", act), person
    assert "administre" in await ask(stage, office, f"!modérer {ANNE}", act, by=ZOE)
    assert await acts(stage) == []


async def test_who_became_a_concierge_meanwhile_is_spared_after_the_yes(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "exclure", "Insultes")
    here["space"].levels[MARC] = 50
    assert "conciergerie" in await ask(stage, here["office"], "oui")
    assert here["space"].members[MARC] == "join"


async def test_the_last_concierge_is_spared(stage: Stage, here: dict[str, FakeRoom]) -> None:
    """Only a list could mean them: they cannot be named by somebody who is no concierge."""
    scope, first = stage.bot.scope, (await stage.bot.lieux.all())[0]
    here["space"].levels[ANNE] = 50
    assert await scope.spared(first, ANNE) == "last-concierge"
    here["space"].levels[MARC] = 50
    assert await scope.spared(first, ANNE) == "concierge"


async def test_erasing_takes_the_newest_and_no_more(stage: Stage, here: dict[str, FakeRoom]) -> None:
    room = here["room"]
    for n in range(7):
        await stage.write(MARC, room.room_id, f"pub {n}")
    await stage.write(BERTHE, room.room_id, "bonjour")
    await ask(stage, here["office"], f"!modérer {MARC}", "effacer", "tout", "les 5 derniers", "Publicité", "oui")
    gone = [e["content"]["body"] for e in room.events if e["redacted"]]
    assert gone == [f"pub {n}" for n in range(2, 7)]
    assert [what for _, what, _ in await acts(stage)] == ["erased"]


# -- rooms that are new in the lieu


async def hung(stage: Stage, here: dict[str, FakeRoom], level: int = 100) -> FakeRoom:
    """Anne hangs one more room under the space."""
    room = stage.matrix.room("Couture", parent=here["space"].room_id)
    room.members, room.levels = {ANNE: "join", ME: "join"}, {ANNE: 100, ME: level}
    await stage.event(here["space"].room_id, ANNE, "m.space.child", {"via": ["lieu.fr"]}, state_key=room.room_id)
    return room


async def test_a_silence_holds_in_a_room_that_is_added_and_ends_there_too(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "un jour", "Du calme", "oui")
    room = await hung(stage, here)
    assert room.levels[MARC] == -1
    assert "Couture" in stage.last(here["office"].room_id)
    said = len(stage.said(here["office"].room_id))
    await stage.event(here["space"].room_id, ANNE, "m.space.child", {"via": ["lieu.fr"]}, state_key=room.room_id)
    assert len(stage.said(here["office"].room_id)) == said
    await stage.wait(1)
    assert room.levels == {ANNE: 100, ME: 100}
    assert [what for _, what, _ in await acts(stage)] == ["silenced", "passed-on", "silence-over"]


async def test_a_silence_holds_in_a_room_that_the_bot_makes(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "jusqu’à nouvel ordre", "Du calme", "oui")
    await ask(stage, here["office"], "!salon créer Couture", "passer", "ouvert", "non", "tout", "non", "oui")
    room = next(room for room in stage.world.rooms.values() if room.name == "Couture")
    assert room.levels[MARC] == -1
    await ask(stage, here["office"], f"!modérer {MARC}", "lever", "oui")
    assert MARC not in room.levels


async def test_an_exclusion_holds_in_a_room_that_is_new_and_is_lifted_there_too(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    here["space"].members[ZOE] = "ban"  # by somebody else, for reasons of their own
    await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    room = await hung(stage, here)
    assert (room.members[MARC], room.members.get(ZOE)) == ("ban", None)
    await ask(stage, here["office"], f"!modérer {MARC}", "lever", "oui")
    assert room.members[MARC] == "leave"


async def test_where_the_bot_may_not_act_in_a_new_room_that_is_said_and_done_once_it_is_invited(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "un jour", "Du calme", "oui")
    room = await hung(stage, here, level=0)
    assert "n’ai pas pu" in stage.last(here["office"].room_id)
    assert MARC not in room.levels
    room.levels[ME] = 100
    await stage.bring_bot(ANNE, room.room_id)
    assert room.levels[MARC] == -1


async def test_a_room_that_is_entered_as_a_guest_inherits_once_the_bot_has_power_there(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    room = stage.matrix.room("Couture", parent=here["space"].room_id)
    room.members, room.levels = {ANNE: "join", ME: "join", MARC: "join"}, {ANNE: 100}
    await stage.event(here["space"].room_id, ANNE, "m.space.child", {"via": ["lieu.fr"]}, state_key=room.room_id)
    assert room.members[MARC] == "join"
    room.levels[ME] = 100
    await stage.event(room.room_id, ANNE, "m.room.power_levels", {"users": dict(room.levels)}, state_key="")
    assert room.members[MARC] == "ban"


async def test_a_room_that_is_no_more_of_the_lieu_inherits_nothing(stage: Stage, here: dict[str, FakeRoom]) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "un jour", "Du calme", "oui")
    room = stage.matrix.room("Ailleurs")
    room.members, room.levels = {ANNE: "join", ME: "join"}, {ANNE: 100, ME: 100}
    await stage.event(here["space"].room_id, ANNE, "m.space.child", {"via": ["lieu.fr"]}, state_key=room.room_id)
    assert MARC not in room.levels


# -- two lieux


@pytest.fixture
async def there(stage: Stage, here: dict[str, FakeRoom]) -> dict[str, FakeRoom]:
    """Le Phare, of which Berthe is the concierge; Marc is there too."""
    rooms = await lieu(stage, "Le Phare", BERTHE)
    rooms["space"].levels[ME] = 50
    for room in rooms.values():
        room.members[MARC] = "join"
    return rooms


async def test_an_act_stays_in_its_lieu_even_where_a_space_claims_a_room_of_another(
    stage: Stage, here: dict[str, FakeRoom], there: dict[str, FakeRoom]
) -> None:
    children = stage.matrix.facts.children

    async def claiming(space: str) -> list[Any]:
        found = await children(space)
        return [*found, there["room"]] if space == here["space"].room_id else found

    stage.matrix.facts.children = claiming  # type: ignore[method-assign]
    await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    assert here["room"].members[MARC] == "ban"
    assert {room.members[MARC] for room in there.values()} == {"join"}
    await ask(stage, there["office"], f"!modérer {MARC}", *EXCLUDE, by=BERTHE)
    assert {room.members[MARC] for room in there.values()} == {"ban"}


async def test_a_silence_here_is_not_seen_there(
    stage: Stage, here: dict[str, FakeRoom], there: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "un jour", "Du calme", "oui")
    assert MARC not in there["room"].levels
    assert "lever" not in await ask(stage, there["office"], f"!modérer {MARC}", by=BERTHE)


async def test_a_member_is_looked_for_among_ones_own_lieu(
    stage: Stage, here: dict[str, FakeRoom], there: dict[str, FakeRoom]
) -> None:
    there["space"].members[ZOE] = "join"
    stage.matrix.names = {ZOE: "Zoé", MARC: "Marc"}
    assert "De qui" in await ask(stage, here["office"], "!modérer Zoé")
    assert "Que fait-on" in await ask(stage, there["office"], "!modérer Zoé", by=BERTHE)


# -- reports


async def report(stage: Stage, room: FakeRoom, on: str, words: str = "!signaler", by: str = MARC) -> str:
    relation = {"m.in_reply_to": {"event_id": on}}
    return await stage.write(by, room.room_id, words, **{"m.relates_to": relation})


async def test_a_report_is_taken_away_from_the_room_and_pings_nobody(stage: Stage, here: dict[str, FakeRoom]) -> None:
    bad = await stage.write(ZOE, here["room"].room_id, f"@room {ANNE} **Achetez** ")
    before = len(stage.said(here["room"].room_id))
    told = await report(stage, here["room"], bad)
    assert next(e["redacted"] for e in here["room"].events if e["event_id"] == told)
    assert len(stage.said(here["room"].room_id)) == before
    card = next(e["content"] for e in here["office"].events if "signale un message" in str(e["content"].get("body")))
    assert card["m.mentions"] == {}
    assert "<strong>Achetez" not in card["formatted_body"]
    assert await acts(stage) == [(MARC, "reported", ZOE)]


def cards(stage: Stage, here: dict[str, FakeRoom]) -> list[str]:
    """As they were first said, then as they were edited."""
    return [said for said in stage.said(here["office"].room_id) if "signale un message" in said]


async def test_a_message_that_several_report_is_one_card_that_counts_them_while_it_is_open(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    stage.matrix.names = {MARC: "Marc", BERTHE: "Berthe"}
    here["space"].members[BERTHE] = "join"
    bad = await stage.write(ZOE, here["room"].room_id, "Achetez")
    await report(stage, here["room"], bad)
    await report(stage, here["room"], bad)
    assert len(cards(stage, here)) == 1
    await report(stage, here["room"], bad, "!signaler une arnaque", by=BERTHE)
    first, edited = cards(stage, here)
    assert "personnes" not in first
    assert edited.startswith("* ")
    assert "Signalé par 2 personnes" in edited
    assert "Berthe\u202f: «\u202fune arnaque" in edited
    assert [what for _, what, _ in await acts(stage)] == ["reported"] * 3
    await stage.click(ANNE, here["office"].room_id, "❌")
    assert "Signalé par 2 personnes" in cards(stage, here)[-1]
    await report(stage, here["room"], bad)
    assert "personnes" not in cards(stage, here)[-1]
    assert not cards(stage, here)[-1].startswith("* ")


async def test_another_message_of_the_same_person_is_another_card(stage: Stage, here: dict[str, FakeRoom]) -> None:
    for n in range(2):
        await report(stage, here["room"], await stage.write(ZOE, here["room"].room_id, f"Achetez {n}"))
    assert ["Achetez 0" in cards(stage, here)[0], "Achetez 1" in cards(stage, here)[1]] == [True, True]


async def test_whoever_decides_about_a_report_is_noted(stage: Stage, here: dict[str, FakeRoom]) -> None:
    bad = await stage.write(ZOE, here["room"].room_id, "Achetez")
    await report(stage, here["room"], bad)
    await stage.click(ANNE, here["office"].room_id, "✅")
    assert next(e["redacted"] for e in here["room"].events if e["event_id"] == bad)
    await report(stage, here["room"], await stage.write(ZOE, here["room"].room_id, "Bonjour"))
    await stage.click(ANNE, here["office"].room_id, "❌")
    assert (await acts(stage))[1::2] == [(ANNE, "erased", ZOE), (ANNE, "report-closed", ZOE)]


async def test_a_member_does_not_decide_about_a_report(stage: Stage, here: dict[str, FakeRoom]) -> None:
    bad = await stage.write(ZOE, here["room"].room_id, "Achetez")
    await report(stage, here["room"], bad)
    here["office"].members[MARC] = "join"
    await stage.click(MARC, here["office"].room_id, "✅")
    assert not next(e["redacted"] for e in here["room"].events if e["event_id"] == bad)


async def test_a_report_about_a_concierge_does_not_touch_them(stage: Stage, here: dict[str, FakeRoom]) -> None:
    here["space"].levels[BERTHE] = 50
    here["space"].members[BERTHE] = "join"
    await report(stage, here["room"], await stage.write(BERTHE, here["room"].room_id, "Achetez"))
    await stage.click(ANNE, here["office"].room_id, "3️⃣")
    assert "conciergerie" in stage.last(here["office"].room_id)
    assert here["space"].members[BERTHE] == "join"


async def test_a_report_does_not_reach_into_another_lieu(
    stage: Stage, here: dict[str, FakeRoom], there: dict[str, FakeRoom]
) -> None:
    del there["space"].members[MARC]
    bad = await stage.write(ZOE, there["room"].room_id, "Achetez")
    await report(stage, there["room"], bad)
    assert not any("signale un message" in said for said in stage.said(here["office"].room_id))
    assert not any("signale un message" in said for said in stage.said(there["office"].room_id))


async def test_a_report_from_a_room_of_no_lieu_goes_nowhere(stage: Stage, here: dict[str, FakeRoom]) -> None:
    outside = stage.matrix.room("Dehors")
    outside.members, outside.levels = {MARC: "join", ZOE: "join", ME: "join"}, {ME: 100}
    await report(stage, outside, await stage.write(ZOE, outside.room_id, "Achetez"))
    assert "n’est pas de ce lieu" in stage.last(stage.matrix.directs[MARC])
    assert not any("signale un message" in said for said in stage.said(here["office"].room_id))


async def test_a_member_of_two_lieux_is_asked_which_and_the_message_is_not_lost(
    stage: Stage, here: dict[str, FakeRoom], there: dict[str, FakeRoom]
) -> None:
    corner = stage.matrix.room("Coin", parent=there["space"].room_id)
    corner.members, corner.levels = {MARC: "join", ZOE: "join", ME: "join"}, {ME: 100}
    await report(stage, corner, await stage.write(ZOE, corner.room_id, "Achetez"), "!signaler c’est une arnaque")
    await stage.write(MARC, stage.matrix.directs[MARC], "Le Phare")
    assert "c’est une arnaque" in stage.last(there["office"].room_id)
    assert not any("signale un message" in said for said in stage.said(here["office"].room_id))


# -- the way in, and what the person is told


async def test_an_exclusion_ends_a_welcome_and_who_comes_back_is_welcomed(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    await ask(stage, here["office"], f"!inviter {ZOE}", "oui")
    await stage.enter(ZOE, stage.matrix.directs[ZOE])
    await ask(stage, here["office"], f"!modérer {ZOE}", *EXCLUDE)
    first = (await stage.bot.lieux.all())[0]
    row = await stage.bot.arrivals.of_person(first.id, ZOE)
    assert row is not None
    assert row["status"] == "cancelled"
    assert "Insultes" in stage.last(stage.matrix.directs[ZOE])
    assert not await stage.bot.arrivals.is_known(first.id, ZOE)


async def test_somebody_who_cannot_be_written_to_is_said_to_the_concierge(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    async def shut(person: str) -> str:
        raise MatrixRefused("M_FORBIDDEN", 403)

    stage.matrix.rooms.direct = shut  # type: ignore[method-assign]
    assert "pas pu écrire" in await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    assert here["space"].members[MARC] == "ban"


async def test_lifting_a_silence_says_nothing_of_rooms_that_have_none(stage: Stage, here: dict[str, FakeRoom]) -> None:
    shut = stage.matrix.room("Coffre", parent=here["space"].room_id)
    shut.members, shut.join = {ANNE: "join"}, "knock"  # it is seen, and not entered
    await ask(stage, here["office"], f"!modérer {MARC}", "faire taire", "une heure", "Du calme", "oui")
    assert "Coffre" in " ".join(stage.said(here["office"].room_id)[-2:])
    await ask(stage, here["office"], f"!modérer {MARC}", "lever", "oui")
    assert "Coffre" not in " ".join(stage.said(here["office"].room_id)[-2:])


@pytest.mark.parametrize("who", ["pill", "name", "address", "link"])
async def test_a_person_is_meant_by_a_mention_a_name_an_address_or_a_link(
    stage: Stage, here: dict[str, FakeRoom], who: str
) -> None:
    stage.matrix.names = {MARC: "Marc Blanc"}
    text = {"pill": "Marc", "name": "marc blanc", "address": MARC, "link": f"https://matrix.to/#/{MARC}"}[who]
    mentions = {"m.mentions": {"user_ids": [MARC] if who == "pill" else []}}
    await stage.write(ANNE, here["office"].room_id, f"!modérer {text}", **mentions)
    assert "Marc Blanc" in stage.last(here["office"].room_id)


async def test_where_the_lieu_wants_two_concierges_one_does_not_exclude_alone(
    stage: Stage, here: dict[str, FakeRoom]
) -> None:
    first = (await stage.bot.lieux.all())[0]
    await stage.bot.lieux.choose(first.id, two=["exclude"])
    here["space"].members[BERTHE], here["space"].levels[BERTHE] = "join", 50
    await ask(stage, here["office"], f"!modérer {MARC}", *EXCLUDE)
    await stage.click(ANNE, here["office"].room_id, "✅")
    assert here["space"].members[MARC] == "join"
    await stage.click(BERTHE, here["office"].room_id, "✅")
    assert here["space"].members[MARC] == "ban"
    assert await acts(stage) == [(BERTHE, "seconded", None), (ANNE, "excluded", MARC)]


@pytest.mark.parametrize("length", ["2 jours", "2 heures", "jusqu’à vendredi", "deux semaines", "demain", "8 jours"])
async def test_a_silence_that_is_not_offered_is_asked_again(
    stage: Stage, here: dict[str, FakeRoom], length: str
) -> None:
    """« 2 jours » was a week."""
    said = await ask(stage, here["office"], f"!modérer {MARC}", "silence", length, "Insultes", "oui")
    assert await acts(stage) == [], said
