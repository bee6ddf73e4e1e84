"""Whom an invitation reaches, under which name, and what is said where it cannot go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import Tx
from integrations.directory import Account
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Marc",
    "autres": "Luc Martin @luc.martin:lieu.fr, Zoé @zoe:ailleurs.fr, Mia @mia:panne.fr",
    "salons": "Place",
    "salons ouverts": "Place",
    "comptes": "oui",
    "comptes connus": "Luc Martin",
    "administration": "oui",
}
LUC, ZOE, MIA = "@luc.martin:lieu.fr", "@zoe:ailleurs.fr", "@mia:panne.fr"
MAIL = "luc.martin@exemple.fr"
HOUR = 1 / 24  # in days


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


@pytest.fixture
async def of_the_lieu(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU | {"comptes du lieu": "Luc Martin"}, tmp_path) as scene:
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def says(scene: Scenery, *lines: str, by: str = "Anne") -> str:
    """The bot's last word."""
    for line in lines:
        await scene.stage.write(scene.people[by], office(scene), line)
    return scene.stage.last(office(scene))


async def arrival(scene: Scenery, person: str) -> dict[str, object]:
    lieu = (await scene.stage.bot.lieux.all())[0]
    return await scene.stage.bot.arrivals.of_person(lieu.id, person) or {}


# -- whose address


@pytest.mark.parametrize("name", ["Luc", "luc martin", "Martin Luc", "Lùc MARTIN", "M. Luc Martin"])
async def test_the_name_of_the_account_is_not_asked_about(of_the_lieu: Scenery, name: str) -> None:
    assert "C’est bon" in await says(of_the_lieu, f"!inviter {name} {MAIL}")


@pytest.mark.parametrize("line", [f"Paule Durand {MAIL}", f"Paule Durand <{MAIL.upper()}>", f"Paule {LUC}"])
async def test_an_address_never_makes_a_name_somebody_else(of_the_lieu: Scenery, line: str) -> None:
    assert "celle de Luc Martin" in await says(of_the_lieu, f"!inviter {line}")
    await says(of_the_lieu, "la même personne", "oui")
    assert (await arrival(of_the_lieu, LUC))["name"] == "Luc Martin"


async def test_somebody_else_needs_an_address_of_their_own(of_the_lieu: Scenery) -> None:
    await says(of_the_lieu, f"!inviter Paule Durand {MAIL}", "non", "paule@exemple.fr", "oui")
    assert of_the_lieu.directory
    assert of_the_lieu.directory.mails == ["paule@exemple.fr"]
    assert await arrival(of_the_lieu, LUC) == {}


async def test_thirty_lines_are_asked_about_once(of_the_lieu: Scenery) -> None:
    directory = of_the_lieu.directory
    assert directory
    lieu = (await of_the_lieu.stage.bot.lieux.all())[0]
    for n in range(30):
        directory.accounts[f"n{n}"] = Account(f"n{n}", f"Nom Numéro{n}", f"n{n}@exemple.fr", True, f"n{n}")
        await of_the_lieu.stage.bot.ownership.own_account(lieu.id, f"n{n}", f"@n{n}:lieu.fr", address=None)
    before = len(of_the_lieu.stage.said(office(of_the_lieu)))
    lines = "\n".join(f"Autre Personne{n} n{n}@exemple.fr" for n in range(30))
    await says(of_the_lieu, f"!inviter {lines}")
    assert len(of_the_lieu.stage.said(office(of_the_lieu))) - before == 1
    await says(of_the_lieu, "1 3", "oui")
    assert [(await arrival(of_the_lieu, f"@n{n}:lieu.fr")).get("name") for n in range(4)] == [
        *("Nom Numéro0", None, "Nom Numéro2", None)
    ]


async def test_the_name_of_an_account_elsewhere_is_told_to_nobody(scene: Scenery) -> None:
    """The SSO is shared: this lieu did not make Luc's account, and must not learn by his e-mail who he is."""
    said = await says(scene, f"!inviter Paule Durand {MAIL}")
    assert "que ce lieu n’a pas ouvert" in said
    scene.space.members[LUC] = "join"
    said += await says(scene, "annuler", f"!inviter Paule Durand {MAIL}")
    said += await says(scene, f"!compte créer Paule Durand {MAIL}")
    assert "peut-être sous un autre nom" in said
    assert not {"Luc", "luc.martin:", "Martin"} & {*said.replace(MAIL, "").replace("(", " ").split()}


