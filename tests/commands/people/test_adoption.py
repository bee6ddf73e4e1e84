"""Eighty people were there before the bot: what it costs to adopt them, and what works for them from then on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from bot.services.nextcloud import NEXTCLOUD
from bot.store.conversations import Conversation
from integrations.directory import Account
from integrations.errors import Refused
from tests.stage.memory_synapse import somebody
from tests.stage.transcript_header import Scenery, scenery

CROWD = 80
HEADER = {
    **{"lieu": "La Rosée", "concierges": "Anne", "membres": "Awa", "salons": "Place"},
    **{"comptes": "oui", "administration": "oui", "nextcloud": "oui"},
}
TOO_MANY = Refused("directory-too-many")


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def crowded(stack: AsyncExitStack, path: Path, **more: str) -> Scenery:
    """Everybody is in the space, half of them in the lieu's group too; each has an account in each service."""
    scene = await stack.enter_async_context(scenery(HEADER | more, path))
    assert scene.directory
    assert scene.synapse
    assert scene.nextcloud
    group = scene.directory.groups.setdefault(scene.group, set())
    for n in range(CROWD):
        login, person, name = f"p{n}", f"@p{n}:lieu.fr", f"Personne {n}"
        scene.space.members[person], scene.stage.matrix.names[person] = "join", name
        scene.directory.accounts[login] = Account(login, name, f"{login}@exemple.fr", True, login)
        scene.synapse.known[person] = somebody(person)
        scene.nextcloud.add_account(login, name=name, email=f"{login}@exemple.fr", groups=[scene.group])
        if n % 2:
            group.add(login)
    return scene


async def says(scene: Scenery, *lines: str) -> list[str]:
    return await scene.answers_to("Anne", *lines)


async def owned(scene: Scenery, service: str) -> set[str]:
    (lieu,) = await scene.stage.bot.lieux.all()
    return {*await scene.stage.bot.ownership.owned(lieu.id, service, "account")}


