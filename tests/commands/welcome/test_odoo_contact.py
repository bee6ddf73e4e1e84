"""A newcomer among the contacts of an Odoo: what goes wrong is told in the conciergerie, and touches nothing there. A
lieu without an Odoo never hears of one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.servers.odoo import Odoo
from tests.stage.transcript import FOLDER
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "autres": "Zoé Martin @zoe.martin:lieu.fr",
    "comptes": "oui",
    "odoo": "oui",
}


@asynccontextmanager
async def lieu(path: Path, **more: str) -> AsyncIterator[Scenery]:
    async with scenery(LIEU | more, path) as scene:
        yield scene


def server_of(scene: Scenery) -> Odoo:
    assert scene.odoo
    return scene.odoo


async def comes(scene: Scenery) -> tuple[list[str], list[str]]:
    """What the conciergerie reads of her, once she has confirmed her answers, and what she reads."""
    stage, zoe = scene.stage, scene.people["Zoé Martin"]
    await scene.answers_to("Anne", "!inviter Zoé Martin zoe@exemple.fr", "oui")
    await stage.enter(zoe, stage.matrix.directs[zoe])
    office, direct = scene.rooms["Conciergerie"].room_id, stage.matrix.directs[zoe]
    await stage.write(zoe, direct, "passer")
    before = len(stage.said(office)), len(stage.said(direct))
    await stage.write(zoe, direct, "oui")
    return stage.said(office)[before[0] :], stage.said(direct)[before[1] :]


def contacts(scene: Scenery) -> list[str]:
    server = server_of(scene)
    return [server.described(id) for id in server.contacts if id != 1]


async def test_nothing_is_said_of_what_goes_well(tmp_path: Path) -> None:
    async with lieu(tmp_path) as scene:
        office, direct = await comes(scene)
        assert office == []
        assert not [said for said in direct if "Odoo" in said]
        assert contacts(scene) == ["Zoé Martin · zoe@exemple.fr · La Rosée : membres"]


async def test_a_right_that_lacks_is_told_with_who_gives_it(tmp_path: Path) -> None:
    async with lieu(tmp_path) as scene:
        server_of(scene).accounts[1].contacts = False
        (told,), direct = await comes(scene)
        assert "Contact / Création" in told
        assert not [said for said in direct if "Odoo" in said]
        assert contacts(scene) == []


async def test_a_login_of_somebody_else_keeps_nobody_from_having_a_contact(tmp_path: Path) -> None:
    async with lieu(tmp_path, odoo="portail") as scene:
        other = server_of(scene).add_contact("Paul", "paul@exemple.fr")
        server_of(scene)._insert("res.users", {"login": "ZOE@exemple.fr", "partner_id": other, "group_ids": [10]})
        (told,), _ = await comes(scene)
        assert told.startswith("Je n’ai pas pu donner à Zoé Martin d’accès à Odoo.")
        assert contacts(scene)[1:] == ["Zoé Martin · zoe@exemple.fr · La Rosée : membres"]


async def test_without_an_address_nobody_is_looked_for(tmp_path: Path) -> None:
    """Anybody who has none either would be found."""
    async with lieu(tmp_path, comptes="non") as scene:
        server_of(scene).add_contact("Zoé Martin")
        stage, zoe, office = scene.stage, scene.people["Zoé Martin"], scene.rooms["Conciergerie"].room_id
        await scene.answers_to("Anne", "!inviter @zoe.martin:lieu.fr", "oui")
        direct = stage.matrix.directs[zoe]
        await stage.enter(zoe, direct)
        before = len(stage.said(office))
        for line in ("Zoé", "passer", "oui"):
            await stage.write(zoe, direct, line)
        (told,) = stage.said(office)[before:]
        assert "pas donné d’adresse e-mail" in told
        assert contacts(scene) == ["Zoé Martin · sans e-mail"]


async def test_a_question_that_nobody_answers_touches_nothing(tmp_path: Path) -> None:
    async with lieu(tmp_path, **{"fiches d’Odoo": "Paul Martin = zoe@exemple.fr"}) as scene:
        (asked,), _ = await comes(scene)
        assert "Paul Martin" in asked
        office = scene.rooms["Conciergerie"].room_id
        before = len(scene.stage.said(office))
        await scene.stage.wait(31)
        assert [said for said in scene.stage.said(office)[before:] if said.startswith("Entendu")] != []
        assert contacts(scene) == ["Paul Martin · zoe@exemple.fr"]


async def test_a_login_that_is_used_again_is_asked_about(tmp_path: Path) -> None:
    """Who had it left, and another Zoé has it: « non » leaves nothing of the former one's in her name."""
    async with lieu(tmp_path) as scene:
        former = server_of(scene).add_contact("Zoé", "zoe.durand@exemple.fr")
        (here,) = await scene.stage.bot.lieux.all()
        ownership, zoe = scene.stage.bot.ownership, scene.people["Zoé Martin"]
        await ownership.own(here.id, "odoo", "contact", f"{former}", zoe)
        (asked,), _ = await comes(scene)
        assert asked.startswith("Dans Odoo, la fiche «\u202fZoé\u202f» est liée au compte de Zoé Martin")
        await scene.stage.click(scene.people["Anne"], scene.rooms["Conciergerie"].room_id, "❌")
        assert contacts(scene) == ["Zoé · zoe.durand@exemple.fr"]
        assert await ownership.owned(here.id, "odoo", "contact") == {}


