"""What a pause does, told as it was seen; what opens during one is closed again; and what the SSO calls an account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.directory import Hold
from integrations.synapse.accounts import Standing
from tests.commands.people.test_accounts import LIEU, acts, asks, has_cloud_account, held, the_lieu
from tests.commands.people.test_departure import leaves
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.memory_synapse import MemorySynapse
from tests.stage.transcript_header import Scenery, scenery

HOUR = 1.01 / 24  # in days
AGAIN = "Je viens de le refermer"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        await scene.stage.bot.start_standing_dialogues()
        yield scene


def directory(scene: Scenery) -> MemoryDirectory:
    assert scene.directory
    return scene.directory


def synapse(scene: Scenery) -> MemorySynapse:
    assert scene.synapse
    return scene.synapse


async def in_an_hour(scene: Scenery, hours: int = 1) -> list[str]:
    """What the conciergerie hears meanwhile."""
    room = scene.rooms["Conciergerie"].room_id
    before = len(scene.stage.said(room))
    for _ in range(hours):
        await scene.stage.wait(HOUR)
    return scene.stage.said(room)[before:]


async def test_a_pause_that_a_new_password_lifts_is_put_back_and_told_once(scene: Scenery) -> None:
    directory(scene).holds = "until-password"
    said = await asks(scene, "!compte suspendre zoé", "oui")
    assert "qu’en partie" in said
    assert "un nouveau mot de passe le rouvrirait" in said
    assert await in_an_hour(scene, 3) == []
    directory(scene).choose_password("zoe")
    assert held(scene, "zoe")["directory"]
    (told,) = await in_an_hour(scene)
    assert not held(scene, "zoe")["directory"]
    assert told.startswith("L’annuaire des comptes\u202f: le compte de Zoé est suspendu, et s’y était rouvert")
    assert AGAIN in told
    assert await in_an_hour(scene, 3) == []
    assert await acts(scene) == ["suspended", "paused-again"]
    await asks(scene, "!compte rétablir zoé")
    assert await in_an_hour(scene, 3) == []
    assert held(scene, "zoe")["directory"]


@pytest.mark.parametrize(
    ("holds", "sentence"), [("open", "n’en tient pas compte"), ("untold", "ne me montre pas s’il en tient compte")]
)
async def test_a_lock_that_was_only_written_is_no_pause(scene: Scenery, holds: Hold, sentence: str) -> None:
    directory(scene).holds = holds
    said = await asks(scene, "!compte suspendre zoé", "oui")
    assert "qu’en partie" in said
    assert sentence in said
    assert await in_an_hour(scene, 3) == []  # it was said already, and nothing has changed


async def test_behind_mas_people_are_signed_out_and_the_rest_is_a_humans(scene: Scenery) -> None:
    zoe, home = scene.people["Zoé"], synapse(scene)
    home.elsewhere, home.sessions[zoe] = True, {"PHONE"}
    said = await asks(scene, "!compte suspendre zoé", "oui")
    assert "qu’en partie" in said
    assert "la personne pourrait encore lire" in said
    assert home.known[zoe]["suspended"]
    assert zoe not in home.sessions
    assert await in_an_hour(scene, 2) == []
    home.known[zoe]["suspended"] = False
    assert AGAIN in (await in_an_hour(scene))[0]
    assert home.known[zoe]["suspended"]
    said = await asks(scene, "!compte fermer zoé", "oui")
    assert "n’est fermé qu’en partie" in said
    assert "fermer ce compte pour de bon revient à la personne qui administre" in said
    assert not home.known[zoe]["deactivated"]
    assert await scene.stage.bot.ownership.owns((await the_lieu(scene)).id, "matrix", "account", zoe)


async def test_a_lock_from_before_mas_is_made_one_that_is_obeyed(scene: Scenery) -> None:
    await asks(scene, "!compte suspendre zoé", "oui")
    synapse(scene).elsewhere = True
    assert AGAIN in (await in_an_hour(scene))[0]
    assert synapse(scene).known[scene.people["Zoé"]]["suspended"]


async def test_behind_mas_a_departure_is_done_in_part(scene: Scenery) -> None:
    home = synapse(scene)
    home.elsewhere = True
    directory(scene).holds = "until-password"
    said = await leaves(scene)
    assert "n’est fait qu’en partie" in said
    assert home.known[scene.people["Zoé"]]["suspended"]
    directory(scene).choose_password("zoe")
    home.known[scene.people["Zoé"]]["suspended"] = False
    assert [AGAIN in said for said in await in_an_hour(scene)] == [True, True]
    assert home.known[scene.people["Zoé"]]["suspended"]
    await asks(scene, "!départ annuler zoé", "oui")
    assert not home.known[scene.people["Zoé"]]["suspended"]
    assert await in_an_hour(scene, 2) == []
    assert held(scene, "zoe")["directory"]


async def test_behind_mas_a_departure_closes_what_it_can(scene: Scenery) -> None:
    zoe, home, office = scene.people["Zoé"], synapse(scene), scene.rooms["Conciergerie"].room_id
    home.elsewhere = True
    await leaves(scene)
    await scene.stage.wait(29)
    await scene.stage.click(scene.people["Bob"], office, "✅")
    await scene.stage.wait(1.1)
    assert "zoe" not in directory(scene).accounts
    assert await home.accounts.standing(zoe) == "locked"
    assert "fermer ce compte pour de bon revient à la personne qui administre" in scene.stage.last(office)
    assert await scene.stage.bot.ownership.owns((await the_lieu(scene)).id, "matrix", "account", zoe)


async def test_what_was_closed_by_hand_is_no_open_door(scene: Scenery) -> None:
    await asks(scene, "!compte suspendre zoé", "oui")
    synapse(scene).known[scene.people["Zoé"]].update(locked=False, deactivated=True)
    assert await in_an_hour(scene, 2) == []


async def test_a_lock_that_nobody_obeys_is_not_shown_as_one(scene: Scenery) -> None:
    """Behind MAS: in the sheet of a member, and before a departure."""
    synapse(scene).known[scene.people["Zoé"]]["locked"] = True
    assert "compte suspendu" in await asks(scene, "!membres zoé")
    synapse(scene).elsewhere = True
    assert "compte suspendu" not in await asks(scene, "!membres zoé")
    assert "compte suspendu" not in await asks(scene, "!départ zoé", "annuler")


async def test_every_door_is_looked_at_again(scene: Scenery) -> None:
    await has_cloud_account(scene, "zoe")
    await asks(scene, "!compte suspendre zoé", "oui")
    assert scene.nextcloud
    scene.nextcloud.users()["zoe"].enabled = True
    synapse(scene).known[scene.people["Zoé"]]["locked"] = False
    assert len(await in_an_hour(scene)) == 2
    assert held(scene, "zoe") == {"directory": False, "matrix": False, "nextcloud": False}


async def test_a_door_that_does_not_close_again_is_told_once(scene: Scenery) -> None:
    await asks(scene, "!compte suspendre zoé", "oui")
    directory(scene).deaf = True
    directory(scene).accounts["zoe"] = replace(directory(scene).accounts["zoe"], active=True)
    (told,) = await in_an_hour(scene, 3)
    assert "je n’arrive pas à le refermer" in told
    directory(scene).deaf = False
    assert AGAIN in (await in_an_hour(scene))[0]


async def test_a_pause_that_ends_while_it_is_looked_at_is_not_put_back(
    scene: Scenery, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asks(scene, "!compte suspendre zoé", "oui")
    directory(scene).accounts["zoe"] = replace(directory(scene).accounts["zoe"], active=True)
    lieu, real = await the_lieu(scene), synapse(scene).accounts.standing

    async def meanwhile(user: str) -> Standing:
        await scene.stage.bot.ownership.disown(lieu.id, "conciergerie", "pause", "zoe")
        return await real(user)

    monkeypatch.setattr(synapse(scene).accounts, "standing", meanwhile)
    assert await in_an_hour(scene) == []
    assert held(scene, "zoe")["directory"]


@pytest.mark.parametrize("service", ["l’annuaire", "la messagerie"])
async def test_what_is_away_is_looked_at_when_it_is_back(scene: Scenery, service: str) -> None:
    await asks(scene, "!compte suspendre zoé", "oui")
    directory(scene).accounts["zoe"] = replace(directory(scene).accounts["zoe"], active=True)
    scene.weather("l’annuaire", fair=False)
    scene.weather(service, fair=False)
    assert await in_an_hour(scene, 3) == []
    scene.weather("l’annuaire", fair=True)
    assert AGAIN in (await in_an_hour(scene))[0]


async def test_what_a_pause_does_not_do_is_told_with_the_state(scene: Scenery) -> None:
    assert "⚠" not in await asks(scene, "!état")
    directory(scene).holds, synapse(scene).elsewhere = "until-password", True
    said = await asks(scene, "!état")
    assert "un nouveau mot de passe met fin à une suspension" in said
    assert "ses comptes sont gardés par un autre service" in said


# -- what the SSO calls an account


async def agrees(scene: Scenery) -> None:
    zoe = scene.people["Zoé"]
    room = await scene.stage.matrix.rooms.direct(zoe)
    await scene.stage.event(room, zoe, "m.room.member", {"membership": "join"}, state_key=zoe)
    await scene.stage.write(zoe, room, "oui")


@pytest.mark.parametrize("names", ["login", "id", "email"])
async def test_the_subject_is_what_the_sso_calls_the_account(scene: Scenery, names: str) -> None:
    directory(scene).names = names  # type: ignore[assignment]
    account = directory(scene).accounts["zoe"] = replace(directory(scene).accounts["zoe"], id="fb0f8616")
    await asks(scene, "!compte rattacher zoé", "oui")
    await agrees(scene)
    (identity,) = synapse(scene).known[scene.people["Zoé"]]["identities"]
    assert identity == ["oidc-sso", account.to_dict()[names]]


async def test_an_account_made_anew_meanwhile_is_called_as_it_is_now(scene: Scenery) -> None:
    directory(scene).names = "id"
    await asks(scene, "!compte rattacher zoé", "oui")
    directory(scene).accounts["zoe"] = replace(directory(scene).accounts["zoe"], id="new")
    await agrees(scene)
    assert synapse(scene).known[scene.people["Zoé"]]["identities"] == [["oidc-sso", "new"]]


async def test_where_the_directory_cannot_say_nothing_is_linked_at_random(scene: Scenery) -> None:
    directory(scene).names = None
    said = await asks(scene, "!compte rattacher zoé", "oui")
    assert "Je ne sais pas sous quel nom la page de connexion connaît le compte zoe" in said
    assert synapse(scene).known[scene.people["Zoé"]]["identities"] == []


async def test_behind_mas_linking_is_a_humans(scene: Scenery) -> None:
    synapse(scene).elsewhere = True
    assert "gardés par un autre service" in await asks(scene, "!compte rattacher zoé")


async def test_a_homeserver_that_obeys_no_lock_suspends_and_that_is_told(tmp_path: Path) -> None:
    """Where accounts are those of the homeserver itself: there was no sentence for it."""
    without_sso = {
        "lieu": "La Rosée",
        "concierges": "Anne, Bob",
        "membres": "Zoé",
        "comptes": "sur la messagerie",
        "comptes du lieu": "Zoé",
        "administration": "comptes gardés ailleurs",
    }
    async with scenery(without_sso, tmp_path) as scene:
        assert "elle ne laisse plus écrire" in await asks(scene, "!compte suspendre zoé", "oui")
        assert synapse(scene).known[scene.people["Zoé"]]["suspended"]
        await asks(scene, "!compte rétablir zoé")
        assert not synapse(scene).known[scene.people["Zoé"]]["suspended"]


async def test_a_pause_is_known_of_whoever_was_invited_by_their_address(tmp_path: Path) -> None:
    """Their username is asked when they come."""
    lieu = LIEU | {"membres": "Marc", "autres": "Zoé @zoe:lieu.fr"}
    async with scenery(lieu, tmp_path) as scene:
        await asks(scene, "!inviter @zoe:lieu.fr", "oui")
        await asks(scene, "!compte suspendre zoe", "oui")
        assert not held(scene, "zoe")["directory"]
        assert "compte suspendu" in await asks(scene, "!suivi")
        await asks(scene, "1", "1")
        assert held(scene, "zoe")["directory"]