async def test_a_newcomer_does_not_learn_that_an_address_is_somebodys(of_the_lieu: Scenery) -> None:
    """Zoé types Luc's address: she is told what she would be told of any account that could not be made; the concierges
    alone are told whose it is, and Luc gets no mail."""
    stage, directory = of_the_lieu.stage, of_the_lieu.directory
    assert directory
    await says(of_the_lieu, f"!inviter {ZOE}", "oui")
    private = stage.matrix.directs[ZOE]
    await stage.enter(ZOE, private)
    for line in ("Zoé", "oui", MAIL, "passer", "oui"):
        await stage.write(ZOE, private, line)
    told = " ".join(stage.said(private))
    assert "Luc" not in told
    assert "déjà" not in told
    assert "les concierges le savent" in told
    assert "Luc Martin" in stage.last(office(of_the_lieu))
    assert directory.mails == []
    assert [*directory.accounts] == ["luc.martin"]


# -- lists


async def test_eighty_are_invited_without_being_cut(scene: Scenery) -> None:
    """Forty in one conversation, and the others in the next one, which goes on by itself."""
    names = [f"Ana{chr(97 + n // 26)}{chr(97 + n % 26)} Roy" for n in range(80)]
    await says(scene, "!inviter\n" + "\n".join(f"{name};n{n}@exemple.fr" for n, name in enumerate(names)), "oui")
    await scene.stage.settle()
    told = scene.stage.said(office(scene))
    assert scene.directory
    assert scene.directory.mails == [f"n{n}@exemple.fr" for n in range(80)]
    assert sum("Je continue avec les 40 qui restent" in said for said in told) == 1
    assert "80 invitations sont parties" in told[-2]  # and then, that this lieu sends no mails


async def test_a_file_in_an_encrypted_room_is_a_list(scene: Scenery) -> None:
    stage, anne = scene.stage, scene.people["Anne"]
    await says(scene, "!inviter")
    await stage.drop(anne, office(scene), "liste.csv", b"Nom;Pr\xe9nom;Mail\nRoy;Zo\xe9;zoe@exemple.fr\n", sealed=True)
    assert "Zoé Roy · zoe@exemple.fr" in stage.last(office(scene))


async def test_a_file_that_comes_with_its_command_is_no_answer_too_soon(scene: Scenery) -> None:
    """Both in one sync: the question was not yet said when the file was sent."""
    stage, anne, room = scene.stage, scene.people["Anne"], office(scene)
    stage.world.dropped["mxc://lieu.fr/list"] = b"Nom;Mail\nAda Roy;ada@exemple.fr\n"
    asked = stage.happens(room, anne, "m.room.message", {"msgtype": "m.text", "body": "!inviter"})
    content = {"msgtype": "m.file", "body": "liste.csv", "filename": "liste.csv", "url": "mxc://lieu.fr/list"}
    await stage.hear(asked, stage.happens(room, anne, "m.room.message", content))
    assert "Ada Roy · ada@exemple.fr" in stage.last(room)


async def test_a_file_dropped_at_the_recapitulation_is_the_list_from_now_on(scene: Scenery) -> None:
    stage, anne = scene.stage, scene.people["Anne"]
    await says(scene, "!inviter Lou Roy lou@exemple.fr")
    await stage.drop(anne, office(scene), "liste.csv", b"Nom;Mail\nAda Roy;ada@exemple.fr\n")
    assert "Ada Roy · ada@exemple.fr" in stage.last(office(scene))
    await says(scene, "oui")
    assert scene.directory
    assert scene.directory.mails == ["ada@exemple.fr"]


async def test_of_two_who_share_an_address_one_is_invited_and_the_other_waits(scene: Scenery) -> None:
    told = await says(scene, "!inviter Zoé Roy box@exemple.fr\nJean Petit box@exemple.fr")
    assert "À qui est-elle" in told
    assert "déjà une invitation" not in told
    await says(scene, "2", "1 zoe@exemple.fr", "oui")
    assert scene.directory
    assert sorted((one.name, one.email) for one in scene.directory.accounts.values() if one.login != "luc.martin") == [
        ("Jean Petit", "box@exemple.fr"),
        ("Zoé Roy", "zoe@exemple.fr"),
    ]


