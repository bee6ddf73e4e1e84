"""A group, a folder, an account that was there before belongs to nobody until whoever hosts the bot says so.

Eve is a concierge of La Rosée, which shares its SSO and its Nextcloud with others. She asks for what is theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Refused
from bot.lieux import Choices, Lieu
from bot.operator import lieu_spaces
from bot.services.claims import Claims
from bot.services.nextcloud import NEXTCLOUD
from integrations.directory import Account
from integrations.errors import NotPermitted
from integrations.nextcloud import EDIT
from tests.network.clouds import FOLDER, pact
from tests.network.lieux import Lieux
from tests.stage.lieu_services import BOT
from tests.stage.stage import ME
from tests.stage.transcript_header import GROUP, Scenery, scenery

HEADER = {
    **{"lieu": "La Rosée", "concierges": "Eve", "membres": "Marc", "salons": "Place", "hébergeurs": "Inès"},
    **{
        "nextcloud": "oui",
        "comptes": "oui",
        "Nextcloud administré": "oui",
        "dossiers": "La Rosée, Compta, Compta/2026",
    },
    **{"autre lieu": "Le Phare"},
}
ZOE = Account("zoe.dupont", "Zoé Dupont", "zoe@exemple.fr", True, "7")


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """The accountants have a group in the SSO and a folder in the bot's account; Le Phare has its own of each."""
    async with scenery(HEADER, tmp_path) as scene:
        assert scene.directory
        assert scene.nextcloud
        scene.directory.groups |= {"compta": {"tresor"}, GROUP: set()}
        scene.directory.accounts |= {"zoe.dupont": ZOE, "eve": Account("eve", "Eve", "eve@exemple.fr", True, "8")}
        phare = (await scene.stage.bot.lieux.all())[1]
        await scene.stage.bot.lieux.choose(phare.id, group="phare", folder="Lieux/Le Phare")
        scene.nextcloud.add_folder(BOT, "Lieux/Le Phare")
        yield scene


async def la_rosee(scene: Scenery) -> Lieu:
    return (await scene.stage.bot.lieux.all())[0]


async def chosen(scene: Scenery) -> Choices:
    return (await la_rosee(scene)).choices


async def says(scene: Scenery, *lines: str, room: str = "Conciergerie") -> list[str]:
    return await scene.answers_to("Eve", *lines, room=room)


# -- groups


@pytest.mark.parametrize("group", ["admin", "Admin", " admin", "ADMINS", "аdmin", "root", "wheel", "staff", "adm1n"])
async def test_a_lieu_does_not_get_those_who_administer(scene: Scenery, group: str) -> None:
    """With `admin` for the lieu's group, each person who is welcomed administers the SSO."""
    await says(scene, "!installer dossier partagé", group, "passer", "oui", "annuler")
    assert (await chosen(scene)).group == GROUP
    room = await scene.the_host()
    assert not [said for said in scene.stage.said(room) if "groupe" in said]  # nor is anybody asked for that


async def test_nobody_enters_them_even_where_an_earlier_version_kept_it(scene: Scenery) -> None:
    assert scene.nextcloud
    cloud, directory = scene.stage.services[NEXTCLOUD], scene.directory
    assert cloud
    assert directory
    scene.nextcloud.add_account("eve2", groups=[GROUP])
    for group in ("admin", "Admins"):
        for act in (
            cloud.groups.ensure_member("eve2", group),
            cloud.groups.ensure(group),
            cloud.shares.ensure("La Rosée", group=group),
            cloud.accounts.ensure("eve3", "Eve", "eve3@exemple.fr", group=group),
            cloud.team_folders.ensure_group("1", group, EDIT),
        ):
            with pytest.raises(NotPermitted) as refused:
                await act
            assert refused.value.code == "group-administers"
    assert scene.nextcloud.memory.accounts["eve2"].groups == [GROUP]


@pytest.mark.parametrize("group", ["compta", "Compta", "COMPTA ", "cоmpta", "compta.", "com-pta"])
async def test_a_group_of_others_is_not_taken(scene: Scenery, group: str) -> None:
    said = await says(scene, "!installer dossier partagé", group, "passer", "passer", "oui", "annuler")
    assert any("existait avant moi" in line for line in said)
    assert (await chosen(scene)).group == GROUP


