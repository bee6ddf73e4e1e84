"""What `!départ` takes, gives back and closes, as each service tells it; who is left alone; who sees nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.lieux import Lieu
from bot.people import Role
from bot.store import arrivals, weeks
from bot.store.database import Tx
from tests.stage.memory_synapse import somebody
from tests.stage.stage import ME
from tests.stage.transcript_header import GROUP, Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Zoé, Marc, Nour @nour:ailleurs.fr",
    "salons": "Place, Atelier, Bureau",
    "salons ouverts": "Place",
    "salons sans la Conciergerie": "Bureau",
    "comptes": "oui",
    "comptes connus": "Anne, Bob, Zoé, Marc",
    "comptes du lieu": "Anne, Bob, Zoé",
    "administration": "oui",
    "nextcloud": "oui",
    "nextcloud du lieu": "Zoé",
}
QUARTER = 1 / 96  # of an hour, in days
ROOMS = ("La Rosée", "Place", "Atelier", "Conciergerie")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        scene.rooms["Atelier"].levels[scene.people["Zoé"]] = 50
        yield scene


async def the_lieu(scene: Scenery) -> Lieu:
    return (await scene.stage.bot.lieux.all())[0]


async def asks(scene: Scenery, line: str, *answers: str, by: str = "Anne", office: str = "Conciergerie") -> str:
    """All that the bot says there meanwhile."""
    room = scene.rooms[office].room_id
    before = len(scene.stage.said(room))
    for said in (line, *answers):
        await scene.stage.write(scene.people[by], room, said)
    return "\n".join(scene.stage.said(room)[before:])


async def leaves(scene: Scenery, who: str = "zoé", heir: str = "passer", **how: str) -> str:
    """At once; of Zoé alone is it asked who takes over."""
    before = await decided(scene, who, heir, **how)
    return before + await asks(scene, "oui", **how)


async def decided(scene: Scenery, who: str = "zoé", heir: str = "passer", **how: str) -> str:
    """All but the last « oui »."""
    said = await asks(scene, f"!départ {who}", "tout de suite", **how)
    return said + (await asks(scene, heir, **how) if "prend la suite" in said else "")


def held(scene: Scenery, who: str = "Zoé") -> dict[str, Any]:
    """What they hold, asked of each service."""
    assert scene.directory
    assert scene.synapse
    assert scene.nextcloud
    person = scene.people[who]
    login = person[1:].partition(":")[0]
    account, cloud = scene.directory.accounts.get(login), scene.nextcloud.users().get(login)
    return {
        "directory": bool(account and account.active),
        "matrix": not scene.synapse.known[person]["locked"],
        "nextcloud": bool(cloud and cloud.enabled),
        "groups": [name for name, members in scene.directory.groups.items() if login in members],
        "shares": [share.path for share in scene.nextcloud.shares() if share.to == login],
        "rooms": [name for name, room in scene.rooms.items() if room.members.get(person) in ("join", "invite")],
        "powers": [name for name, room in scene.rooms.items() if room.levels.get(person)],
    }


EVERYTHING = {
    "directory": True,
    "matrix": True,
    "nextcloud": True,
    "groups": [GROUP],
    "shares": ["/Photos"],
    "rooms": ["La Rosée", "Place", "Atelier", "Bureau", "Conciergerie"],
    "powers": ["Atelier"],
}
NOTHING = dict.fromkeys(("directory", "matrix", "nextcloud"), False) | {
    "groups": [],
    "shares": [],
    "rooms": ["Bureau"],  # where the bot is not
    "powers": [],
}


async def acts(scene: Scenery) -> list[str]:
    def read(tx: Tx) -> list[str]:
        return [row["what"] for row in tx.execute("SELECT what FROM acts ORDER BY seq")]

    return await scene.stage.database.read(read)


async def status(scene: Scenery) -> list[str]:
    def read(tx: Tx) -> list[str]:
        return [row["status"] for row in tx.execute("SELECT status FROM departures ORDER BY id")]

    return await scene.stage.database.read(read)


def taken(tx: Tx) -> list[str]:
    return [row["taken"] for row in tx.execute("SELECT taken FROM departures")]


# -- taken, given back, closed


async def test_a_private_room_that_the_homeserver_hides_is_told_all_the_same(tmp_path: Path) -> None:
    async with scenery(LIEU | {"salons privés": "Bureau", "salons sans la Conciergerie": ""}, tmp_path) as scene:
        assert "1 salon où je ne suis pas" in await decided(scene)
        said = await leaves(scene)
        assert "un salon privé que je ne vois pas" in said


async def test_everything_is_taken_and_what_is_left_to_a_human_is_said(scene: Scenery) -> None:
    assert held(scene) == EVERYTHING
    said = await leaves(scene)
    assert held(scene) == NOTHING
    assert "est fait, et relu dans chaque service" in said
    assert "à vérifier par une personne qui y est, car je n’y suis pas\u202f: Bureau" in said
    assert await acts(scene) == ["departed"]
    assert await status(scene) == ["locked"]
    assert {scene.stage.matrix.shown_out[scene.rooms[name].room_id, scene.people["Zoé"]] for name in ROOMS} == {
        "Départ de La Rosée\u202f: merci pour le chemin fait ensemble."
    }


async def test_a_service_is_not_believed_but_read_back(scene: Scenery) -> None:
    assert scene.directory
    scene.directory.deaf = True
    said = await leaves(scene)
    assert "✗ Compte du lieu\u202f: demandé, mais la relecture dit que ce n’est pas fait" in said
    assert "n’est fait qu’en partie" in said


async def test_the_space_is_left_first(scene: Scenery) -> None:
    """Whoever is in it could come back into its restricted rooms."""
    await leaves(scene)
    assert next(iter(scene.stage.matrix.shown_out))[0] == scene.rooms["La Rosée"].room_id


async def test_a_departure_that_was_called_off_is_none_of_the_week(scene: Scenery) -> None:
    """The space tells as well that she is out of it: by the bot, that is the same departure."""
    zoe, space = scene.people["Zoé"], scene.rooms["La Rosée"].room_id
    (lieu,) = await scene.stage.bot.lieux.all()
    await scene.stage.database.write(arrivals.know, lieu.id, [zoe])

    async def counted() -> int:
        return await scene.stage.database.read(weeks.departures, lieu.id, 0, scene.stage.clock.now() + 1)

    await leaves(scene)
    await scene.stage.event(space, scene.stage.me, "m.room.member", {"membership": "leave"}, state_key=zoe)
    assert await acts(scene) == ["departed"]
    assert await counted() == 1
    await asks(scene, "!départ annuler zoé", "oui", by="Bob")
    assert await counted() == 0


async def test_everything_is_given_back_within_the_month(scene: Scenery) -> None:
    await leaves(scene)
    await scene.stage.wait(28)
    said = await asks(scene, "!départ annuler zoé", "oui", by="Bob")
    assert held(scene) == EVERYTHING
    assert "tout est rendu" in said
    assert await acts(scene) == ["departed", "departure-undone"]
    await scene.stage.wait(40)
    assert held(scene) == EVERYTHING
    assert "pour de bon" not in scene.stage.last(scene.rooms["Conciergerie"].room_id)


async def test_what_was_shut_before_stays_shut(scene: Scenery) -> None:
    """An account that somebody else suspended is not opened by a departure that is taken back."""
    assert scene.directory
    await scene.directory.set_active("zoe", False)
    await leaves(scene)
    await asks(scene, "!départ annuler zoé", "oui")
    assert held(scene) == EVERYTHING | {"directory": False}


async def test_whoever_comes_back_is_not_welcomed_as_a_newcomer(scene: Scenery) -> None:
    zoe, space = scene.people["Zoé"], scene.rooms["La Rosée"].room_id
    await leaves(scene)
    await scene.stage.event(space, ME, "m.room.member", {"membership": "leave"}, state_key=zoe)
    await asks(scene, "!départ annuler zoé", "oui")
    await scene.stage.enter(zoe, scene.stage.matrix.directs[zoe])
    await scene.stage.enter(zoe, space)
    assert "annulé" in scene.stage.last(scene.stage.matrix.directs[zoe])


async def test_it_is_closed_a_month_later_and_ours_no_more(scene: Scenery) -> None:
    assert scene.directory
    assert scene.synapse
    office = scene.rooms["Conciergerie"].room_id
    await leaves(scene)
    await scene.stage.wait(29)
    await scene.stage.click(scene.people["Bob"], office, "✅")
    assert "zoe" in scene.directory.accounts
    await scene.stage.wait(1.1)
    assert "zoe" not in scene.directory.accounts
    assert scene.synapse.known[scene.people["Zoé"]]["deactivated"]
    assert scene.people["Zoé"] not in scene.synapse.sessions
    lieu = await the_lieu(scene)
    for service, ref in (("directory", "zoe"), ("matrix", scene.people["Zoé"]), ("nextcloud", "zoe")):
        assert not await scene.stage.bot.ownership.owns(lieu.id, service, "account", ref)
    assert await acts(scene) == ["departed", "departure-closed"]
    assert await scene.stage.database.read(taken) == ["{}"]
    assert "rien à annuler" in await asks(scene, "!départ annuler zoé")


@pytest.mark.parametrize("answer", ["❌", ""])
async def test_without_a_yes_nothing_is_closed_and_it_is_asked_again(scene: Scenery, answer: str) -> None:
    assert scene.directory
    office = scene.rooms["Conciergerie"].room_id
    await leaves(scene)
    await scene.stage.wait(29)
    if answer:
        await scene.stage.click(scene.people["Bob"], office, answer)
    await scene.stage.wait(8)
    assert "je redemande dans un mois" in scene.stage.last(office)
    await scene.stage.wait(30)
    assert "pour de bon" in scene.stage.last(office)
    assert "zoe" in scene.directory.accounts


async def test_where_the_lieu_wants_two_it_is_closed_by_two(scene: Scenery) -> None:
    assert scene.directory
    office = scene.rooms["Conciergerie"].room_id
    await scene.stage.bot.lieux.choose((await the_lieu(scene)).id, two=["close"])
    await leaves(scene)
    await scene.stage.wait(29)
    await scene.stage.click(scene.people["Anne"], office, "✅")
    await scene.stage.wait(1.1)
    assert "zoe" in scene.directory.accounts
    await scene.stage.click(scene.people["Bob"], office, "✅")
    assert "zoe" not in scene.directory.accounts


async def test_a_yes_given_before_it_was_taken_back_closes_nothing(scene: Scenery) -> None:
    office = scene.rooms["Conciergerie"].room_id
    await leaves(scene)
    await scene.stage.wait(29)
    await scene.stage.click(scene.people["Bob"], office, "✅")
    await asks(scene, "!départ annuler zoé", "oui")
    await scene.stage.wait(2)
    assert held(scene) == EVERYTHING
    assert "annulé entre-temps" in scene.stage.last(office)


# -- told first


async def told(scene: Scenery) -> str:
    return await asks(scene, "!départ zoé", "prévenir", "dans 10 jours", "passer", "oui")


async def test_the_person_is_told_and_keeps_everything_until_the_day(scene: Scenery) -> None:
    await told(scene)
    private = scene.stage.matrix.directs[scene.people["Zoé"]]
    assert "lundi 25 janvier" in scene.stage.last(private)
    assert "Exporter la discussion" in scene.stage.last(private)
    await scene.stage.wait(9)
    assert held(scene) == EVERYTHING
    await scene.stage.wait(2)
    assert held(scene) == NOTHING
    assert await acts(scene) == ["departure-told", "departed"]


async def test_it_is_called_off_before_the_day(scene: Scenery) -> None:
    await told(scene)
    assert "rien n’a été fermé" in await asks(scene, "!départ annuler zoé", "oui", by="Bob")
    assert "rien ne se ferme" in scene.stage.last(scene.stage.matrix.directs[scene.people["Zoé"]])
    await scene.stage.wait(50)
    assert held(scene) == EVERYTHING
    assert await status(scene) == ["undone"]


async def test_nobody_calls_their_own_departure_off(scene: Scenery) -> None:
    await asks(scene, "!départ bob", "prévenir", "demain", "oui")
    assert "ton propre départ" in await asks(scene, "!départ annuler bob", "oui", by="Bob")
    assert await status(scene) == ["announced"]


async def test_whoever_became_the_last_concierge_meanwhile_stays(scene: Scenery) -> None:
    await told(scene)
    space = scene.rooms["La Rosée"]
    space.levels = {ME: 100, scene.people["Zoé"]: 50}
    await scene.stage.wait(11)
    assert held(scene)["directory"]
    assert "n’a pas lieu" in scene.stage.last(scene.rooms["Conciergerie"].room_id)
    assert await status(scene) == ["undone"]


# -- invitations


async def test_the_invitations_that_they_sent_are_handed_on_and_given_back(scene: Scenery) -> None:
    lieu, arrivals = await the_lieu(scene), scene.stage.bot.arrivals
    id = await arrivals.expect(lieu.id, "@awa:ailleurs.fr", scene.people["Zoé"], name="Awa")
    assert "Awa" in await leaves(scene)
    assert (await arrivals.get(id))["invited_by"] == scene.people["Anne"]
    await asks(scene, "!départ annuler zoé", "oui")
    assert (await arrivals.get(id))["invited_by"] == scene.people["Zoé"]


# -- what only they look after


async def test_the_keys_that_nobody_else_has_are_handed_on(scene: Scenery) -> None:
    said = await leaves(scene, heir="marc")
    assert "Marc (@marc:lieu.fr) prendra la suite pour Atelier et ses fichiers dans Nextcloud" in said
    assert scene.rooms["Atelier"].levels[scene.people["Marc"]] == 50
    assert "transmettre à Marc" in said
    await asks(scene, "!départ annuler zoé", "oui")
    assert held(scene) == EVERYTHING


async def test_keys_that_the_bot_may_not_give_are_left_to_a_human(scene: Scenery) -> None:
    scene.rooms["Atelier"].levels |= {ME: 50, scene.people["Zoé"]: 100}
    said = await leaves(scene, heir="marc")
    assert "Clés des salons, reste à faire par une personne qui en a le droit, ou qui me le donne" in said
    assert "«\u202fAdministrateur\u202f»)\u202f: Atelier" in said
    assert scene.people["Marc"] not in scene.rooms["Atelier"].levels


async def gives_the_keys(scene: Scenery, room: str) -> None:
    """As Element changes one line of who may what."""
    there = scene.rooms[room]
    there.levels = {**there.levels, ME: 100}
    levels = {"users": dict(there.levels)}
    told = scene.stage.happens(there.room_id, scene.people["Anne"], "m.room.power_levels", levels, state_key="")
    await scene.stage.hear(told)


async def test_where_the_bot_lacked_a_right_a_departure_goes_on_when_it_has_it(scene: Scenery) -> None:
    scene.rooms["Atelier"].levels |= {ME: 50, scene.people["Zoé"]: 50, scene.people["Anne"]: 100}
    assert "reste à faire par une personne qui en a le droit" in await leaves(scene)
    assert scene.rooms["Atelier"].members[scene.people["Zoé"]] == "join"
    office, before = scene.rooms["Conciergerie"].room_id, len(scene.stage.said(scene.rooms["Conciergerie"].room_id))
    for _ in range(2):
        await gives_the_keys(scene, "Atelier")
    assert scene.rooms["Atelier"].members[scene.people["Zoé"]] == "leave"
    assert [said for said in scene.stage.said(office)[before:] if "Atelier" in said] == [
        "Départ de Zoé\u202f: j’ai maintenant la main dans Atelier, et la personne en est sortie."
    ]
    await asks(scene, "!départ annuler zoé", "oui")
    assert scene.rooms["Atelier"].members[scene.people["Zoé"]] == "invite"


async def test_whoever_was_asked_back_by_hand_is_not_shown_out_again(scene: Scenery) -> None:
    """Into a room that they had left: who may what there has nothing to do with them."""
    await leaves(scene)
    scene.rooms["Atelier"].members[scene.people["Zoé"]] = "join"
    await gives_the_keys(scene, "Atelier")
    assert scene.rooms["Atelier"].members[scene.people["Zoé"]] == "join"


async def test_a_right_that_comes_after_a_departure_was_called_off_shows_nobody_out(scene: Scenery) -> None:
    scene.rooms["Atelier"].levels |= {ME: 50, scene.people["Zoé"]: 50, scene.people["Anne"]: 100}
    await leaves(scene)
    await asks(scene, "!départ annuler zoé", "oui")
    await gives_the_keys(scene, "Atelier")
    assert scene.rooms["Atelier"].members[scene.people["Zoé"]] == "join"


async def test_nobody_takes_over_whom_nobody_knows(scene: Scenery) -> None:
    assert "personne ne prend la suite" in await leaves(scene, heir="zoé")


# -- who is left alone


async def test_of_an_account_that_is_not_the_lieus_only_rooms_are_left(scene: Scenery) -> None:
    before = held(scene, "Marc")
    said = await leaves(scene, "marc")
    assert "je n’y touche pas" in said
    assert held(scene, "Marc") == before | {"rooms": ["Bureau"]}
    await scene.stage.wait(40)
    assert held(scene, "Marc")["directory"]
    assert await status(scene) == ["closed"]


async def test_somebody_from_elsewhere_is_found_again_to_be_given_back(scene: Scenery) -> None:
    await leaves(scene, "nour")
    assert scene.rooms["Place"].members[scene.people["Nour"]] == "leave"
    await asks(scene, "!départ nour", "rendre", "oui")
    assert scene.rooms["Place"].members[scene.people["Nour"]] == "invite"


async def test_nobody_leaves_by_themselves_here(scene: Scenery) -> None:
    assert "ton propre départ" in await leaves(scene, "anne")
    assert held(scene, "Anne")["directory"]


async def test_the_bot_stays(scene: Scenery) -> None:
    assert "je ne me mets pas à la porte" in await leaves(scene, ME)


async def test_an_administrator_stays(scene: Scenery) -> None:
    assert scene.synapse
    scene.synapse.known[scene.people["Marc"]] = somebody(scene.people["Marc"], admin=True)
    assert "administre un des services" in await leaves(scene, "marc")
    assert scene.rooms["Place"].members[scene.people["Marc"]] == "join"


async def test_the_last_concierge_stays(scene: Scenery) -> None:
    space, lieu = scene.rooms["La Rosée"], await the_lieu(scene)
    space.levels = {ME: 50, scene.people["Bob"]: 100}
    at, anne = scene.stage.clock.at / 1000, scene.people["Anne"]
    scene.stage.bot.people._roles[lieu.space] = {anne: (at, Role.CONCIERGE)}  # not yet asked
    assert "la dernière personne à avoir les clés" in await leaves(scene, "bob")
    assert held(scene, "Bob")["directory"]


async def test_a_concierge_whom_the_bot_cannot_show_out_is_left_to_a_human(scene: Scenery) -> None:
    said = await leaves(scene, "bob")
    assert "«\u202fAdministrateur\u202f»)\u202f: La Rosée" in said
    assert not held(scene, "Bob")["directory"]
    assert scene.rooms["La Rosée"].members[scene.people["Bob"]] == "join"


async def test_whoever_is_not_here_yet_is_not_leaving(scene: Scenery) -> None:
    lieu = await the_lieu(scene)
    await scene.stage.bot.arrivals.expect(lieu.id, "@awa:ailleurs.fr", scene.people["Anne"])
    assert "!suivi" in await asks(scene, "!départ awa")


async def test_whoever_is_arriving_is_not_leaving(scene: Scenery) -> None:
    lieu = await the_lieu(scene)
    await scene.stage.bot.arrivals.expect(lieu.id, scene.people["Zoé"], scene.people["Anne"], name="Zoé")
    assert "!suivi" in await leaves(scene)
    assert held(scene) == EVERYTHING


async def test_a_share_of_somebody_else_with_them_stays(scene: Scenery) -> None:
    """Only what was recorded as this lieu's is touched."""
    lieu = await the_lieu(scene)
    assert scene.nextcloud
    (share,) = [share for share in scene.nextcloud.shares() if share.to == "zoe"]
    await scene.stage.bot.ownership.disown(lieu.id, "nextcloud", "share", str(share.id))
    await leaves(scene)
    assert held(scene)["shares"] == ["/Photos"]


