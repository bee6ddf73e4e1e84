"""Whose accounts `!compte` touches, and what each service is found to hold afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.lieux import Lieu
from bot.people import Role
from bot.store.database import Tx
from tests.commands.welcome.test_crash_welcome import ANNE, ZOE, World, deaths
from tests.stage.memory_synapse import somebody
from tests.stage.stage import ME
from tests.stage.transcript_header import BOT, GROUP, Scenery, scenery
from tests.tiers import Sweep

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Zoé, Marc",
    "salons": "Place",
    "comptes": "oui",
    "comptes connus": "Anne, Bob, Zoé, Marc",
    "comptes du lieu": "Anne, Bob, Zoé",
    "administration": "oui",
    "nextcloud": "oui",
}
QUARTER = 1 / 96  # of an hour, in days


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


async def the_lieu(scene: Scenery) -> Lieu:
    return (await scene.stage.bot.lieux.all())[0]


async def asks(scene: Scenery, line: str, *answers: str, by: str = "Anne", office: str = "Conciergerie") -> str:
    """The bot's last word."""
    room = scene.rooms[office].room_id
    for said in (line, *answers):
        await scene.stage.write(scene.people[by], room, said)
    return scene.stage.last(room)


async def has_cloud_account(scene: Scenery, login: str) -> None:
    assert scene.nextcloud
    scene.nextcloud.add_account(login, groups=[GROUP])
    lieu = await the_lieu(scene)
    await scene.stage.bot.ownership.own(lieu.id, "nextcloud", "account", login, scene.people["Zoé"])


def held(scene: Scenery, login: str) -> dict[str, bool]:
    """Which doors are open to them, asked of each service."""
    assert scene.directory
    assert scene.synapse
    assert scene.nextcloud
    found = scene.nextcloud.users().get(login)
    return {
        "directory": scene.directory.accounts[login].active,
        "matrix": not scene.synapse.known[f"@{login}:lieu.fr"]["locked"],
        "nextcloud": bool(found and found.enabled),
    }


async def acts(scene: Scenery) -> list[str]:
    def read(tx: Tx) -> list[str]:
        return [row["what"] for row in tx.execute("SELECT what FROM acts ORDER BY seq")]

    return await scene.stage.database.read(read)


async def test_one_act_closes_and_opens_every_door(scene: Scenery) -> None:
    await has_cloud_account(scene, "zoe")
    said = await asks(scene, "!compte suspendre zoé", "oui")
    assert held(scene, "zoe") == {"directory": False, "matrix": False, "nextcloud": False}
    assert [service in said for service in ("Annuaire", "Messagerie", "Nextcloud")] == [True] * 3
    await asks(scene, "!compte rétablir zoé")
    assert held(scene, "zoe") == {"directory": True, "matrix": True, "nextcloud": True}
    assert await acts(scene) == ["suspended", "reactivated"]


async def meets_the_bot(scene: Scenery, who: str) -> str:
    """They ask it something, and come where it answers them."""
    person, place = scene.people[who], scene.rooms["Place"].room_id
    await scene.stage.write(person, place, "!mes-données")
    await scene.stage.enter(person, scene.stage.matrix.directs[person])
    return scene.stage.matrix.directs[person]


@pytest.mark.parametrize(
    ("met", "administration", "mails", "shown"),
    [
        (True, "non", "oui", "un mot en privé, qui dit"),
        (True, "oui", "oui", "un mot en privé et un e-mail, qui disent"),
        (False, "oui", "oui", "un e-mail, qui dit"),
        (True, "oui", "non", "ne le lira peut-être pas"),
        (False, "non", "non", "Je n’ai pas de quoi l’écrire"),
    ],
)
async def test_nobody_finds_a_door_shut_without_a_word(
    tmp_path: Path, met: bool, administration: str, mails: str, shown: str
) -> None:
    """In private where they are, by mail too where the messaging is shut; and whoever decides sees it beforehand."""
    async with scenery(LIEU | {"administration": administration, "e-mails": mails}, tmp_path) as scene:
        private = await meets_the_bot(scene, "Zoé") if met else ""
        before = len(scene.stage.said(private)) if met else 0
        assert shown in await asks(scene, "!compte suspendre zoé")
        for said in ("oui", "!compte rétablir zoé", "!compte suspendre zoé", "oui", "!compte fermer zoé", "oui"):
            await asks(scene, said)
        told = scene.stage.said(private)[before:] if met else []
        words = ("a suspendu ton accès", "t’est rendu", "a suspendu ton accès", "ferme ton compte pour de bon")
        assert [word for said, word in zip(told, words, strict=met) if word in said] == [*words] * met
        assert len(scene.mails) == len(words) * ("un e-mail" in shown)