async def test_nor_by_the_name_that_the_cloud_shows(scene: Scenery) -> None:
    """Nextcloud keeps another name than the one people see."""
    assert scene.nextcloud
    scene.nextcloud.memory.groups.append("a7f3")
    scene.nextcloud.memory.shown["a7f3"] = "Trésorerie"
    said = await says(scene, "!installer dossier partagé", "trésorerie", "passer", "passer", "oui")
    assert any("existait avant moi" in line for line in said)
    assert (await chosen(scene)).group == GROUP


@pytest.mark.parametrize("group", ["phare", "Phare", "PHARE", "ph.are", "phаre"])
async def test_another_lieus_group_is_not_even_asked_for(scene: Scenery, group: str) -> None:
    said = await says(scene, "!installer dossier partagé", group, "passer", "oui", "annuler")
    assert any("déjà pris" in line for line in said)
    room = await scene.the_host()
    assert not [said for said in scene.stage.said(room) if "groupe" in said]


async def test_the_host_says_yes(scene: Scenery) -> None:
    """Inès knows that the accountants are La Rosée's: from then on it is its own."""
    room = await scene.the_host()
    await says(scene, "!installer dossier partagé", "compta", "passer", "passer", "oui")
    asked = scene.stage.last(room)
    assert "compta" in asked
    assert "1 membre" in asked
    assert scene.people["Eve"] in asked
    await scene.stage.click(scene.people["Inès"], room, "✅")
    assert any("confie le groupe" in line for line in scene.stage.said(scene.rooms["Conciergerie"].room_id))
    await says(scene, "!installer dossier partagé", "compta", "La Rosée", "oui")
    assert (await chosen(scene)).group == "compta"


async def test_eve_cannot_say_yes_for_the_host(scene: Scenery) -> None:
    room = await scene.the_host()
    await says(scene, "!installer dossier partagé", "compta", "passer", "passer", "oui")
    await scene.stage.enter(scene.people["Eve"], room)
    await scene.stage.click(scene.people["Eve"], room, "✅")
    await scene.stage.write(scene.people["Eve"], room, "oui")
    await says(scene, "!installer dossier partagé", "compta", "passer", "passer", "oui")
    assert (await chosen(scene)).group == GROUP


async def test_a_no_is_told_and_not_asked_again(scene: Scenery) -> None:
    room = await scene.the_host()
    await says(scene, "!installer dossier partagé", "compta", "passer", "passer", "oui")
    await scene.stage.click(scene.people["Inès"], room, "❌")
    assert any("ne confie pas" in line for line in scene.stage.said(scene.rooms["Conciergerie"].room_id))
    asked = len(scene.stage.said(room))
    await says(scene, "!installer dossier partagé", "Compta", "compta", "passer", "passer", "oui")
    assert len(scene.stage.said(room)) == asked
    assert (await chosen(scene)).group == GROUP


async def test_the_host_is_not_asked_about_a_hundred_names(scene: Scenery) -> None:
    assert scene.directory
    scene.directory.groups |= {f"equipe{n}": set() for n in range(100, 120)}
    room = await scene.the_host()
    before = len(scene.stage.said(room))
    await says(scene, "!installer dossier partagé", *(f"equipe{n}" for n in range(100, 120)), "passer", "passer", "oui")
    assert len(scene.stage.said(room)) - before <= 5


async def test_the_yes_comes_too_late_for_what_is_another_lieus_by_now(scene: Scenery) -> None:
    room = await scene.the_host()
    await says(scene, "!installer dossier partagé", "compta", "passer", "passer", "oui")
    phare = (await scene.stage.bot.lieux.all())[1]
    await scene.stage.bot.lieux.choose(phare.id, group="compta")
    await scene.stage.click(scene.people["Inès"], room, "✅")
    await says(scene, "!installer dossier partagé", "compta", "passer", "passer", "oui")
    assert (await chosen(scene)).group == GROUP


