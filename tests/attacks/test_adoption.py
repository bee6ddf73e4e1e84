"""A concierge takes somebody's account by adopting it: of other lieux, of administrators, of whoever is only named.

Eve is a concierge of La Rosée. Victor has an account of the SSO and nothing to do with her lieu: she made him enter her
space, with an invitation as anybody gets, or she calls a puppet of hers by his name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.services.adoption import Adoption, Candidate, Found
from bot.services.nextcloud import NEXTCLOUD
from integrations.directory import Account
from tests.stage.stage import ME
from tests.stage.transcript_header import Scenery, scenery

ALONE = {
    "lieu": "La Rosée",
    "concierges": "Eve",
    "membres": "Victor Roy, Zoé Martin",
    "salons": "Place",
    "comptes": "oui",
    "administration": "oui",
    "nextcloud": "oui",
    "comptes d’avant": "Victor Roy, Zoé Martin, Paul Petit",
    "dans le groupe": "zoe.martin",
}
SHARED = ALONE | {"autre lieu": "Le Phare", "hébergeurs": "Inès"}
VICTOR, ZOE = "@victor.roy:lieu.fr", "@zoe.martin:lieu.fr"


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def play(stack: AsyncExitStack, path: Path, **header: str) -> Scenery:
    return await stack.enter_async_context(scenery({**header}, path))


async def adoption(scene: Scenery, n: int = 0) -> Adoption:
    """Of the first lieu, or another one."""
    found = await scene.stage.bot.provide(Adoption, (await scene.stage.bot.lieux.all())[n])
    assert isinstance(found, Adoption)
    return found


async def found(scene: Scenery, *, hosts: bool = False) -> Found:
    return await (await adoption(scene)).found(hosts)


async def logins(scene: Scenery, *, hosts: bool = False) -> list[str]:
    return sorted(row["login"] for row in (await found(scene, hosts=hosts))["rows"])


async def row_of(scene: Scenery, login: str) -> Candidate:
    return next(row for row in (await found(scene))["rows"] if row["login"] == login)


async def owns(scene: Scenery, login: str, n: int = 0) -> bool:
    lieu = (await scene.stage.bot.lieux.all())[n]
    return await scene.stage.bot.ownership.owns_account(lieu.id, login)


async def says(scene: Scenery, *lines: str) -> list[str]:
    return await scene.answers_to("Eve", *lines)


# -- several lieux have the same SSO


async def test_whoever_entered_a_space_is_not_its_concierges_to_take(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Eve says yes to everything; nothing is hers before the host says so, and she is told that they are asked."""
    scene = await play(stack, tmp_path, **SHARED)
    said = await says(scene, "!membres adopter", "tout", "oui")
    assert any("qui m’héberge" in line for line in said)
    assert not await owns(scene, "victor.roy")
    said = await says(scene, "!compte suspendre victor", "oui")
    assert any("n’a pas été ouvert par ce lieu" in line for line in said)
    assert scene.directory
    assert scene.directory.accounts["victor.roy"].active
    asked = scene.stage.last(await scene.the_host())
    assert f"{scene.people['Eve']}" in asked
    assert "victor.roy (probable\u202f: même identifiant), dans l’espace seulement" in asked.replace("\n", " ")


async def test_a_no_of_the_host_is_a_no_and_is_not_asked_again(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **SHARED)
    await says(scene, "!membres adopter", "tout", "oui")
    room = await scene.the_host()
    await scene.stage.click(scene.people["Inès"], room, "❌")
    assert not await owns(scene, "victor.roy")
    assert not await owns(scene, "zoe.martin")
    before = len(scene.stage.said(room))
    said = await says(scene, "!membres adopter", "tout", "oui")
    assert any("attendent la réponse" in line for line in said)
    assert len(scene.stage.said(room)) == before