@pytest.mark.parametrize(("called", "becomes"), [("Zoe", "Zoé Martin"), ("Zozo", "Zozo")])
async def test_a_name_that_was_mistyped_is_put_right_where_the_account_says_it(
    scene: Scenery, called: str, becomes: str
) -> None:
    """What somebody has chosen to be called in rooms stays theirs."""
    assert scene.directory
    assert scene.synapse
    assert scene.nextcloud
    await has_cloud_account(scene, "zoe")
    scene.directory.accounts["zoe"] = replace(scene.directory.accounts["zoe"], name="Zoe")
    scene.synapse.known["@zoe:lieu.fr"]["name"] = called
    await asks(scene, "!compte corriger zoé", "Zoé Martin", "oui")
    assert scene.directory.accounts["zoe"].name == "Zoé Martin"
    assert scene.nextcloud.users()["zoe"].name == "Zoé Martin"
    assert scene.synapse.known["@zoe:lieu.fr"]["name"] == becomes
    assert await acts(scene) == ["renamed"]


async def test_a_name_that_others_alone_can_change_is_not_asked_for(scene: Scenery) -> None:
    assert scene.directory
    assert "corriger son nom" in await asks(scene, "!compte zoé")
    scene.directory.lacks = frozenset({"change"})
    await asks(scene, "annuler")
    assert "corriger son nom" not in await asks(scene, "!compte zoé")
    await asks(scene, "annuler")
    assert "dans l’annuaire des comptes" in await asks(scene, "!compte corriger zoé")


async def test_whoever_is_suspended_once_more_hears_of_it_once(tmp_path: Path) -> None:
    """What was away is asked again, and what they were told they know."""
    async with scenery(LIEU | {"e-mails": "oui"}, tmp_path) as scene:
        private = await meets_the_bot(scene, "Zoé")
        for _ in range(2):
            shown = await asks(scene, "!compte suspendre zoé")
            await asks(scene, "oui")
        assert "en a eu un mot" in shown
        assert [("suspendu ton accès" in said) for said in scene.stage.said(private)].count(True) == 1
        assert len(scene.mails) == 1
        assert not scene.directory or not scene.directory.accounts["zoe"].active


@pytest.mark.parametrize(
    "line",
    [
        "corriger zoé",
        "corriger le nom de zoé",
        "corriger son nom zoé",
        "corriger le compte de Zoé",
        "renommer pour zoé",
    ],
)
async def test_an_act_is_said_in_as_many_words_as_it_has(scene: Scenery, line: str) -> None:
    assert scene.directory
    await asks(scene, f"!compte {line}", "Zoé Martin", "oui")
    assert scene.directory.accounts["zoe"].name == "Zoé Martin"


async def test_an_act_of_several_words_names_nobody(scene: Scenery) -> None:
    assert "Pour qui ?" in (await asks(scene, "!compte renvoyer le lien")).replace("\u202f", " ")


async def test_a_word_that_could_not_leave_is_said(tmp_path: Path) -> None:
    async with scenery(LIEU | {"e-mails": "oui"}, tmp_path) as scene:
        await asks(scene, "!compte suspendre zoé")
        scene.weather("le serveur des e-mails", fair=False)
        await asks(scene, "oui")
        assert "n’a pas pu partir" in "".join(scene.stage.said(scene.rooms["Conciergerie"].room_id)[-2:])


async def test_a_word_to_somebody_shuts_no_door_later(tmp_path: Path) -> None:
    """They left meanwhile, and want no invitation; where their address is written does not answer."""
    async with scenery(LIEU | {"e-mails": "oui"}, tmp_path) as scene:
        await has_cloud_account(scene, "zoe")
        private, zoe = await meets_the_bot(scene, "Zoé"), scene.people["Zoé"]
        await asks(scene, "!compte suspendre zoé")
        await scene.stage.becomes(zoe, private, "leave")
        scene.stage.matrix.world.wanting_none[zoe] = "invitations-blocked"
        scene.weather("l’annuaire", fair=False)
        said = await asks(scene, "oui")
        assert held(scene, "zoe") == {"directory": True, "matrix": False, "nextcloud": False}
        scene.weather("l’annuaire", fair=True)
        await scene.stage.wait(QUARTER)
        assert not held(scene, "zoe")["directory"]
        assert await acts(scene) == ["suspended"]
        assert "qu’en partie" in said
        told = "".join(scene.stage.said(scene.rooms["Conciergerie"].room_id))
        assert "n’a pas pu partir" in told