async def test_without_a_host_nothing_becomes_a_yes(tmp_path: Path) -> None:
    alone = {name: what for name, what in HEADER.items() if name not in ("hébergeurs", "autre lieu")}
    async with scenery(alone, tmp_path) as scene:
        assert scene.directory
        scene.directory.groups["compta"] = {"tresor"}
        said = await says(scene, "!installer dossier partagé", "compta", "passer", "passer", "oui")
        assert any("existait avant moi" in line for line in said)
        assert (await chosen(scene)).group == GROUP


async def test_a_setting_is_the_hosts_word(scene: Scenery) -> None:
    services = scene.stage.services
    space = (await la_rosee(scene)).space
    mine = replace(services, group="compta", folder="Compta")
    object.__setattr__(services, "own", {space: mine})
    await says(scene, "!installer dossier partagé", "compta", "Compta", "oui")
    assert ((await chosen(scene)).group, (await chosen(scene)).folder) == ("compta", "Compta")


async def test_what_appears_between_the_question_and_the_act_is_nobodys(scene: Scenery) -> None:
    """The group was free when Eve named it; somebody makes it while she thinks about the folder."""
    assert scene.directory
    await says(scene, "!installer dossier partagé", "secret")
    scene.directory.groups["secret"] = {"tresor"}
    await says(scene, "passer", "oui")
    assert (await chosen(scene)).group == GROUP
    assert scene.directory.groups["secret"] == {"tresor"}


async def test_a_host_who_installs_reads_what_was_there(tmp_path: Path) -> None:
    """Inès herself sets the lieu up: her own recapitulation says so, and her yes is the word that is needed."""
    header = {
        **{"lieu": "La Rosée", "concierges": "Inès", "hébergeurs": "Inès", "installé": "non"},
        **{"nextcloud": "oui", "comptes": "oui", "dossiers": "Compta, Compta/2026"},
    }
    async with scenery(header, tmp_path) as scene:
        assert scene.directory
        scene.directory.groups[GROUP] = {"zoe", "marc"}
        ines = scene.people["Inès"]
        await scene.stage.bring_bot(ines, scene.space.room_id)
        private = scene.stage.matrix.directs[ines]
        for line in ("sans cela", "passer", "non", "1", f"groupe : {GROUP}", "dossier : Compta"):
            await scene.stage.write(ines, private, line)
        summary = scene.stage.last(private)
        assert "Ce groupe existait déjà, avec 2 membres" in summary
        assert "Ce dossier existait déjà" in summary
        await scene.stage.write(ines, private, "oui")
        assert ((await chosen(scene)).group, (await chosen(scene)).folder) == (GROUP, "Compta")


# -- folders


@pytest.mark.parametrize("folder", ["Compta", "compta", "Compta/", "//Compta", "COMPTA", "Cоmpta", "Compta/2026/.."])
async def test_a_folder_of_others_is_not_taken(scene: Scenery, folder: str) -> None:
    await says(scene, "!installer dossier partagé", "passer", folder, "oui", "annuler")
    assert (await chosen(scene)).folder == "La Rosée"


@pytest.mark.parametrize(
    "folder",
    [
        *("Lieux/Le Phare", "Lieux//Le Phare", "/Lieux/Le Phare/", "Lieux/./Le Phare", "lieux/le phare"),
        *("Lieux/Le Phare/Compta", "Lieux", "LIEUX", "Lieux/Le  Phare", "Lieux/Le Pharе", "La Rosée/../Lieux/Le Phare"),
        *("Lieux%2FLe Phare", "Lieux/Le Phare ", "Lieux/Le Phare."),
    ],
)
async def test_another_lieus_folder_however_it_is_written(scene: Scenery, folder: str) -> None:
    """The same place, around it, or in it."""
    room = await scene.the_host()
    await says(scene, "!installer dossier partagé", "passer", folder, "oui", "annuler")
    assert (await chosen(scene)).folder == "La Rosée"
    assert not [said for said in scene.stage.said(room) if "Phare" in said and "dossier" in said]


async def test_what_another_lieu_had_stays_its_own(scene: Scenery) -> None:
    """Le Phare made a folder, and has another one now: what is in the first one is not Eve's."""
    phare = (await scene.stage.bot.lieux.all())[1]
    await scene.stage.bot.ownership.own(phare.id, "nextcloud", "folder", "Ancien")
    await scene.stage.bot.ownership.own(phare.id, "directory", "group", "ancien")
    await says(scene, "!installer dossier partagé", "ancien", "passer", "Ancien", "passer", "oui")
    assert ((await chosen(scene)).group, (await chosen(scene)).folder) == (GROUP, "La Rosée")