async def test_a_list_that_an_older_program_asked_about_goes_on(scene: Scenery) -> None:
    """Its log has no numbers; a yes to what it had shown is asked once more, for it is shown otherwise."""
    await says(scene, "!inviter Zoé Roy zoe@exemple.fr\nLou Petit lou@exemple.fr")
    await scene.stage.bot.database.write(_without_numbers)
    told = await says(scene, "2 Lou Grand")
    assert "Lou Grand · lou@exemple.fr" in told
    await says(scene, "oui")
    assert scene.directory
    assert scene.directory.mails == ["zoe@exemple.fr", "lou@exemple.fr"]


async def test_somebody_else_s_address_that_an_older_program_looked_for_goes_on(of_the_lieu: Scenery) -> None:
    await says(of_the_lieu, f"!inviter Paule Durand {MAIL}", "quelqu’un d’autre", MAIL)
    await of_the_lieu.stage.bot.database.write(_without_numbers)
    await says(of_the_lieu, "quelqu’un d’autre")
    await of_the_lieu.stage.bot.database.write(_without_numbers)
    assert "Paule Durand · paule@exemple.fr" in await says(of_the_lieu, "paule@exemple.fr")
    await of_the_lieu.stage.bot.database.write(_without_numbers)
    assert "C’est prêt pour Paule Durand" in await says(of_the_lieu, "oui")


async def test_there_is_no_discussion_to_take_over_with_somebody_who_was_not_reached(scene: Scenery) -> None:
    scene.stage.world.cut.add("panne.fr")
    await says(scene, f"!inviter Mia {MIA}", "oui")
    await says(scene, "!suivi", "1")
    told = scene.stage.said(office(scene))
    assert any("retirer cette invitation" in each for each in told)
    assert not any("prendre la main" in each for each in told)


def _without_numbers(tx: Tx) -> None:
    for key, value in tx.execute("SELECT key, value FROM steps WHERE key IN ('who', 'found', 'found-then')").fetchall():
        kept = json.loads(value)
        rows = kept if key != "who" else [*kept["is"]["people"], *kept["is"]["problems"]]
        for row in rows:
            for name in ("n", "typed", "note"):
                row.pop(name, None)
        tx.execute("UPDATE steps SET value = ? WHERE key = ?", (json.dumps(kept), key))


# -- what stands in the way


async def test_a_closed_account_and_an_address_of_nobody(scene: Scenery) -> None:
    assert scene.synapse
    scene.synapse.known[LUC]["deactivated"] = True
    assert "fermé pour de bon" in await says(scene, f"!inviter {LUC}")
    scene.stage.world.nobodys |= {"@zoee:ailleurs.fr", "@luc.martin2:lieu.fr"}
    assert "je ne trouve personne" in await says(scene, "!inviter @zoee:ailleurs.fr")
    assert "je ne trouve personne" in await says(scene, "annuler", "!inviter @luc.martin2:lieu.fr")


REFUSALS = {
    "invitations-blocked": "bloque les invitations",
    "policy-refused": "filtre contre les abus",
    "server-refuses": "ne prend pas d’invitation",
    "server-too-old": "trop ancien",
    "banned": "exclue",
}


@pytest.mark.parametrize("why", REFUSALS)
async def test_each_refusal_has_its_sentence_and_what_was_refused_may_be_asked_again(scene: Scenery, why: str) -> None:
    scene.stage.world.wanting_none[ZOE] = why
    told = await says(scene, f"!inviter Zoé {ZOE}", "oui")
    assert REFUSALS[why] in told
    scene.stage.world.wanting_none.clear()
    assert "L’invitation est partie" in await says(scene, f"!inviter Zoé {ZOE}", "oui")


async def test_a_dead_server_does_not_stop_the_others_and_is_tried_again(scene: Scenery) -> None:
    stage = scene.stage
    stage.world.cut.add("panne.fr")
    told = await says(scene, f"!inviter Mia {MIA}\nZoé {ZOE}", "oui")
    assert "ne répondent" not in told
    assert "pas encore partie" in told
    assert ZOE in stage.matrix.directs
    stage.world.cut.clear()
    await stage.wait(HOUR)
    assert "l’invitation de Mia est partie" in stage.last(office(scene))
    assert scene.space.members[MIA] == "invite"
    await stage.enter(MIA, stage.matrix.directs[MIA])
    assert "Bienvenue, Mia" in stage.said(stage.matrix.directs[MIA])[0].replace("\u202f", " ")