@pytest.mark.parametrize("whom", ["Zoé", "zoe", "@zoe:lieu.fr"])
async def test_a_person_alone_is_whom_it_is_about_and_no_act(scene: Scenery, whom: str) -> None:
    """It was taken for what to do, and the second word of a name for whom."""
    assert "Que fait-on" in await asks(scene, f"!compte {whom}")
    assert "le compte zoe de Zoé" in await asks(scene, "suspendre")


async def test_a_slip_in_the_act_is_no_name(scene: Scenery) -> None:
    assert "le compte zoe de Zoé" in await asks(scene, "!compte suspendr Zoé")


@pytest.mark.parametrize("act", ["suspendre", "rétablir", "fermer", "renvoyer", "groupes"])
async def test_an_account_that_is_not_the_lieus_is_left_alone(scene: Scenery, act: str) -> None:
    said = await asks(scene, f"!compte {act} marc", "oui")
    assert "n’a pas été ouvert par ce lieu" in said
    assert held(scene, "marc")["directory"]
    assert await acts(scene) == []


async def test_another_services_account_of_that_name_is_left_alone(scene: Scenery) -> None:
    """The directory's is ours, the two others were there before."""
    lieu = await the_lieu(scene)
    await scene.stage.bot.ownership.disown(lieu.id, "matrix", "account", scene.people["Zoé"])
    assert scene.nextcloud
    scene.nextcloud.add_account("zoe", groups=[GROUP])
    said = await asks(scene, "!compte suspendre zoé", "oui")
    assert held(scene, "zoe") == {"directory": False, "matrix": True, "nextcloud": True}
    assert said.count("je n’y touche pas") == 2


@pytest.mark.parametrize("act", ["suspendre", "fermer"])
async def test_nobody_closes_themselves_out(scene: Scenery, act: str) -> None:
    assert "ton propre compte" in await asks(scene, f"!compte {act} anne", "oui")
    assert held(scene, "anne")["directory"]


@pytest.mark.parametrize("act", ["suspendre", "fermer"])
async def test_the_last_concierge_keeps_the_keys(scene: Scenery, act: str) -> None:
    """Anne has just lost hers while she was asking."""
    space = scene.rooms["La Rosée"]
    lieu = await the_lieu(scene)
    space.levels = {ME: 50, scene.people["Anne"]: 0, scene.people["Bob"]: 50}
    at, anne = scene.stage.clock.at / 1000, scene.people["Anne"]
    scene.stage.bot.people._roles[lieu.space] = {anne: (at, Role.CONCIERGE)}  # not yet asked
    assert "la dernière personne à avoir les clés" in await asks(scene, f"!compte {act} bob", "oui")
    assert held(scene, "bob")["directory"]


async def test_a_concierge_among_others_is_suspended(scene: Scenery) -> None:
    assert "Le compte de Bob est suspendu" in await asks(scene, "!compte suspendre bob", "oui")
    assert not held(scene, "bob")["directory"]


@pytest.mark.parametrize("where", ["matrix", "nextcloud"])
async def test_an_administrator_of_a_service_is_left_alone(scene: Scenery, where: str) -> None:
    assert scene.synapse
    assert scene.nextcloud
    await has_cloud_account(scene, "zoe")
    if where == "matrix":
        scene.synapse.known[scene.people["Zoé"]] = somebody(scene.people["Zoé"], admin=True)
    else:
        scene.nextcloud.users()[BOT].groups.append("admin")  # else it does not see administrators at all
        scene.nextcloud.users()["zoe"].groups.append("admin")
    assert "administre un des services" in await asks(scene, "!compte suspendre zoé", "oui")
    assert held(scene, "zoe") == {"directory": True, "matrix": True, "nextcloud": True}


async def test_the_bot_itself_is_left_alone(scene: Scenery) -> None:
    lieu = await the_lieu(scene)
    login = ME[1:].partition(":")[0]
    assert scene.directory
    scene.directory.accounts[login] = replace(scene.directory.accounts["zoe"], login=login)
    await scene.stage.bot.ownership.own_account(lieu.id, login, "@double:lieu.fr", address=None)
    assert "mon propre compte" in await asks(scene, f"!compte suspendre {login}", "oui")


async def test_only_what_was_suspended_here_is_given_back_or_closed(scene: Scenery) -> None:
    """An account that the directory's administrator locked stays so."""
    assert scene.directory
    await scene.directory.set_active("zoe", False)
    assert "pas été suspendu par moi" in await asks(scene, "!compte rétablir zoé")
    assert "déjà suspendu" in await asks(scene, "!compte fermer zoé")
    assert not held(scene, "zoe")["directory"]
    assert "zoe" in scene.directory.accounts