async def test_what_the_services_cannot_do_is_said(tmp_path: Path) -> None:
    """Accounts of Nextcloud come from the directory, and the homeserver is not ours to administer."""
    plain = {name: value for name, value in LIEU.items() if name not in ("administration", "nextcloud du lieu")}
    async with scenery(plain | {"nextcloud": "sso"}, tmp_path) as scene:
        said = await asks(scene, "!départ zoé", "tout de suite", "oui")
        assert "je n’ai pas la main sur son serveur" in said
        assert "il suit le compte du lieu" in said
        assert scene.directory
        assert not scene.directory.accounts["zoe"].active
        assert scene.rooms["Place"].members[scene.people["Zoé"]] == "leave"


async def test_two_concierges_at_once_make_one_departure(scene: Scenery) -> None:
    await decided(scene)
    await decided(scene, by="Bob")
    await asks(scene, "oui")
    assert "vient de commencer" in await asks(scene, "oui", by="Bob")
    assert await acts(scene) == ["departed"]


# -- outages


def matrix(scene: Scenery, fair: bool) -> None:
    scene.stage.matrix.down = not fair


def service(name: str) -> Callable[[Scenery, bool], None]:
    return lambda scene, fair: scene.weather(name, fair)


OUTAGES = {
    "directory": service("l’annuaire"),
    "synapse": service("la messagerie"),
    "nextcloud": service("Nextcloud"),
    "rooms": matrix,
}