async def test_a_crowd_costs_a_few_requests_each_and_an_answer_none(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await crowded(stack, tmp_path)
    assert scene.directory
    assert scene.synapse
    asked = dict.fromkeys(("matrix", "cloud"), 0)
    cloud: Any = scene.stage.services[NEXTCLOUD]
    at_once = {"now": 0, "most": 0}
    get, look = scene.synapse.accounts.get, cloud.accounts.get

    async def counted(which: str, ask: Any, ref: str) -> Any:
        asked[which] += 1
        at_once["now"] += 1
        at_once["most"] = max(at_once["most"], at_once["now"])
        try:
            return await ask(ref)
        finally:
            at_once["now"] -= 1

    scene.synapse.accounts.get = lambda ref: counted("matrix", get, ref)  # type: ignore[method-assign]
    cloud.accounts.get = lambda ref: counted("cloud", look, ref)
    scene.directory.calls = 0
    first = await says(scene, "!membres adopter")
    assert "Personne 1 → p1" in first[-1]
    assert "j’adopte 40 personnes" in first[-1]
    assert scene.directory.calls < 20  # whoever they are, in one look
    assert asked["matrix"] <= CROWD + 10
    assert asked["cloud"] <= CROWD + 10
    assert at_once["most"] <= 8
    before = scene.directory.calls, dict(asked)
    answers = await says(scene, "la suite", "pas le 3", "c’est qui personne 7", "tout", "la suite")
    assert (scene.directory.calls, asked) == before
    assert max(map(len, answers)) < 4000
    assert "C’est fait" in (await says(scene, "oui"))[-1]
    assert len(await owned(scene, "directory")) == CROWD - 1
    assert len(await owned(scene, "nextcloud")) == CROWD - 1
    assert len(await owned(scene, "matrix")) == CROWD - 1


async def test_everything_that_is_agreed_to_is_named(stack: AsyncExitStack, tmp_path: Path) -> None:
    """A yes on the first page is to those on the others too."""
    scene = await crowded(stack, tmp_path)
    shown = (await says(scene, "!membres adopter"))[-1]
    await says(scene, "oui")
    for login in await owned(scene, "directory"):
        assert f"Personne {login[1:]}" in shown


async def test_a_directory_that_shows_no_more_is_asked_person_by_person(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await crowded(stack, tmp_path)

    async def everybody() -> Any:
        raise TOO_MANY

    assert scene.directory
    scene.directory.everybody = everybody  # type: ignore[method-assign]
    await says(scene, "!membres adopter", "tout", "oui")
    assert len(await owned(scene, "directory")) == CROWD


async def test_where_not_everybody_is_shown_a_named_account_is_found_and_the_limit_is_told(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """« 1 = camille.d » was answered that nobody is called so: one person was looked for among all."""
    scene = await stack.enter_async_context(scenery(HEADER, tmp_path))

    async def everybody() -> tuple[Account, ...]:
        raise TOO_MANY

    assert scene.directory
    for login, name in (("awa", "Awa"), ("camille.d", "Awa Diop")):
        scene.directory.accounts[login] = Account(login, name, f"{login}@exemple.fr", True, login)
    scene.directory.everybody = everybody  # type: ignore[method-assign]
    assert "ne me montre pas tout le monde d’un coup" in "".join(await says(scene, "!membres adopter"))
    await says(scene, "1 = camille.d", "1", "oui", "oui")
    assert await owned(scene, "directory") == {"camille.d"}


async def test_what_an_adopted_person_can_be_done(stack: AsyncExitStack, tmp_path: Path) -> None:
    """A departure closes their doors in each service, and gives them back."""
    scene = await crowded(stack, tmp_path)
    assert scene.directory
    assert scene.synapse
    assert scene.nextcloud
    await says(scene, "!membres adopter", "oui")
    await says(scene, "!départ p1", "tout de suite", "passer", "oui")
    assert not scene.directory.accounts["p1"].active
    assert scene.synapse.known["@p1:lieu.fr"]["locked"]
    assert not scene.nextcloud.users()["p1"].enabled
    assert scene.space.members["@p1:lieu.fr"] != "join"
    await says(scene, "!départ annuler p1", "oui")
    assert scene.directory.accounts["p1"].active
    assert not scene.synapse.known["@p1:lieu.fr"]["locked"]
    assert scene.nextcloud.users()["p1"].enabled


async def test_the_conciergerie_hears_of_them_when_the_lieu_is_set_up(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Once, after « C’est prêt »; where nobody was there before, nothing is said."""
    for accounts, heard in (("Awa", True), ("", False)):
        header = {**HEADER, "installé": "non", "comptes d’avant": accounts}
        scene = await stack.enter_async_context(scenery(header, tmp_path / str(heard)))
        bot, anne = scene.stage.me, scene.people["Anne"]
        (space,) = [room for room in scene.stage.world.rooms.values() if room.space]
        space.levels[bot] = 100
        space.members[bot] = "join"
        lieux = scene.stage.bot.lieux
        lieu = await lieux.create(space.room_id, "La Rosée", language="fr", zone="Europe/Paris", now=1)
        office = scene.stage.world.room("Conciergerie", parent=space.room_id)
        office.members = {bot: "join", anne: "join"}
        await lieux.choose(lieu.id, installed=True, office=office.room_id)
        await scene.stage.bot.engine.start(offer(lieu.id, anne, office.room_id))
        await scene.stage.settle()
        assert any("!membres adopter" in said for said in scene.stage.said(office.room_id)) is heard


def offer(lieu: int, person: str, room: str) -> Any:
    return Conversation("adoption-offer", person, room, "$installed", lieu)


async def test_beside_accounts_of_the_homeserver_whoever_is_given_one_for_files_is_mailed_its_password(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """No SSO lets them in there: they had an account, and no way into it."""
    header = HEADER | {"comptes": "sur la messagerie", "administration": "non"}
    scene = await stack.enter_async_context(scenery(header, tmp_path))
    assert scene.synapse
    assert scene.nextcloud
    awa = scene.people["Awa"]
    scene.synapse.known[awa]["emails"] = ["awa@exemple.fr"]
    await says(scene, "!membres adopter", "oui")
    await says(scene, f"!inviter {awa}", "oui")
    direct = scene.stage.matrix.directs[awa]
    await scene.stage.enter(awa, direct)
    await scene.stage.write(awa, direct, "oui")
    assert "awa" in scene.nextcloud.users()
    assert [(mail.to, mail.with_link) for mail in scene.nextcloud.memory.mails] == [("awa@exemple.fr", True)]