async def test_a_closed_account_is_ours_no_more(scene: Scenery) -> None:
    assert scene.synapse
    assert scene.directory
    await asks(scene, "!compte suspendre zoé", "oui")
    await asks(scene, "!compte fermer zoé", "oui")
    assert "zoe" not in scene.directory.accounts
    assert scene.synapse.known[scene.people["Zoé"]]["deactivated"]
    lieu = await the_lieu(scene)
    for service, ref in (("directory", "zoe"), ("matrix", scene.people["Zoé"])):
        assert not await scene.stage.bot.ownership.owns(lieu.id, service, "account", ref)
    assert await acts(scene) == ["suspended", "closed"]


async def test_a_suspension_is_undone_from_the_journal(scene: Scenery) -> None:
    await asks(scene, "!compte suspendre zoé", "oui")
    assert "a suspendu le compte de Zoé" in await asks(scene, "!journal")
    assert "est rétabli" in await asks(scene, "!journal défaire", "1")
    assert held(scene, "zoe")["directory"]


async def test_a_lieu_may_want_two_for_a_closing(scene: Scenery) -> None:
    lieu = await the_lieu(scene)
    await scene.stage.bot.lieux.choose(lieu.id, two=["close"])
    await asks(scene, "!compte suspendre zoé", "oui")
    await asks(scene, "!compte fermer zoé", "oui")
    assert scene.directory
    assert "zoe" in scene.directory.accounts
    office = scene.rooms["Conciergerie"].room_id
    await scene.stage.click(scene.people["Anne"], office, "✅")
    assert "zoe" in scene.directory.accounts
    await scene.stage.click(scene.people["Bob"], office, "✅")
    assert "zoe" not in scene.directory.accounts


OUTAGES = ("directory", "matrix", "nextcloud")


def weather(scene: Scenery, service: str, fair: bool) -> None:
    names = {"directory": "l’annuaire", "matrix": "la messagerie", "nextcloud": "Nextcloud"}
    scene.weather(names[service], fair)


@pytest.mark.parametrize("service", OUTAGES)
async def test_a_service_that_is_away_is_caught_up_and_hides_nothing(scene: Scenery, service: str) -> None:
    """It goes between the question and its answer: the others are closed at once."""
    await has_cloud_account(scene, "zoe")
    await asks(scene, "!compte suspendre zoé")
    weather(scene, service, False)
    said = await asks(scene, "oui")
    assert "qu’en partie" in said
    assert held(scene, "zoe") == {"directory": False, "matrix": False, "nextcloud": False} | {service: True}
    for _ in range(3):
        await scene.stage.wait(QUARTER)
    weather(scene, service, True)
    for _ in range(8):
        await scene.stage.wait(QUARTER)
    assert held(scene, "zoe") == {"directory": False, "matrix": False, "nextcloud": False}
    assert await acts(scene) == ["suspended"]


async def test_a_late_suspension_does_not_undo_what_was_given_back_since(scene: Scenery) -> None:
    await asks(scene, "!compte suspendre zoé")
    weather(scene, "matrix", False)
    await asks(scene, "oui")
    weather(scene, "matrix", True)
    await asks(scene, "!compte rétablir zoé")
    assert held(scene, "zoe")["matrix"]
    await scene.stage.wait(QUARTER)
    assert held(scene, "zoe")["matrix"]


async def test_a_lost_answer_of_nextcloud_changes_nothing(scene: Scenery) -> None:
    await has_cloud_account(scene, "zoe")
    assert scene.nextcloud
    await asks(scene, "!compte suspendre zoé", "oui")
    await asks(scene, "!compte rétablir zoé")  # so that it is the next write, not a confirmation, that is struck
    await asks(scene, "!compte suspendre zoé")
    scene.nextcloud.weather.after_writing = "fails"
    assert "Le compte de Zoé est suspendu." in await asks(scene, "oui")
    assert held(scene, "zoe") == {"directory": False, "matrix": False, "nextcloud": False}


async def whole_account(world: World) -> None:
    """Made, suspended, and closed."""
    for line in ("!compte créer Zoé Martin zoe@exemple.fr", "oui", "!compte suspendre zoé", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    assert world.synapse.known[ZOE]["locked"]
    assert not world.directory.accounts["zoe.martin"].active
    for line in ("!compte fermer zoé", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    assert "zoe.martin" not in world.directory.accounts


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, whole_account)) > 40