async def hours_pass(scene: Scenery) -> None:
    for _ in range(6):
        await scene.stage.wait(QUARTER)


@pytest.mark.parametrize("away", OUTAGES)
async def test_a_service_that_is_away_hides_nothing_and_is_caught_up(scene: Scenery, away: str) -> None:
    """It goes between the question and its answer."""
    await decided(scene)
    OUTAGES[away](scene, False)
    await asks(scene, "oui")
    if away == "rooms":  # the word cannot be read
        await hours_pass(scene)
    said = "\n".join(scene.stage.said(scene.rooms["Conciergerie"].room_id))
    assert away == "nextcloud" or "finirai dès" in said
    told = scene.stage.said(scene.rooms["Conciergerie"].room_id)[-1]
    assert told.count("Nextcloud est en maintenance") == (away == "nextcloud"), "said once, though it has five lines"
    others = {"directory", "matrix", "nextcloud"} - {away, "matrix" if away == "synapse" else away}
    assert not any(held(scene)[door] for door in others)
    await hours_pass(scene)
    OUTAGES[away](scene, True)
    await hours_pass(scene)
    assert held(scene) == NOTHING
    assert await acts(scene) == ["departed"]


@pytest.mark.parametrize("away", OUTAGES)
async def test_an_outage_while_it_is_given_back_changes_nothing_but_the_time(scene: Scenery, away: str) -> None:
    await leaves(scene)
    await asks(scene, "!départ annuler zoé")
    OUTAGES[away](scene, False)
    await asks(scene, "oui")
    await hours_pass(scene)
    OUTAGES[away](scene, True)
    await hours_pass(scene)
    assert held(scene) == EVERYTHING