@pytest.mark.parametrize("how", ["sent the bot away", "was ended"])
async def test_what_a_lieu_has_that_may_come_back_is_not_taken(scene: Scenery, tmp_path: Path, how: str) -> None:
    """Le Phare is away for a while; its folder is empty, its group not there yet. Were they Eve's, she would have what
    it puts there when it is back."""
    phare = (await scene.stage.bot.lieux.all())[1]
    if how == "was ended":
        await lieu_spaces.end(tmp_path, phare.space)
        await scene.stage.bot.decisions.go_on()
        await scene.stage.settle()
    else:
        await scene.stage.becomes(ME, phare.space, "leave", by=scene.people["Eve"])
    lieu = await la_rosee(scene)
    claims = await scene.stage.bot.provide(Claims, lieu)
    assert isinstance(claims, Claims)
    assert await claims.standing("folder", "Lieux/Le Phare") == "existed"
    assert await claims.standing("group", "phare") == "existed"
    with pytest.raises(Refused):
        await claims.take("folder", "Lieux/Le Phare/Compta", scene.people["Eve"])


async def test_an_ordinary_new_name_is_taken_at_once(scene: Scenery) -> None:
    """An empty folder in the way is nobody's secret."""
    assert scene.nextcloud
    scene.nextcloud.add_folder(BOT, "Ateliers")
    await says(scene, "!installer dossier partagé", "ateliers", "Ateliers", "oui")
    assert ((await chosen(scene)).group, (await chosen(scene)).folder) == ("ateliers", "Ateliers")
    lieu = await la_rosee(scene)
    assert await scene.stage.bot.ownership.owns(lieu.id, "nextcloud", "folder", "Ateliers")
    assert await scene.stage.bot.ownership.owns(lieu.id, "directory", "group", "ateliers")


# -- accounts


async def test_an_email_does_not_tell_whose_matrix_address_it_is(scene: Scenery) -> None:
    """Zoé is of another lieu of the same SSO. Eve types her e-mail, to learn her address: in vain."""
    assert scene.directory
    said = await says(
        scene, "!inviter Zoé zoe@exemple.fr", "oui", "!suivi", "annuler", "!journal", "!membres", "annuler"
    )
    assert any("zoe@exemple.fr" in line for line in said)
    assert not [line for line in said if "zoe.dupont" in line or "Dupont" in line]
    assert scene.space.members.get("@zoe.dupont:lieu.fr") is None
    assert not scene.directory.mails  # nor is her password anybody's business here


async def test_she_comes_with_the_account_that_she_has(scene: Scenery) -> None:
    """Her own yes, in private; her account is hers and not the lieu's, and she is in the lieu's group."""
    assert scene.directory
    await says(scene, "!inviter Zoé zoe@exemple.fr", "oui")
    zoe = "@zoe.dupont:lieu.fr"
    private = scene.stage.matrix.directs[zoe]
    await scene.stage.enter(zoe, private)
    for line in ("Zoé", "passer", "oui"):
        await scene.stage.write(zoe, private, line)
    assert scene.space.members[zoe] == "invite"
    assert "zoe.dupont" in scene.directory.groups[GROUP]
    lieu = await la_rosee(scene)
    assert not await scene.stage.bot.ownership.owns(lieu.id, "directory", "account", "zoe.dupont")
    for act in ("suspendre", "fermer", "groupes", "renvoyer"):
        await says(scene, f"!compte {act} zoe.dupont", "oui", "oui", "annuler")
    assert scene.directory.accounts["zoe.dupont"] == ZOE
    assert not scene.directory.mails


async def test_the_accounts_of_others_are_not_sent_their_password_again(scene: Scenery) -> None:
    """Nor one that an earlier version wrote down for an arrival."""
    assert scene.directory
    lieu = await la_rosee(scene)
    await scene.stage.bot.arrivals.expect(
        lieu.id, "@zoe.dupont:lieu.fr", scene.people["Eve"], name="Zoé", email="zoe@exemple.fr", login="zoe.dupont"
    )
    await says(scene, "!suivi", "1", "renvoyer", "annuler")
    assert not scene.directory.mails


