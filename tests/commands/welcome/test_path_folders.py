"""What a newcomer's answers open in Nextcloud: folders and groups, on a fair day and in bad weather."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.arrivals.arrival_path import ArrivalPath, Opening
from bot.store.conversations import Conversation
from commands.welcome import path_folders
from integrations.nextcloud import EDIT, READ
from tests.commands.welcome.test_outages_welcome import OUTAGES, Weather, hours_pass, tells, waited_for
from tests.commands.welcome.test_path import LIEU, TOOLS, Lieu
from tests.servers.nextcloud import StandIn
from tests.stage.transcript_header import BOT, GROUP, scenery
from tests.tiers import either

VERSIONS = either("34.0.1", "29.0.1")
CLOUDY = LIEU | {
    "comptes": "oui",
    "nextcloud": "oui",
    "dossiers": "La Rosée, La Rosée/Vélo, La Rosée/Vélo/Pièces, La Rosée/Jardin",
}
BIKES, PARTS, GARDEN = "La Rosée/Vélo", "La Rosée/Vélo/Pièces", "La Rosée/Jardin"


class There(Lieu):
    """La Rosée, which has a Nextcloud."""

    @property
    def server(self) -> StandIn:
        assert self.scene.nextcloud
        return self.scene.nextcloud

    async def welcomes(self) -> None:
        await self.asks_to_come()
        await self.stage.click(self.bob, self.office, "✅")

    async def asks_to_come(self) -> None:
        await self.write("!inviter @zoe:ailleurs.fr", "oui")
        await self.stage.enter(self.zoe, self.direct)
        await self.answers("Zoé", "zoe.m", "zoe@exemple.fr", "passer", "oui", "oui")

    def shared(self) -> dict[str, int]:
        """With Zoé alone."""
        return {s.path.strip("/"): s.permissions for s in self.server.shares() if (s.type, s.to) == (0, "zoe.m")}

    def tasks(self) -> list[str]:
        return [body for body in self.said(self.office) if "À faire par quelqu’un" in body]

    async def owned(self) -> dict[str, Any]:
        return await self.stage.bot.ownership.owned(1, "nextcloud", "share")


@asynccontextmanager
async def there(path: Path, **header: str) -> Any:
    async with scenery(CLOUDY | header, path) as scene:
        yield There(scene)


# -- on a fair day


@pytest.mark.parametrize("version", VERSIONS)
async def test_each_folder_is_shared_with_the_right_that_was_chosen_and_is_the_lieu_s(
    tmp_path: Path, version: str
) -> None:
    async with there(tmp_path, **{"version de Nextcloud": version}) as lieu:
        await lieu.put(TOOLS, folders=[[PARTS, "read"], [GARDEN, "edit"]])
        await lieu.welcomes()
        assert lieu.shared() == {PARTS: READ, GARDEN: EDIT}
        assert {lieu.server.memory.shares[id].path.strip("/") for id in await lieu.owned()} == {PARTS, GARDEN}
        assert lieu.said(lieu.direct)[-2:] == [
            f"Tes réponses t’ouvrent aussi le dossier {PARTS} dans Nextcloud, pour lire.",
            f"Tes réponses t’ouvrent aussi le dossier {GARDEN} dans Nextcloud, pour lire et écrire.",
        ]
        given = [act["words"]["folder"] for act in await lieu.acts("folder")]
        assert given == [GARDEN, PARTS, "La Rosée"]
        await lieu.write("!départ zoé")
        assert any(f"{PARTS} et {GARDEN}" in body for body in lieu.said(lieu.office))


async def test_of_two_answers_the_larger_right_counts(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await lieu.put(TOOLS, folders=[[BIKES, "edit"]])
        await lieu.put(TOOLS | {"id": "more", "label": "plus"}, folders=[[BIKES, "read"]])
        await lieu.write("!inviter @zoe:ailleurs.fr", "oui")
        await lieu.stage.enter(lieu.zoe, lieu.direct)
        await lieu.answers("Zoé", "zoe.m", "zoe@exemple.fr", "passer", "oui", "oui", "oui")
        await lieu.stage.click(lieu.bob, lieu.office, "✅")
        assert lieu.shared() == {BIKES: EDIT}


async def test_nobody_loses_a_right_that_they_had(tmp_path: Path) -> None:
    async with there(tmp_path, autres="Zoé @zoe.m:lieu.fr", **{"comptes du lieu": "Zoé"}) as lieu:
        lieu.server.add_account("zoe.m", groups=[GROUP])
        await lieu.stage.bot.ownership.own(1, "nextcloud", "account", "zoe.m", lieu.zoe)
        lieu.server.memory.share(0, BOT, f"/{BIKES}", "zoe.m", EDIT)
        await begun(lieu, [[BIKES, "read"]], [])
        assert lieu.shared() == {BIKES: EDIT}


async def begun(lieu: There, folders: list[list[str]], groups: list[str]) -> None:
    await begin(lieu, "opened", {"name": "Zoé", "login": "zoe.m", "folders": folders, "groups": groups})


async def begin(lieu: There, dialogue: str, args: dict[str, Any]) -> None:
    """In private with Zoé, who is in the lieu."""
    lieu.scene.space.members[lieu.zoe] = "join"
    room = await lieu.stage.matrix.rooms.direct(lieu.zoe)
    await lieu.stage.enter(lieu.zoe, room)
    await lieu.stage.bot.engine.start(Conversation(dialogue, lieu.zoe, room, "test", 1, args))
    await lieu.stage.settle()


async def test_where_accounts_come_from_the_sso_the_folder_waits_for_the_first_sign_in(tmp_path: Path) -> None:
    async with there(tmp_path, nextcloud="sso") as lieu:
        await lieu.put(TOOLS, folders=[[BIKES, "read"]], groups=["velo"])
        await lieu.welcomes()
        assert lieu.shared() == {}
        assert lieu.tasks() == []
        lieu.server.add_account("zoe.m", backend="user_oidc", groups=[GROUP])
        await lieu.stage.wait(1 / 24)
        assert lieu.shared() == {BIKES: READ}
        assert f"le dossier {BIKES} dans Nextcloud" in lieu.last(lieu.direct)
        assert await lieu.acts("group-in-cloud") == []


async def test_whoever_never_signs_in_becomes_a_task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_folders, "HOURS", (1, 24))
    async with there(tmp_path, nextcloud="sso") as lieu:
        await lieu.put(TOOLS, folders=[[BIKES, "read"]])
        await lieu.welcomes()
        await lieu.stage.wait(1 / 24)
        assert lieu.tasks() == []
        await lieu.stage.wait(1)
        assert BIKES in lieu.tasks()[-1]


# -- what cannot be done


def renamed(lieu: There) -> None:
    home = lieu.server.memory.homes[BOT]
    home["La Rosée/Cycles"] = home.pop(BIKES)


def sharing_off(lieu: There) -> None:
    lieu.server.memory.policy.sharing = False


REASONS: dict[str, tuple[Callable[[There], None], str]] = {
    "renamed": (renamed, "Le dossier « La Rosée/Vélo » n’est plus dans Nextcloud"),
    "sharing off": (sharing_off, "Dans ce Nextcloud, le partage de dossiers est désactivé"),
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", REASONS)
async def test_what_cannot_be_shared_is_a_task_and_the_welcome_goes_on(tmp_path: Path, name: str, version: str) -> None:
    befalls, why = REASONS[name]
    async with there(tmp_path, **{"version de Nextcloud": version}) as lieu:
        room = lieu.scene.rooms["Atelier"].room_id
        await lieu.put(TOOLS, folders=[[BIKES, "read"]], rooms=[[room, "Atelier"]])
        befalls(lieu)
        await lieu.welcomes()
        (task,) = lieu.tasks()
        assert f"partager le dossier « {BIKES} » avec cette personne, pour lire. {why}" in task
        assert lieu.is_in("Atelier") == "invite"
        assert (lieu.shared(), await lieu.owned()) == ({}, {})
        question = lieu.stage.last_question(lieu.office)
        await lieu.stage.click(lieu.anne, lieu.office, "✅", question)
        assert len(await lieu.acts("task-done")) == 1


@pytest.mark.parametrize("folder", ["Ailleurs", "La Rosée/Phare", "La Rosée/Phare/Comptes", "La Roséelle"])
async def test_a_folder_that_is_not_the_lieu_s_is_not_shared(tmp_path: Path, folder: str) -> None:
    async with there(tmp_path, dossiers=f"La Rosée, La Rosée/Phare, {folder}") as lieu:
        other = await lieu.stage.bot.lieux.create("!p", "Le Phare", language="fr", zone="Europe/Paris", now=1)
        await lieu.stage.bot.lieux.choose(other.id, folder="La Rosée/Phare")
        await lieu.put(TOOLS, folders=[[folder, "read"]])
        await lieu.welcomes()
        assert lieu.shared() == {}
        assert "quelqu’un a pu le renommer" in lieu.tasks()[-1]


async def test_another_lieu_s_folder_is_not_offered(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        other = await lieu.stage.bot.lieux.create("!p", "Le Phare", language="fr", zone="Europe/Paris", now=1)
        await lieu.stage.bot.lieux.choose(other.id, folder=GARDEN)
        await lieu.write(
            "!parcours ajouter", "Tu aides ?", "coup de main", "oui ou non", "non", "oui", "rien", "passer", "lire"
        )
        assert "Vélo" in lieu.last(lieu.office)
        assert "Jardin" not in lieu.last(lieu.office)
        await lieu.write("annuler", "!partage")
        assert "Vélo" in lieu.last(lieu.office)
        assert "Jardin" not in lieu.last(lieu.office)


async def test_a_stranger_s_account_of_that_name_gets_nothing(tmp_path: Path) -> None:
    """It was made while the concierges thought about it."""
    async with there(tmp_path) as lieu:
        await lieu.put(TOOLS, folders=[[BIKES, "read"]], groups=["velo"])
        await lieu.asks_to_come()
        lieu.server.add_account("zoe.m", email="une.autre@exemple.fr")
        await lieu.stage.click(lieu.bob, lieu.office, "✅")
        assert lieu.shared() == {}
        assert lieu.server.memory.accounts["zoe.m"].groups == []
        assert ["existait avant moi" in task for task in lieu.tasks()] == [True, True]


async def test_without_nextcloud_no_folder_is_offered(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        lieu = Lieu(scene)
        await lieu.write("!parcours ajouter", "Tu aides ?", "coup de main", "oui ou non", "non", "oui", "rien")
        assert "qu’est-ce que quelqu’un de chez vous doit faire" in lieu.said(lieu.office)[-2]


async def test_where_the_lieu_s_folder_is_not_there_yet_that_is_said(tmp_path: Path) -> None:
    async with there(tmp_path, dossiers="Photos") as lieu:
        await lieu.write(
            "!parcours ajouter", "Tu aides ?", "coup de main", "oui ou non", "non", "oui", "rien", "passer", "lire"
        )
        assert any("cette réponse n’en ouvre donc pas" in body for body in lieu.said(lieu.office))
        await lieu.write("préparer un badge", "oui")
        (question,) = ArrivalPath.load(await lieu.paths.newest(1)).questions
        assert question.opened(True)[0].folders == ()


# -- groups


async def test_a_group_is_given_in_nextcloud_too_where_the_bot_may(tmp_path: Path) -> None:
    async with there(tmp_path, **{"Nextcloud administré": "oui"}) as lieu:
        await lieu.put(TOOLS, groups=["velo"])
        await lieu.welcomes()
        assert lieu.server.groups()[f"{GROUP}.velo"] == ["zoe.m"]
        assert [act["words"]["group"] for act in await lieu.acts("group-in-cloud")] == [f"{GROUP}.velo"]


async def test_a_group_that_the_bot_does_not_look_after_is_a_task(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        lieu.server.memory.groups.append(f"{GROUP}.velo")
        await lieu.put(TOOLS, groups=["velo"])
        await lieu.welcomes()
        assert lieu.server.groups()[f"{GROUP}.velo"] == []
        assert f"groupe {GROUP}.velo de Nextcloud. Je n’ai pas le droit" in lieu.tasks()[-1]
        assert lieu.scene.directory
        assert lieu.scene.directory.groups[f"{GROUP}.velo"] == {"zoe.m"}


# -- what is read from any version of the path


@pytest.mark.parametrize(
    "wrong",
    [
        [[".", "read"]],
        [["La Rosée/../Autre", "read"]],
        [["/La Rosée", "read"]],
        [["La Rosée", "admin"]],
        [["La\u202eRosée", "read"]],
        [["a" * 1001, "read"]],
        [[3, "read"]],
        ["La Rosée"],
        "La Rosée",
        [["La Rosée", ["read"]]],
    ],
)
def test_a_folder_that_makes_no_sense_is_left_out(wrong: Any) -> None:
    assert Opening.load({"folders": wrong}).folders == ()
    assert Opening.load({"folders": [["La Rosée/été  2027", "read"]]}).folders == (("La Rosée/été  2027", "read"),)


async def test_going_back_brings_the_folder_back(tmp_path: Path) -> None:
    async with there(tmp_path) as lieu:
        await lieu.put(TOOLS, folders=[[BIKES, "read"]])
        await lieu.put(TOOLS)
        await lieu.paths.restore(1, lieu.anne, 1)
        await lieu.welcomes()
        assert lieu.shared() == {BIKES: READ}


# -- in bad weather


async def weathered(path: Path, version: str, outage: Weather | None) -> list[Any]:
    """What there is in the end, where an outage begins once Zoé is welcomed and lasts for an hour."""
    header = {"version de Nextcloud": version, "Nextcloud administré": "oui"}
    async with there(path, **header) as lieu:
        await lieu.put(TOOLS)
        await lieu.welcomes()
        lieu.server.weather.writes = 9  # every one of them, where changes are made and not told
        if outage:
            outage(lieu.scene, False)
        await begun(lieu, [[PARTS, "read"], [GARDEN, "edit"]], [f"{GROUP}.velo"])
        if outage:
            await hours_pass(lieu.scene)
            outage(lieu.scene, True)
            await hours_pass(lieu.scene)
        said = [body for body in lieu.said(lieu.direct) if not tells(body)]
        assert len(lieu.said(lieu.direct)) - len(said) <= 1
        owned = sorted(lieu.server.memory.shares[id].path for id in await lieu.owned())
        return [lieu.shared(), lieu.server.groups(), owned, said, lieu.tasks(), len(lieu.server.shares())]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", [waited_for(name) for name in OUTAGES if name.startswith("cloud")])
async def test_an_outage_changes_nothing_but_the_time(tmp_path: Path, name: str, version: str) -> None:
    calm = await weathered(tmp_path / "calm", version, None)
    assert calm[0] == {PARTS: READ, GARDEN: EDIT}
    assert calm[1][f"{GROUP}.velo"] == ["zoe.m"]
    assert await weathered(tmp_path / "storm", version, OUTAGES[name]) == calm


@pytest.mark.parametrize("version", VERSIONS)
async def test_rooms_do_not_wait_for_nextcloud(tmp_path: Path, version: str) -> None:
    async with there(tmp_path, **{"version de Nextcloud": version}) as lieu:
        room = lieu.scene.rooms["Atelier"].room_id
        args = {"name": "Zoé", "login": "zoe.m", "opened": {"folders": [[BIKES, "read"]], "rooms": [[room, "Atelier"]]}}
        lieu.scene.weather("Nextcloud", False)
        await begin(lieu, "opening", args)
        assert lieu.is_in("Atelier") == "invite"