@pytest.mark.parametrize("away", OUTAGES)
@pytest.mark.parametrize("step", range(4))
async def test_an_outage_before_any_answer_changes_nothing_but_the_time(scene: Scenery, away: str, step: int) -> None:
    """Within the hour for which the concierge is waited for."""
    for n, line in enumerate(("!départ zoé", "tout de suite", "passer", "oui")):
        if n == step:
            OUTAGES[away](scene, False)
        await asks(scene, line)
        if n == step:
            await scene.stage.wait(QUARTER)
            OUTAGES[away](scene, True)
            await scene.stage.wait(QUARTER)
            await scene.stage.wait(QUARTER)
    assert held(scene) == NOTHING
    assert await acts(scene) == ["departed"]


@pytest.mark.parametrize("away", ["directory", "synapse"])
async def test_an_outage_at_the_closing_changes_nothing_but_the_time(scene: Scenery, away: str) -> None:
    assert scene.directory
    assert scene.synapse
    await leaves(scene)
    await scene.stage.wait(29)
    await scene.stage.click(scene.people["Bob"], scene.rooms["Conciergerie"].room_id, "✅")
    OUTAGES[away](scene, False)
    await scene.stage.wait(1.1)
    OUTAGES[away](scene, True)
    await hours_pass(scene)
    assert "zoe" not in scene.directory.accounts
    assert scene.synapse.known[scene.people["Zoé"]]["deactivated"]