# -- what `!parcours` opens


async def test_an_answer_opens_no_group_that_was_there_before(scene: Scenery) -> None:
    """Eve's lieu is `la.rosee`; `la.rosee.bureau` was made by somebody else, for the board of the association."""
    assert scene.directory
    scene.directory.groups["la.rosee.bureau"] = {"tresor"}
    lieu = await la_rosee(scene)
    question = {
        **{"id": "q", "text": "Qui es-tu ?", "label": "rôle", "kind": "one"},
        "options": [{"label": "du bureau", "opens": {"groups": ["bureau", "jardin"]}}, {"label": "de passage"}],
    }
    await scene.stage.bot.path_versions.put(lieu.id, scene.people["Eve"], question)
    mallory = "@mallory:ailleurs.fr"
    await scene.stage.enter(mallory, scene.space.room_id)
    private = scene.stage.matrix.directs[mallory]
    await scene.stage.enter(mallory, private)
    for line in ("Mallory", "mallory", "mallory@ailleurs.fr", "passer", "du bureau", "oui"):
        await scene.stage.write(mallory, private, line)
    assert scene.directory.groups["la.rosee.bureau"] == {"tresor"}
    assert scene.directory.groups["la.rosee.jardin"] == {"mallory"}
    assert any("la.rosee.bureau" in said for said in scene.stage.said(scene.rooms["Conciergerie"].room_id))


async def test_nor_one_that_only_the_cloud_has(scene: Scenery) -> None:
    """The board's group is in Nextcloud alone, where the bot administers: who comes by Eve's answer is not in it."""
    assert scene.nextcloud
    scene.nextcloud.memory.groups.append("la.rosee.bureau")
    scene.nextcloud.add_account("tresor", groups=["la.rosee.bureau"])
    lieu = await la_rosee(scene)
    question = {
        **{"id": "q", "text": "Qui es-tu ?", "label": "rôle", "kind": "one"},
        "options": [{"label": "du bureau", "opens": {"groups": ["bureau", "jardin"]}}, {"label": "de passage"}],
    }
    await scene.stage.bot.path_versions.put(lieu.id, scene.people["Eve"], question)
    for mallory in ("@mallory:ailleurs.fr", "@mireille:ailleurs.fr"):
        await scene.stage.enter(mallory, scene.space.room_id)
        private = scene.stage.matrix.directs[mallory]
        await scene.stage.enter(mallory, private)
        login = mallory[1:].partition(":")[0]
        for line in (login.title(), login, f"{login}@ailleurs.fr", "passer", "du bureau", "oui"):
            await scene.stage.write(mallory, private, line)
        groups = scene.nextcloud.memory.accounts[login].groups
        assert ("la.rosee.bureau" in groups, "la.rosee.jardin" in groups) == (False, True)
    assert any("la.rosee.bureau" in said for said in scene.stage.said(scene.rooms["Conciergerie"].room_id))


# -- the folder of a project between lieux


async def test_a_project_is_not_given_a_folder_that_was_there(lieux: Lieux) -> None:
    """Its name comes from the title of the request: Eve writes one that makes it the folder of something older."""
    async with AsyncExitStack() as stack:
        two = await pact(lieux, stack)
        cloud = two.clouds["La Rosée"]
        cloud.add_folder(BOT, FOLDER)
        cloud.memory.homes[BOT][f"{FOLDER}/paie.ods"] = cloud.memory.node(b"x", "text/plain")
        await two.agree()
        assert two.reach(two.rosee) == {}
        assert not cloud.shares()
        assert any("n’a pas de dossier" in said for said in two.here())


async def test_two_lieux_at_once_do_not_get_one_group(scene: Scenery) -> None:
    """Both looked before either had it."""
    claims = [await scene.stage.bot.provide(Claims, lieu) for lieu in await scene.stage.bot.lieux.all()]
    takes = [each.take("group", "nouveau", scene.people["Eve"]) for each in claims if isinstance(each, Claims)]
    outcomes = await asyncio.gather(*takes, return_exceptions=True)
    assert len(outcomes) == 2
    assert sum(isinstance(outcome, dict) for outcome in outcomes) <= 1