async def test_a_server_that_is_gone_is_given_up_after_a_week(scene: Scenery) -> None:
    stage = scene.stage
    stage.world.cut.add("panne.fr")
    await says(scene, f"!inviter Mia {MIA}", "oui")
    stage.world.cut.clear()
    stage.world.wanting_none[MIA] = "server-gone"  # as the homeserver's door says after half a day
    for _ in range(8):
        await stage.wait(1.01)
    assert "depuis une semaine" in stage.last(office(scene))
    assert (await arrival(scene, MIA))["status"] == "cancelled"


async def test_whoever_gave_the_command_is_told_of_a_server_that_is_away(scene: Scenery) -> None:
    scene.stage.world.cut.add("panne.fr")
    told = await says(scene, "!salon accès Place", "une personne", MIA)
    assert "panne.fr" in told
    assert "Je réessaie de moi-même" in told


async def test_a_newcomer_who_blocks_invitations_lets_this_one_in(scene: Scenery) -> None:
    stage = scene.stage
    lieu = (await stage.bot.lieux.all())[0]
    await stage.bot.lieux.choose(lieu.id, charter="Soyons doux.")  # the space opens at the end
    await says(scene, f"!inviter Zoé {ZOE}", "oui")
    private = stage.matrix.directs[ZOE]
    await stage.enter(ZOE, private)
    stage.world.wanting_none[ZOE] = "invitations-blocked"
    for line in ("Zoé", "oui", "oui", "zoe@exemple.fr", "passer", "oui"):
        await stage.write(ZOE, private, line)
    assert "bloque les invitations" in stage.last(private)
    stage.world.wanting_none.clear()
    await stage.write(ZOE, private, "oui")
    assert scene.space.members[ZOE] == "invite"


# -- while it goes on


async def followed(scene: Scenery) -> str:
    """What Bob reads meanwhile, in private."""
    bob = scene.people["Bob"]
    room = await scene.stage.matrix.rooms.direct(bob)
    await scene.stage.enter(bob, room)
    await scene.stage.write(bob, room, "!suivi")
    return scene.stage.last(room)


async def test_whoever_is_being_invited_needs_nobody(scene: Scenery) -> None:
    """« arrêtée, elle a besoin de vous » was said of every one of a long list that was just leaving."""
    await says(scene, f"!inviter Zoé {ZOE}")
    await followed(scene)
    scene.stage.matrix.down = True
    await scene.stage.write(scene.people["Anne"], office(scene), "oui")
    said = await followed(scene)
    scene.stage.matrix.down = False
    assert "l’invitation est en train de partir" in said
    assert "besoin de vous" not in said
    await scene.stage.wait(HOUR)
    assert "invitation pas encore ouverte" in await followed(scene)


async def test_an_invitation_that_waits_for_a_right_says_so(scene: Scenery) -> None:
    scene.rooms["La Rosée"].levels[scene.stage.bot.me] = -1
    await says(scene, f"!inviter Zoé {ZOE}", "oui")
    assert "attend un droit" in await followed(scene)


# -- a domain that is nearly one that the lieu knows


async def welcomed(scene: Scenery, email: str) -> None:
    """Somebody came by this address."""
    lieu = (await scene.stage.bot.lieux.all())[0]
    known = await scene.stage.bot.arrivals.expect(lieu.id, "@lou:lieu.fr", "@anne:lieu.fr", email=email)
    await scene.stage.bot.arrivals.change(known, status="welcomed")


async def test_a_slip_of_a_domain_that_the_lieu_knows_is_asked_about_once(scene: Scenery) -> None:
    await welcomed(scene, "lou@lespaniers.org")
    assert "Est-ce zoe@lespaniers.org" in await says(scene, "!inviter Zoé Martin zoe@lespanires.org")
    await says(scene, "non", "oui")
    assert (await arrival(scene, "@zoe.martin:lieu.fr"))["email"] == "zoe@lespanires.org"


async def test_a_domain_by_which_nobody_came_yet_is_no_measure(scene: Scenery) -> None:
    await says(scene, "!inviter Zoé Martin zoe@lespanires.org", "oui")
    assert "C’est bon" in await says(scene, "!inviter Léo Durand leo@lespaniers.org")


async def test_in_a_list_a_slip_of_the_domain_that_several_have_is_noted(scene: Scenery) -> None:
    others = "\n".join(f"Nom Numéro{n} n{n}@lespaniers.org" for n in "abc")
    recap = await says(scene, f"!inviter {others}\nZoé Martin zoe@lespanires.org")
    assert "lespaniers.org" in next(line for line in recap.splitlines() if "Zoé Martin" in line)