async def test_a_closing_that_an_older_program_began_is_finished(scene: Scenery) -> None:
    """What is at stake was not read before the question: read when half of it is closed, it would be somebody else."""
    assert scene.synapse
    office = scene.rooms["Conciergerie"].room_id
    await leaves(scene)
    await scene.stage.wait(29)
    await scene.stage.click(scene.people["Bob"], office, "✅")
    OUTAGES["synapse"](scene, False)
    await scene.stage.wait(1.1)
    assert not scene.synapse.known[scene.people["Zoé"]]["deactivated"]
    await scene.stage.database.write(lambda tx: tx.execute("DELETE FROM steps WHERE key LIKE 'at-stake%'").rowcount)
    OUTAGES["synapse"](scene, True)
    await hours_pass(scene)
    assert scene.synapse.known[scene.people["Zoé"]]["deactivated"]
    asked = "SELECT key FROM steps WHERE kind = 'ask' AND key LIKE 'ready%'"
    rows = await scene.stage.database.read(lambda tx: tx.execute(asked).fetchall())
    assert [row["key"] for row in rows] == ["ready"]


async def test_what_comes_late_does_not_take_again_what_was_given_back(scene: Scenery) -> None:
    await decided(scene)
    OUTAGES["synapse"](scene, False)
    await asks(scene, "oui")
    OUTAGES["synapse"](scene, True)
    await asks(scene, "!départ annuler zoé", "oui")
    assert held(scene) == EVERYTHING
    await hours_pass(scene)
    assert held(scene) == EVERYTHING
    assert "je fermerai" not in "".join(scene.stage.said(scene.rooms["Conciergerie"].room_id))