# -- two lieux


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Zoé is a member of both; La Rosée gave her the account. Anne and Bob look after both."""
    async with scenery(LIEU | {"autre lieu": "Le Phare"}, tmp_path) as scene:
        scene.rooms["Le Phare"].members[scene.people["Zoé"]] = "join"
        yield scene


@pytest.mark.parametrize("act", ["suspendre", "rétablir", "fermer", "renvoyer", "groupes"])
async def test_a_lieu_does_not_touch_the_account_that_another_gave(two: Scenery, act: str) -> None:
    said = await asks(two, f"!compte {act} zoé", "oui", office="Conciergerie · Le Phare")
    assert "n’a pas été ouvert par ce lieu" in said
    assert held(two, "zoe")["directory"]


async def test_a_sheet_tells_nothing_of_another_lieu(two: Scenery) -> None:
    assert two.directory
    two.directory.groups = {"le.phare.secret": {"zoe"}, GROUP: {"zoe"}}
    here = await asks(two, "!membres zoé")
    there = await asks(two, "!membres zoé", office="Conciergerie · Le Phare")
    assert "zoe@exemple.fr" in here
    assert "zoe@exemple.fr" not in there
    assert "secret" not in here + there
    assert "Place" in here
    assert "Place" not in there
    assert "Marc" not in await asks(two, "!membres", office="Conciergerie · Le Phare")


# -- what is journaled


async def test_no_secret_is_written_down(scene: Scenery) -> None:
    await asks(scene, "!compte créer Awa Dupont awa@exemple.fr", "oui")
    await asks(scene, "!compte renvoyer awa")

    def everything(tx: Tx) -> str:
        tables = ("steps", "acts", "conversations", "outbox")
        return "\n".join(str(tuple(row)) for table in tables for row in tx.execute(f"SELECT * FROM {table}"))

    written = await scene.stage.database.read(everything)
    assert "awa.dupont" in written
    assert "password" not in written.casefold()
    assert await acts(scene) == ["account", "resend"]


async def test_groups_are_those_of_the_lieu_in_both_services(scene: Scenery) -> None:
    assert scene.directory
    assert scene.nextcloud
    lieu = await the_lieu(scene)
    await has_cloud_account(scene, "zoe")
    await scene.stage.bot.ownership.own(lieu.id, "directory", "group", "jardin")
    scene.nextcloud.memory.groups.append("jardin")
    scene.nextcloud.users()[BOT].subadmin.append("jardin")
    scene.directory.groups = {"chorale": {"zoe"}, "jardin": set(), GROUP: {"zoe"}}
    said = await asks(scene, "!compte groupes zoé", "jardin")
    assert "jardin" in said
    assert "chorale" not in said
    assert scene.directory.groups == {"chorale": {"zoe"}, "jardin": {"zoe"}, GROUP: set()}
    assert scene.nextcloud.users()["zoe"].groups == ["jardin"]
    assert sorted(await acts(scene)) == ["group-in", "group-out"]


async def test_groups_where_there_is_no_nextcloud_lead_to_no_question_that_is_not_there(tmp_path: Path) -> None:
    """« !installer partage en choisit un », and then « partage ne fait pas partie des réponses »."""
    header = {"lieu": "La Rosée", "concierges": "Anne", "membres": "Luc Martin", "comptes": "oui"}
    known = {"comptes connus": "Luc Martin", "comptes du lieu": "Luc Martin"}
    async with scenery(header | known, tmp_path) as scene:
        said = await scene.answers_to("Anne", "!compte groupes Luc Martin")
    assert "La personne qui administre l’annuaire s’en occupe" in said[-1]
    assert "installer" not in said[-1]


async def test_a_login_that_is_used_again_inherits_nothing(scene: Scenery) -> None:
    """The account was removed in the SSO itself, while it was suspended; another Nina is given one of that name."""
    lieu, ownership = await the_lieu(scene), scene.stage.bot.ownership
    for kind in ("pause", "password"):
        await ownership.own(lieu.id, "conciergerie", kind, "nina.roy", "@nina.roy:lieu.fr")
    for service in ("directory", "nextcloud"):
        await ownership.own(lieu.id, service, "account", "nina.roy", "@nina.roy:lieu.fr")
    before = scene.stage.clock.at
    said = await asks(scene, "!compte créer Nina Roy nina@exemple.fr", "oui")
    assert scene.directory
    assert "nina.roy" in scene.directory.accounts, said
    for service in ("directory", "nextcloud"):
        assert (await ownership.owned(lieu.id, service, "account"))["nina.roy"]["at"] > before, "another one, of now"
    for kind in ("pause", "password"):
        assert not await ownership.owns(lieu.id, "conciergerie", kind, "nina.roy")