@pytest.mark.parametrize("name", ["Paul\nMartin\n✓ oui", "<b>Paul</b>", "Paul **gras** {lieu} @room", "P" * 4000])
async def test_a_name_in_odoo_is_shown_and_says_nothing(tmp_path: Path, name: str) -> None:
    async with lieu(tmp_path) as scene:
        server_of(scene).add_contact(name, "zoe@exemple.fr")
        (asked,), _ = await comes(scene)
        first, *_ = asked.splitlines()
        assert "Est-ce la même personne" in first
        assert len(asked) < 500
        event = next(e for e in scene.rooms["Conciergerie"].events if "même personne" in str(e["content"]))
        assert "<b>Paul" not in event["content"].get("formatted_body", "")
        assert event["content"].get("m.mentions", {}) == {}


async def test_one_that_somebody_deletes_meanwhile_is_told_and_not_made_anew(tmp_path: Path) -> None:
    async with lieu(tmp_path, **{"fiches d’Odoo": "Zoé Martin = zoe@exemple.fr"}) as scene:
        server = server_of(scene)

        def deleted(act: str) -> None:
            if act == "res.partner.category.create":
                server.contacts.pop(2, None)

        server.meanwhile = deleted
        (told,), _ = await comes(scene)
        assert "n’est plus dans Odoo" in told
        assert contacts(scene) == []


async def test_whoever_was_there_before_has_theirs_with_their_belated_welcome(tmp_path: Path) -> None:
    more = {"membres": "Awa Dupont", "comptes d’avant": "Awa Dupont", "charte": "On range.", "autres": ""}
    async with lieu(tmp_path, **more) as scene:
        awa, stage = scene.people["Awa Dupont"], scene.stage
        for lines in (("!membres adopter", "tout", "oui"), ("!inviter @awa.dupont:lieu.fr", "oui")):
            await scene.answers_to("Anne", *lines)
        await stage.enter(awa, stage.matrix.directs[awa])
        await stage.write(awa, stage.matrix.directs[awa], "oui")
        assert contacts(scene) == ["Awa Dupont · awa.dupont@exemple.fr · La Rosée : membres"]


def test_a_lieu_without_an_odoo_never_hears_of_one() -> None:
    """But for who asks which hosts have one."""
    told = {file.stem: file.read_text() for file in FOLDER.glob("*.txt")}
    told = {name: text for name, text in told.items() if "!chatons" not in text}
    assert [name for name, text in told.items() if "Odoo" in text and "\nodoo : " not in text] == []
    assert [name for name, text in told.items() if "\nodoo : " in text] != []