# -- two lieux


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Zoé is a member of both; La Rosée gave her the account. Anne and Bob look after both."""
    async with scenery(LIEU | {"autre lieu": "Le Phare", "salons ouverts": ""}, tmp_path) as scene:
        scene.rooms["Le Phare"].members[scene.people["Zoé"]] = "join"
        yield scene


async def test_leaving_one_lieu_is_not_leaving_the_other(two: Scenery) -> None:
    await leaves(two, office="Conciergerie · Le Phare")
    assert two.rooms["Le Phare"].members[two.people["Zoé"]] == "leave"
    assert held(two) == EVERYTHING | {"powers": []}


async def test_a_lieu_sees_and_takes_back_nothing_of_anothers_departure(two: Scenery) -> None:
    await leaves(two)
    there = await asks(two, "!départ annuler", office="Conciergerie · Le Phare")
    assert "rien à annuler" in there
    there = await asks(two, "!départ zoé", office="Conciergerie · Le Phare")
    assert [word in there for word in ("Place", "Photos", GROUP, "La Rosée")] == [False] * 4
    assert not held(two)["directory"]


# -- what is journaled


async def test_no_secret_is_written_down(scene: Scenery) -> None:
    await leaves(scene)

    def everything(tx: Tx) -> str:
        tables = ("steps", "acts", "conversations", "outbox", "departures")
        return "\n".join(str(tuple(row)) for table in tables for row in tx.execute(f"SELECT * FROM {table}"))

    written = await scene.stage.database.read(everything)
    assert "zoe" in written
    assert "password" not in written.casefold()
    assert "mot de passe" not in written.casefold()


# -- the word before the lock


async def private(scene: Scenery, who: str = "Zoé") -> str:
    return await scene.stage.matrix.rooms.direct(scene.people[who])


async def test_the_lock_waits_until_the_word_is_read(scene: Scenery) -> None:
    """A locked account reads nothing, not even why it is locked."""
    zoe = scene.people["Zoé"]
    scene.stage.world.away.add(zoe)
    said = await leaves(scene)
    assert "Je ferme dès qu’il est lu" in said
    assert held(scene) == EVERYTHING
    assert "se ferment aujourd’hui" in scene.stage.last(await private(scene))
    scene.stage.world.away.clear()
    await scene.stage.wait(1 / 24 / 20)
    assert held(scene) == NOTHING
    assert "n’a pas lu" not in "\n".join(scene.stage.said(scene.rooms["Conciergerie"].room_id))


async def test_an_answer_is_a_reading(scene: Scenery) -> None:
    scene.stage.world.away.add(scene.people["Zoé"])
    await leaves(scene)
    room = await private(scene)
    await scene.stage.enter(scene.people["Zoé"], room)
    await scene.stage.write(scene.people["Zoé"], room, "D’accord, merci")
    await scene.stage.wait(1 / 24 / 20)
    assert held(scene) == NOTHING


async def test_an_hour_later_it_is_locked_and_the_concierge_hears_that_it_was_not_read(scene: Scenery) -> None:
    scene.stage.world.away.add(scene.people["Zoé"])
    await leaves(scene)
    for _ in range(5):
        await scene.stage.wait(0.15 / 24)
    assert held(scene) == EVERYTHING
    await scene.stage.wait(0.3 / 24)
    assert held(scene) == NOTHING
    said = scene.stage.said(scene.rooms["Conciergerie"].room_id)
    assert sum("n’a pas lu mon mot" in each for each in said) == 1


async def test_it_is_called_off_while_the_word_waits(scene: Scenery) -> None:
    scene.stage.world.away.add(scene.people["Zoé"])
    await leaves(scene)
    await asks(scene, "!départ annuler zoé", "oui")
    await scene.stage.wait(2 / 24)
    assert held(scene) == EVERYTHING
    assert "n’a pas lu" not in "\n".join(scene.stage.said(scene.rooms["Conciergerie"].room_id))


async def test_where_the_lieu_sends_mails_the_word_goes_there_and_nobody_waits(tmp_path: Path) -> None:
    async with scenery(LIEU | {"e-mails": "oui"}, tmp_path) as scene:
        scene.stage.world.away.add(scene.people["Zoé"])
        said = await leaves(scene)
        assert "un e-mail est aussi parti" in said
        assert not held(scene)["matrix"]
        assert scene.mail_server
        (mail,) = scene.mail_server.mails
        assert "tes accès se ferment" in mail.subject
        assert "Anne" in mail.text


async def test_where_no_mail_leaves_the_lock_waits_all_the_same(tmp_path: Path) -> None:
    async with scenery(LIEU | {"e-mails": "oui"}, tmp_path) as scene:
        assert scene.mail_server
        scene.mail_server.answers = {"RCPT": "550 5.1.1 Nobody here"}
        scene.stage.world.away.add(scene.people["Zoé"])
        said = await leaves(scene)
        assert "Je ferme dès qu’il est lu" in said
        assert held(scene)["matrix"]


async def test_whoever_keeps_their_messages_is_not_waited_for(scene: Scenery) -> None:
    """Of an account that is not the lieu's only rooms are left: the word stays to be read."""
    scene.stage.world.away.add(scene.people["Marc"])
    said = await asks(scene, "!départ marc", "tout de suite", "oui")
    assert "Je ferme dès qu’il est lu" not in said
    assert "Atelier" not in held(scene, "Marc")["rooms"]