async def test_the_host_takes_out_whom_they_do_not_know(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **SHARED)
    await says(scene, "!membres adopter", "tout", "oui")
    room = await scene.the_host()
    question = next(event for event in reversed(scene.stage.world.rooms[room].events) if event["sender"] == ME)
    while "lesquels" not in str(question["content"].get("body")):
        events = scene.stage.world.rooms[room].events
        question = events[events.index(question) - 1]
    await scene.stage.reply(scene.people["Inès"], room, question["event_id"], "tout sauf victor.roy")
    assert await owns(scene, "zoe.martin")
    assert not await owns(scene, "victor.roy")


async def test_eve_does_not_answer_for_the_host(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Her yes in the conciergerie, or in the operators' room, is nobody's."""
    scene = await play(stack, tmp_path, **SHARED)
    await says(scene, "!membres adopter", "tout", "oui")
    room = await scene.the_host()
    scene.stage.world.rooms[room].members[scene.people["Eve"]] = "join"
    await scene.stage.click(scene.people["Eve"], room, "✅")
    await says(scene, "oui", "oui")
    assert not await owns(scene, "victor.roy")


async def test_without_a_host_nobody_is_taken(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **{**SHARED, "hébergeurs": ""})
    said = await says(scene, "!membres adopter", "tout", "oui")
    assert any("OPERATORS" in line for line in said)
    assert not await owns(scene, "zoe.martin")


async def test_whoever_left_before_the_host_said_yes_is_not_taken(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Victor found out that he was lured."""
    scene = await play(stack, tmp_path, **SHARED)
    await says(scene, "!membres adopter", "tout", "oui")
    room = await scene.the_host()
    await scene.stage.becomes(VICTOR, scene.space.room_id, "leave")
    await scene.stage.click(scene.people["Inès"], room, "✅")
    assert await owns(scene, "zoe.martin")
    assert not await owns(scene, "victor.roy")


async def test_a_name_finds_nobody_else_of_the_sso(stack: AsyncExitStack, tmp_path: Path) -> None:
    """A puppet called Paul Petit learns no username of his, and a correction by hand takes it no more."""
    scene = await play(stack, tmp_path, **{**SHARED, "membres": "Zoé Martin, Paul Petit @marionnette:lieu.fr"})
    assert await logins(scene) == ["zoe.martin"]
    said = await says(scene, "!membres adopter", "1 = paul.petit", "1 = Paul Petit", "oui")
    assert sum("Je ne peux pas prendre" in line for line in said) == 2
    assert not any("→ paul.petit" in line for line in said)


async def test_a_lieu_that_comes_meanwhile_is_heard_of(stack: AsyncExitStack, tmp_path: Path) -> None:
    """The list was made when La Rosée was alone; the yes comes when it is not."""
    scene = await play(stack, tmp_path, **{**ALONE, "hébergeurs": "Inès"})
    await says(scene, "!membres adopter", "tout")
    await scene.install(scene.build("Le Phare", [], []), "Conciergerie · Le Phare")
    await says(scene, "oui")
    assert not await owns(scene, "victor.roy")
    assert "victor.roy" in scene.stage.last(await scene.the_host())


async def test_a_lieu_that_sleeps_may_come_back(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **SHARED)
    phare = (await scene.stage.bot.lieux.all())[1]
    await scene.stage.bot.lieux.left(phare.space, 1)
    assert (await found(scene))["shared"]


# -- people of another lieu


async def test_people_of_another_lieu_are_never_shown(stack: AsyncExitStack, tmp_path: Path) -> None:
    """In its space, in its group, or with an account that it has: not even to somebody who hosts the bot."""
    scene = await play(stack, tmp_path, **SHARED)
    assert scene.directory
    phare = (await scene.stage.bot.lieux.all())[1]
    assert await logins(scene) == ["victor.roy", "zoe.martin"]
    scene.rooms["Le Phare"].members[VICTOR] = "join"
    assert await logins(scene, hosts=True) == ["zoe.martin"]
    del scene.rooms["Le Phare"].members[VICTOR]
    scene.directory.groups[phare.choices.group] = {"victor.roy"}
    assert await logins(scene, hosts=True) == ["zoe.martin"]
    scene.directory.groups.clear()
    await scene.stage.bot.ownership.own_account(phare.id, "victor.roy", VICTOR, address=None)
    assert await logins(scene, hosts=True) == ["zoe.martin"]
    assert (await found(scene))["apart"] >= 1


async def test_of_two_lieux_at_once_one_has_it(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Both were told yes; whoever writes first has the account, and the other nothing of it."""
    scene = await play(stack, tmp_path, **SHARED)
    ours, theirs = await adoption(scene), await adoption(scene, 1)
    row = await row_of(scene, "victor.roy")
    assert await theirs.take({**row, "refs": {"directory": "Victor.Roy"}})
    assert not await ours.take(row)
    assert not await owns(scene, "victor.roy")
    assert not (await ours.ownership.adopted(ours.lieu.id))


# -- who is nobody's to adopt


@pytest.mark.parametrize("group", ["admin", "Administrateurs", "аdmins"])
async def test_who_administers_the_directory(stack: AsyncExitStack, tmp_path: Path, group: str) -> None:
    scene = await play(stack, tmp_path, **ALONE)
    assert scene.directory
    assert "victor.roy" in await logins(scene)
    scene.directory.groups[group] = {"victor.roy"}
    assert "victor.roy" not in await logins(scene)


@pytest.mark.parametrize("what", ["admin", "program"])
async def test_who_administers_the_homeserver_and_programs(stack: AsyncExitStack, tmp_path: Path, what: str) -> None:
    scene = await play(stack, tmp_path, **ALONE)
    assert scene.synapse
    scene.synapse.known[VICTOR][what] = True  # type: ignore[literal-required]
    assert await logins(scene) == ["zoe.martin"]


async def test_an_administrator_of_the_homeserver_who_is_only_in_the_group(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """Not in the space, so that nobody sees her Matrix account there: it is asked for all the same."""
    scene = await play(stack, tmp_path, **{**ALONE, "membres": "Victor Roy", "autres": "Zoé Martin"})
    assert scene.synapse
    assert "zoe.martin" in await logins(scene)
    scene.synapse.known[ZOE]["admin"] = True
    assert "zoe.martin" not in await logins(scene)


async def test_who_administers_nextcloud(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **{**ALONE, "Nextcloud administré": "oui"})
    assert scene.nextcloud
    assert "victor.roy" in await logins(scene)
    scene.nextcloud.add_account("victor.roy", groups=["admin"])
    assert "victor.roy" not in await logins(scene)


async def test_who_hosts_the_bot(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **{**ALONE, "hébergeurs": "Victor Roy"})
    assert await logins(scene) == ["zoe.martin"]


async def test_who_hosts_the_bot_and_is_only_in_the_group(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Not in the space: whoever hosts is no less so."""
    hosts = {"membres": "Zoé Martin", "autres": "Victor Roy", "hébergeurs": "Victor Roy"}
    scene = await play(stack, tmp_path, **{**ALONE, **hosts, "dans le groupe": "zoe.martin, victor.roy"})
    assert await logins(scene) == ["zoe.martin"]


@pytest.mark.parametrize("what", ["hosts", "admin", "program", "cloud", "nobody"])
async def test_an_account_that_is_only_named_is_looked_at_too(stack: AsyncExitStack, tmp_path: Path, what: str) -> None:
    """Eve writes its username beside a puppet: neither in the space nor in the group, so that nobody had asked."""
    puppet = {"membres": "Zoé Martin, Puppet @puppet:lieu.fr", "comptes d’avant": "Victor Roy, Zoé Martin, Paul Petit"}
    hosts = {"hébergeurs": "Victor Roy", "autres": "Victor Roy"} if what == "hosts" else {"autres": "Victor Roy"}
    scene = await play(stack, tmp_path, **{**ALONE, **puppet, **hosts, "Nextcloud administré": "oui"})
    assert scene.synapse
    assert scene.nextcloud
    if what in ("admin", "program"):
        scene.synapse.known[VICTOR][what] = True  # type: ignore[literal-required]
    if what == "cloud":
        scene.nextcloud.add_account("victor.roy", groups=["admin"])
    row = await row_of(scene, "zoe.martin")
    puppet_row: Candidate = {**row, "person": "@puppet:lieu.fr", "login": "", "how": "name", "refs": {}}
    taken = await (await adoption(scene)).corrected(puppet_row, "victor.roy")
    assert (taken is not None) is (what == "nobody")


async def test_the_bot_other_bots_and_the_house(stack: AsyncExitStack, tmp_path: Path) -> None:
    members = "Zoé Martin, Relais (bot) @relais:lieu.fr, Root @root:lieu.fr, Contact @contact:lieu.fr"
    scene = await play(stack, tmp_path, **{**ALONE, "membres": members})
    assert scene.directory
    for login in ("relais", "root", "contact", "conciergerie"):
        scene.directory.accounts[login] = Account(login, login.title(), f"{login}@exemple.fr", True, login)
        scene.directory.groups["la.rosee"].add(login)
    assert await logins(scene) == ["zoe.martin"]


# -- what one says of oneself


async def test_a_name_is_never_sure_and_takes_no_matrix_account(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **{**ALONE, "membres": "Zoé Martin, Paul Petit @marionnette:lieu.fr"})
    row = await row_of(scene, "paul.petit")
    assert (row["sure"], row["refs"]) == ("doubtful", {"directory": "paul.petit"})
    await says(scene, "!membres adopter", "oui")
    assert not await owns(scene, "paul.petit")
    assert await owns(scene, "zoe.martin")


async def test_an_address_that_two_accounts_have_proves_nothing(stack: AsyncExitStack, tmp_path: Path) -> None:
    """People write their own address in most SSOs: Mallory writes Victor's."""
    scene = await play(stack, tmp_path, **{**ALONE, "membres": "Zoé Martin, V. @vr:lieu.fr"})
    assert scene.directory
    assert scene.synapse
    scene.synapse.known["@vr:lieu.fr"]["emails"] = ["victor.roy@exemple.fr"]
    assert (await row_of(scene, "victor.roy"))["how"] == "email"
    mallory = replace(scene.directory.accounts["paul.petit"], email="victor.roy@exemple.fr")
    scene.directory.accounts["paul.petit"] = mallory
    assert await logins(scene) == ["zoe.martin"]


async def test_who_could_be_two_people_is_asked_about(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Zoé's username, and Victor's address: nobody is sure, and no yes takes either."""
    scene = await play(stack, tmp_path, **ALONE)
    assert scene.synapse
    scene.synapse.known[ZOE]["emails"] = ["victor.roy@exemple.fr"]
    doubtful = [row for row in (await found(scene))["rows"] if row["person"] == ZOE]
    assert [(row["login"], row["between"]) for row in doubtful] == [("", ["victor.roy", "zoe.martin"])]
    await says(scene, "!membres adopter", "tout", "oui")
    assert not await owns(scene, "zoe.martin")


async def test_another_sso_of_the_same_homeserver_is_not_the_directory(stack: AsyncExitStack, tmp_path: Path) -> None:
    """At a forge, anybody may be called `paul.petit`."""
    scene = await play(stack, tmp_path, **{**ALONE, "membres": "Zoé Martin, Pp @pp:lieu.fr"})
    assert scene.synapse
    scene.synapse.known["@pp:lieu.fr"]["identities"] = [["oidc-sso", "paul.petit"]]
    assert (await row_of(scene, "paul.petit"))["how"] == "sso"
    scene.synapse.offered.append("oidc-forge")
    assert "paul.petit" not in await logins(scene)


async def test_names_write_no_lines_of_the_list(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **ALONE)
    assert scene.directory
    forged = replace(scene.directory.accounts["victor.roy"], name="Victor\n9. ✓ Anne → anne (sûr)" + "!" * 300)
    scene.directory.accounts["victor.roy"] = forged
    said = await says(scene, "!membres adopter")
    assert not any(line.startswith("9. ") for text in said for line in text.splitlines())
    assert max(map(len, said)) < 1500


async def test_a_cloud_account_of_the_same_name_may_be_a_strangers(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Neither in the lieu's group of Nextcloud nor with the same address: it stays as it is."""
    scene = await play(stack, tmp_path, **ALONE)
    assert scene.nextcloud
    scene.nextcloud.add_account("victor.roy", email="autre@exemple.fr", groups=["compta"])
    scene.nextcloud.add_account("zoe.martin", email="zoe.martin@exemple.fr", groups=["compta"])
    cloud: Any = scene.stage.services[NEXTCLOUD]
    cloud.groups._accounts_from = "bot"
    scene.nextcloud.memory.accounts["concierge"].groups.append("admin")
    assert "nextcloud" not in (await row_of(scene, "victor.roy"))["refs"]
    assert (await row_of(scene, "zoe.martin"))["refs"]["nextcloud"] == "zoe.martin"


# -- rights


async def test_a_member_adopts_nobody(stack: AsyncExitStack, tmp_path: Path) -> None:
    scene = await play(stack, tmp_path, **ALONE)
    office = scene.rooms["Conciergerie"].room_id
    for line in ("!membres adopter", "tout", "oui", "!membres rendre tout", "oui"):
        await scene.stage.write(ZOE, office, line)
    assert not await owns(scene, "zoe.martin")


async def test_whoever_lost_the_keys_adopts_nobody(stack: AsyncExitStack, tmp_path: Path) -> None:
    """Between the list and the yes of the host."""
    scene = await play(stack, tmp_path, **SHARED)
    await says(scene, "!membres adopter", "tout", "oui")
    room = await scene.the_host()
    scene.space.levels[scene.people["Eve"]] = 0
    await scene.stage.event(scene.space.room_id, "@dieu:lieu.fr", "m.room.power_levels", {"users": {}}, state_key="")
    await scene.stage.click(scene.people["Inès"], room, "✅")
    assert not await owns(scene, "zoe.martin")


async def test_what_somebody_asked_who_has_left_does_not_stand_in_the_way(
    stack: AsyncExitStack, tmp_path: Path
) -> None:
    """Nobody would answer it any more: another concierge asks anew."""
    scene = await play(stack, tmp_path, **{**SHARED, "concierges": "Eve, Bob"})
    await says(scene, "!membres adopter", "tout", "oui")
    assert await logins(scene) == []
    scene.space.levels[scene.people["Eve"]] = 0
    assert await logins(scene) == ["victor.roy", "zoe.martin"]


async def test_what_is_given_back_is_what_was_adopted(stack: AsyncExitStack, tmp_path: Path) -> None:
    """An account that the bot made stays the lieu's, and the account itself is as it was."""
    scene = await play(stack, tmp_path, **ALONE)
    assert scene.directory
    lieu = (await scene.stage.bot.lieux.all())[0]
    await scene.stage.bot.ownership.own_account(lieu.id, "paul.petit", "@paul.petit:lieu.fr", address=None)
    before = dict(scene.directory.accounts), {name: set(all) for name, all in scene.directory.groups.items()}
    await says(scene, "!membres adopter", "tout", "oui")
    assert await owns(scene, "victor.roy")
    assert await scene.stage.bot.ownership.owns(lieu.id, "matrix", "account", VICTOR)
    await says(scene, "!membres rendre tout", "oui")
    assert not await owns(scene, "victor.roy")
    assert not await scene.stage.bot.ownership.owns(lieu.id, "matrix", "account", VICTOR)
    assert await owns(scene, "paul.petit")
    assert before == (scene.directory.accounts, scene.directory.groups)