async def test_the_week_counts_departures_that_were_made_and_hold(scene: Scenery) -> None:
    await leaves(scene)
    assert "1 départ" in await asks(scene, "!semaine")
    await asks(scene, "!départ annuler zoé", "oui")
    assert "1 départ" not in await asks(scene, "!semaine")


# -- the day, as people say it


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        ("lundi", "Le lundi 18 janvier au matin"),
        ("le 1er février", "Le lundi 1er février au matin"),
        ("samedi en huit", "Le samedi 23 janvier au matin"),
        ("dans un mois", "Le lundi 15 février au matin"),
        ("à la fin du mois", "Le dimanche 31 janvier au matin"),
    ],
)
async def test_a_departure_is_on_the_day_that_was_said(scene: Scenery, day: str, shown: str) -> None:
    assert shown in await asks(scene, "!départ zoé", "prévenir", day, "passer")


@pytest.mark.parametrize(
    ("day", "proposed"),
    [
        ("lundi 18h", "lundi 18 janvier"),
        ("jusqu’au 1er février", "lundi 1er février"),
        ("avant le 1er février", "dimanche 31 janvier"),
        ("ce week-end", "samedi 16 janvier"),
        ("dans quinze jours", "samedi 30 janvier"),
        ("vendredi", "vendredi 22 janvier"),
    ],
)
async def test_a_departure_is_in_the_morning_so_that_an_hour_or_an_end_is_asked(
    scene: Scenery, day: str, proposed: str
) -> None:
    said = await asks(scene, "!départ zoé", "prévenir", day)
    assert f"c’est bien le {proposed}" in said
    assert f"Le {proposed} au matin" in await asks(scene, "oui", "passer")


async def test_a_day_behind_the_name_locks_nobody(scene: Scenery) -> None:
    before = held(scene)
    await asks(scene, "!départ zoé vendredi", "oui")
    assert held(scene) == before


@pytest.mark.parametrize("whom", ["zoé", "Zoé", "@zoe:lieu.fr"])
@pytest.mark.parametrize(
    ("moment", "answers", "sure"),
    [
        ("le 22 janvier", ("passer",), "Le vendredi 22 janvier au matin"),
        ("après-demain", ("passer",), "Le dimanche 17 janvier au matin"),
        ("vendredi 18h", ("oui", "passer"), "Le vendredi 22 janvier au matin"),
        ("tout de suite", ("passer",), "Je ferme maintenant les accès"),
    ],
)
async def test_when_is_said_on_the_line_as_in_the_answer(
    scene: Scenery, whom: str, moment: str, answers: tuple[str, ...], sure: str
) -> None:
    before = held(scene)
    assert sure in await asks(scene, f"!départ {whom} {moment}", *answers)
    assert held(scene) == before, "nothing before the yes"


async def test_whoever_is_called_like_a_month_is_that_person(scene: Scenery) -> None:
    scene.stage.matrix.names[scene.people["Zoé"]] = "Zoé Avril"
    said = await asks(scene, "!départ zoé avril")
    assert "Quand ?" in said.replace("\u202f", " ")
    assert "1er avril" not in said
